import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Unavailable } from '../../application/ports.js';
import { SettlePending, type Attempted } from '../../application/settle-pending.js';

/** An idle worker asks the database once in this time. */
const IDLE_MS = 1_000;

/** Settles what the inbox holds undecided, for as long as the service runs. */
@Injectable()
export class InboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly settlePending: SettlePending) {}

  onApplicationBootstrap(): void {
    this.schedule(IDLE_MS);
  }

  /** Ends with the batch that is under way. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.once().then((settled) => this.schedule(settled ? 0 : IDLE_MS));
    }, ms);
  }

  /** True where something was settled, so that there may be more. */
  private async once(): Promise<boolean> {
    try {
      const attempted = await this.settlePending.execute();
      attempted.forEach((each) => this.report(each));
      return attempted.some(({ outcome }) => outcome !== 'pending');
    } catch (error) {
      const { message, stack } = error as Error;
      if (error instanceof Unavailable)
        this.log.warn('the inbox cannot be worked on just now', { why: message });
      else this.log.error(`the inbox worker failed: ${message}`, stack);
      return false;
    }
  }

  private report({ callback, outcome, fault }: Attempted): void {
    const { gateway, paymentNumber, transactionId, kind } = callback.notice;
    const ids = {
      gateway,
      eventId: callback.eventId,
      kind,
      paymentNumber,
      transactionId,
      callbackId: callback.id,
    };
    if (fault)
      this.log.error(
        `a stored callback cannot be settled: ${(fault as Error).message}`,
        (fault as Error).stack,
      );
    const level = outcome === 'undeliverable' ? 'error' : 'log';
    this.log[level]('stored callback', { ...ids, outcome, attempt: callback.attempts });
  }
}
