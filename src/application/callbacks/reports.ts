import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import { decideLabel } from '../../domain/settlement/label-table.js';
import { resultOf, type AnyEvent, type SettlementResult } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import type { Transaction } from '../transaction.js';
import type { DecidedBy } from './pieces.js';
import type { ReportedBy, ReportInput, ReportLedger, ReportResult } from './report-ledger.js';

/** The outcomes of the label table with which a ledger takes the report. An ignored notification may report a fraud warning. */
const TAKEN: readonly Outcome[] = ['refund_reported', 'dispute_reported', 'ignored'];

/** The reports of refunds and disputes of a batch. */
export class Reports {
  constructor(private readonly ledgers: readonly ReportLedger[]) {}

  /** Decides a notification that reports a refund or a dispute and nothing else. */
  decide(input: SettlementInput, by: DecidedBy): SettlementResult {
    const { outcome, events } = this.apply(input, by);
    const result = resultOf(outcome, input, by);
    return { ...result, events: [...result.events, ...events] };
  }

  /** As `decide`, without what the log says about the notification itself. */
  apply(input: SettlementInput, by: ReportedBy): ReportResult {
    const outcome = decideLabel(input, by);
    const ledger = this.ledgers.find((each) => each.concerns(input.notification));
    return ledger && TAKEN.includes(outcome) && namesMoney(input)
      ? ledger.report(input, by)
      : { outcome, events: [] };
  }

  /** @param hasSettled whether the piece has just settled a payment. */
  arrive(input: SettlementInput, by: ReportedBy, hasSettled: boolean): readonly AnyEvent[] {
    return this.ledgers.flatMap((ledger) =>
      namesMoney(input) && (hasSettled || ledger.isWaiting(input)) ? ledger.arrive(input, by) : [],
    );
  }

  async prepare(reports: readonly Notification[], tx: Transaction): Promise<void> {
    await Promise.all(this.ledgers.map(async (ledger) => ledger.prepare?.(reports, tx)));
  }

  async save(tx: Transaction, at: Date): Promise<void> {
    await Promise.all(this.ledgers.map((ledger) => ledger.save(tx, at)));
  }
}

export const namesMoney = (input: SettlementInput): input is ReportInput =>
  input.notification.transactionId !== null;
