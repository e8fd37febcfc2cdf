import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { levelOf } from '../../application/outcome-levels.js';
import { Telemetry } from '../../application/ports.js';
import { SettlePending, type Attempted } from '../../application/settle-pending.js';
import { SettleUnmatched } from '../../application/settle-unmatched.js';
import { Loop } from './loop.js';

/** An idle worker asks the database once in this time. */
const IDLE_MS = 1_000;
/** How long the net for unmatched callbacks rests between two walks. */
const NET_IDLE_MS = 60_000;

/** Settles what the inbox holds undecided, for as long as the service runs. */
@Injectable()
export class InboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly pending = new Loop('the inbox worker', IDLE_MS, () => this.settle());
  private readonly net = new Loop('the net for unmatched callbacks', NET_IDLE_MS, () => this.settleFound());
  /** How far the walk through the unmatched callbacks has come. */
  private after: string | null = null;

  constructor(
    private readonly settlePending: SettlePending,
    private readonly settleUnmatched: SettleUnmatched,
    private readonly telemetry: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.pending.start();
    this.net.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.pending.stop(), this.net.stop()]);
  }

  /** What was tried is due later, so that asking on at once ends when nothing is due. */
  private async settle(): Promise<boolean> {
    const attempted = await this.settlePending.execute();
    attempted.forEach((each) => this.report(each));
    return attempted.length > 0;
  }

  private async settleFound(): Promise<boolean> {
    const { attempted, next } = await this.settleUnmatched.execute(this.after);
    this.after = next;
    attempted.forEach((each) => this.report(each));
    return next !== null;
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
    if (outcome !== 'pending') this.telemetry.decidedLater(gateway, outcome);
    this.log[levelOf(outcome, fault)]('stored callback', { ...ids, outcome, attempt: callback.attempts });
  }
}
