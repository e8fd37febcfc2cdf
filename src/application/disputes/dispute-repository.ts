import type { Dispute, DisputeState } from '../../domain/disputes/dispute.js';
import type { TransactionRef } from '../payments/payment-repository.js';
import type { LockMode } from '../transaction.js';

export type DisputeName = Pick<DisputeState, 'gateway' | 'disputeId'>;

/** Both are by `nameKey`. */
export interface LockedNames {
  /** The transactions of the disputes that are stored. */
  readonly transactions: ReadonlyMap<string, string>;
  /** The names that another transaction has locked. Only in mode `skip` there are any. */
  readonly contended: ReadonlySet<string>;
}

export abstract class DisputeRepository {
  /** Locks the ids of disputes, also of those that are not stored yet. Before payments, orders and pieces of money. */
  abstract lockNames(names: readonly DisputeName[], mode: LockMode): Promise<LockedNames>;
  /** The transactions of stored disputes, by `nameKey`. 0.8.0 may have stored a dispute with several; the first one holds. */
  abstract transactionsOf(names: readonly DisputeName[]): Promise<LockedNames['transactions']>;
  /** Stores new and changed disputes, with their events as entries of their logs. The piece of each is locked. */
  abstract save(disputes: readonly Dispute[], at: Date): Promise<void>;
  /**
   * Up to `limit` pieces that disputes wait for which were opened before then, and whose waiting has no case yet. For the worker, which locks
   * the pieces afterwards and looks again.
   */
  abstract waitingSince(openedBefore: Date, limit: number): Promise<readonly TransactionRef[]>;
}

/** A dispute is known by the gateway's id. */
export const nameKey = ({ gateway, disputeId }: DisputeName): string => `${gateway} ${disputeId}`;

/** The key of the stored row. */
export const disputeKey = ({
  gateway,
  disputeId,
  transactionId,
}: Pick<DisputeState, 'gateway' | 'disputeId' | 'transactionId'>): string =>
  JSON.stringify([gateway, disputeId, transactionId]);
