import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BodyCursor } from '../../application/callbacks/callback-repository.js';
import { PruneBodies } from '../../application/callbacks/prune-bodies.js';
import { PollingWorker } from './polling-worker.js';

/** The pause after every page, also when there are more: only an earlier release has stored the bodies that are removed page by page. */
const IDLE_MS = 5_000;

/** Removes old headers and bodies of callbacks. */
@Injectable()
export class RetentionWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly polling = new PollingWorker('removing old bodies', IDLE_MS, () => this.pruneOnce());
  /** The position of the walk through the settled callbacks. */
  private after: BodyCursor | null = null;

  constructor(private readonly pruneBodies: PruneBodies) {}

  onApplicationBootstrap(): void {
    this.polling.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.polling.stop();
  }

  private async pruneOnce(): Promise<boolean> {
    const { emptied, pruned, next } = await this.pruneBodies.execute(this.after);
    this.after = next;
    if (emptied > 0) this.log.log('old bodies removed', { slots: emptied });
    if (pruned > 0) this.log.log('old bodies of an earlier release removed', { callbacks: pruned });
    return false;
  }
}
