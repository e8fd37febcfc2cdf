import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BodyCursor } from '../../application/backlog.js';
import { DropBodies } from '../../application/drop-bodies.js';
import { Loop } from './loop.js';

/** One bounded page at a time, and always a rest: four hundred bodies a second is more than ever come in for long, and nobody waits. */
const IDLE_MS = 5_000;

/** Drops old bodies of callbacks, for as long as the service runs. */
@Injectable()
export class RetentionWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly loop = new Loop('the retention', IDLE_MS, () => this.once());
  private after: BodyCursor | null = null;

  constructor(private readonly dropBodies: DropBodies) {}

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async once(): Promise<boolean> {
    const { dropped, next } = await this.dropBodies.execute(this.after);
    this.after = next;
    if (dropped > 0) this.log.log('old bodies dropped', { callbacks: dropped });
    return false;
  }
}
