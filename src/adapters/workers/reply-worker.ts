import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { RemoveExpiredReplies } from '../../application/idempotency/remove-expired-replies.js';
import { PollingWorker } from './polling-worker.js';

/** So long after its 24 hours a stored reply is removed at the latest. */
const IDLE_MS = 60_000;

/** Removes stored replies that are not repeated any more. */
@Injectable()
export class ReplyWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly polling = new PollingWorker('removing expired replies', IDLE_MS, () =>
    this.removeExpiredReplies.execute(),
  );

  constructor(private readonly removeExpiredReplies: RemoveExpiredReplies) {}

  onApplicationBootstrap(): void {
    this.polling.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.polling.stop();
  }
}
