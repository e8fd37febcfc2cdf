import { Logger } from '@nestjs/common';
import { Unavailable } from '../../application/transaction.js';

/** How long the line about a failure stands for those that follow it. */
const REPEAT_EVERY_MS = 60_000;

/**
 * Runs one piece of work again and again until it is stopped: at once if there is more to do, and after a pause if there is not or if it
 * failed. A failure never ends the loop. The first one is logged at once, those after it once a minute with their number, and a line says
 * when it is over.
 */
export class PollingWorker {
  private readonly log = new Logger('Worker');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private readonly failures = { unavailable: noFailures(), failed: noFailures() };

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
      const more = await this.work();
      this.succeeded();
      return more;
    } catch (error) {
      this.failed(error as Error);
      return false;
    }
  }

  private succeeded(): void {
    for (const kind of KINDS) {
      const { unlogged, logged } = this.failures[kind];
      this.failures[kind].logged = 0;
      if (logged > 0) this.log.log(`${this.name}: works again`, { failures: logged + unlogged });
    }
  }

  private failed(error: Error): void {
    const failures = this.failures[error instanceof Unavailable ? 'unavailable' : 'failed'];
    failures.unlogged += 1;
    if (performance.now() < failures.quietUntil) return;
    failures.quietUntil = performance.now() + REPEAT_EVERY_MS;
    failures.logged += failures.unlogged;
    this.write(error, failures.unlogged);
    failures.unlogged = 0;
  }

  private write(error: Error, count: number): void {
    const { message, stack } = error;
    const times = count === 1 ? '' : ` ${count} times`;
    if (error instanceof Unavailable)
      this.log.warn(`${this.name}: temporarily unavailable${times}`, { why: message });
    else this.log.error(`${this.name} failed${times}: ${message}`, stack);
  }
}

/** The database takes no work for now, or the work itself has a fault: the one must not hide the other. */
const KINDS = ['unavailable', 'failed'] as const;

interface Failures {
  /** Since the last success: how many the lines so far stand for. */
  logged: number;
  /** Since the last line. */
  unlogged: number;
  /** On the clock of `performance.now()`. */
  quietUntil: number;
}

const noFailures = (): Failures => ({ logged: 0, unlogged: 0, quietUntil: 0 });
