import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { AnyEvent } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import type { Transaction } from '../transaction.js';

/** Whose report it is. `callbackId` is null for what an operator has recorded. */
export interface ReportedBy extends Attribution {
  readonly callbackId: string | null;
}

/** What a report has done. */
export interface ReportResult {
  readonly outcome: Outcome;
  /** In order. With those of the order, if it has moved. */
  readonly events: readonly AnyEvent[];
}

/** A report about a known transaction. */
export interface ReportInput extends SettlementInput {
  readonly notification: Notification & { readonly transactionId: string };
}

/**
 * What one transaction does to the refunds, or to the disputes, of pieces of money. The pieces change in memory, and so do their cases in
 * the ledger of cases, so that several reports of a batch meet the same state. `save` writes the tables once.
 */
export interface ReportLedger {
  /** Reads what the reports need beside their pieces, which are locked. */
  prepare?(reports: readonly Notification[], tx: Transaction): Promise<void>;
  /** Whether the notification reports something of this kind. */
  concerns(notification: Notification): boolean;
  /** Whether something of this kind waits for the success of its piece. */
  isWaiting(input: SettlementInput): boolean;
  /** Applies the report. The payment of the input is the one that the piece has settled, or the one that the report names. */
  report(input: ReportInput, by: ReportedBy): ReportResult;
  /** The money of the piece has come, or has settled a payment: what waited for it applies now. */
  arrive(input: ReportInput, by: ReportedBy): readonly AnyEvent[];
  save(tx: Transaction, at: Date): Promise<void>;
}
