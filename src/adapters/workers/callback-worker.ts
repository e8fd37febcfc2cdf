import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type SettlementAttempt, SettlePending } from '../../application/callbacks/settle-pending.js';
import { SettleUnmatched } from '../../application/callbacks/settle-unmatched.js';
import { Telemetry } from '../../application/telemetry.js';
import { levelOf } from '../observability/outcome-levels.js';
import { PollingWorker } from './polling-worker.js';

/** How often an idle worker asks the database for pending callbacks. */
const PENDING_IDLE_MS = 1_000;
/** The pause between two walks through the unmatched callbacks. */
const UNMATCHED_IDLE_MS = 60_000;

/** Settles stored callbacks that are pending, and unmatched ones whose payment exists by now. */
@Injectable()
export class CallbackWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Worker');
  private readonly pending = new PollingWorker('settling pending callbacks', PENDING_IDLE_MS, () =>
    this.settlePendingOnce(),
  );
  private readonly unmatched = new PollingWorker('settling unmatched callbacks', UNMATCHED_IDLE_MS, () =>
    this.settleUnmatchedOnce(),
  );
  /** The position of the walk through the unmatched callbacks. */
  private after: string | null = null;

  constructor(
    private readonly settlePending: SettlePending,
    private readonly settleUnmatched: SettleUnmatched,
    private readonly telemetry: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.pending.start();
    this.unmatched.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.pending.stop(), this.unmatched.stop()]);
  }

  /** A callback that was tried is due later, so asking again at once ends when nothing is due. */
  private async settlePendingOnce(): Promise<boolean> {
    const attempts = await this.settlePending.execute();
    attempts.forEach((attempt) => this.report(attempt));
    return attempts.length > 0;
  }

  private async settleUnmatchedOnce(): Promise<boolean> {
    const { attempts, next } = await this.settleUnmatched.execute(this.after);
    this.after = next;
    attempts.forEach((attempt) => this.report(attempt));
    return next !== null;
  }

  private report({ callback, outcome, fault }: SettlementAttempt): void {
    const { id: callbackId, eventId, notification, attempts: attempt } = callback;
    const { gateway, paymentNumber, transactionId, kind } = notification;
    const ids = { gateway, eventId, kind, paymentNumber, transactionId, callbackId };
    if (fault) {
      const { message, stack } = fault as Error;
      this.log.error(`a stored callback cannot be settled: ${message}`, stack);
    }
    if (outcome !== 'pending') this.telemetry.decidedLater(gateway, outcome);
    this.log[levelOf(outcome, fault)]('stored callback', { ...ids, outcome, attempt });
  }
}
