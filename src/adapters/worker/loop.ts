import { Logger } from '@nestjs/common';
import { Unavailable } from '../../application/ports.js';

/**
 * Runs one piece of work again and again until it is stopped: at once while there is more to do, and after a rest where there is not or
 * where it failed. A failure is logged and never ends it.
 */
export class Loop {
  private readonly log = new Logger('Worker');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  /** `once` tells whether there may be more to do. It begins after a first rest, so that a start is not held up by it. */
  constructor(
    private readonly name: string,
    private readonly idleMs: number,
    private readonly once: () => Promise<boolean>,
  ) {}

  start(): void {
    this.schedule(this.idleMs);
  }

  /** Ends with the piece of work that is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.guarded().then((more) => this.schedule(more ? 0 : this.idleMs));
    }, ms);
  }

  private async guarded(): Promise<boolean> {
    try {
      return await this.once();
    } catch (error) {
      const { message, stack } = error as Error;
      if (error instanceof Unavailable) this.log.warn(`${this.name}: cannot work just now`, { why: message });
      else this.log.error(`${this.name} failed: ${message}`, stack);
      return false;
    }
  }
}
