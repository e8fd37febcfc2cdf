import { Logger } from '@nestjs/common';
import { Unavailable } from '../../application/transaction.js';

/**
 * Runs one piece of work again and again until it is stopped: at once if there is more to do, and after a pause if there is not or if it
 * failed. A failure is logged and never ends the loop.
 */
export class PollingWorker {
  private readonly log = new Logger('Worker');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  /** @param work resolves to whether there may be more to do. It first runs after one pause, so that it does not delay the start. */
  constructor(
    private readonly name: string,
    private readonly idleMs: number,
    private readonly work: () => Promise<boolean>,
  ) {}

  start(): void {
    this.schedule(this.idleMs);
  }

  /** Resolves when the work that is running has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce().then((more) => this.schedule(more ? 0 : this.idleMs));
    }, ms);
  }

  private async runOnce(): Promise<boolean> {
    try {
      return await this.work();
    } catch (error) {
      const { message, stack } = error as Error;
      if (error instanceof Unavailable)
        this.log.warn(`${this.name}: temporarily unavailable`, { why: message });
      else this.log.error(`${this.name} failed: ${message}`, stack);
      return false;
    }
  }
}
