import type { RefundState } from '../../domain/refunds/refund.js';
import type { RefundTotal } from '../../domain/refunds/total.js';
import type { TransactionRef } from '../payments/payment-repository.js';

/** A number under which a refund is to be stored. */
export interface AskedNumber extends TransactionRef {
  readonly number: string;
  readonly gatewayRefundId: string | null;
}

/** Numbers for a refund, the best one first. Those after the first are longer by a hash over what the refund is of. */
export interface NumberChoice {
  readonly choices: readonly string[];
  /** Those of them that a refund has. */
  readonly taken: readonly string[];
}

/** The piece of each refund and of each total is locked. */
export abstract class RefundRepository {
  /** In the order of what is asked. */
  abstract choicesFor(asked: readonly AskedNumber[]): Promise<readonly NumberChoice[]>;
  abstract add(refunds: readonly Readonly<RefundState>[], at: Date): Promise<void>;
  /** Stores the status, the ids, the payment and the amount of stored refunds. */
  abstract save(refunds: readonly Readonly<RefundState>[], at: Date): Promise<void>;
  abstract remove(numbers: readonly string[]): Promise<void>;
  abstract saveTotals(totals: readonly (TransactionRef & RefundTotal)[]): Promise<void>;

  // For the worker. It locks the pieces afterwards and looks again.

  /** Up to `limit` pieces that refunds wait for which were created before then. */
  abstract waitingSince(createdBefore: Date, limit: number): Promise<readonly TransactionRef[]>;
  /** Up to `limit` pieces whose total has been below their refunds since before then. */
  abstract belowSince(since: Date, limit: number): Promise<readonly TransactionRef[]>;
}
