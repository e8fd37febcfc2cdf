import type { Dispute, DisputeState } from '../../domain/disputes/dispute.js';
import type { TransactionRef } from '../payments/payment-repository.js';

export abstract class DisputeRepository {
  /** Stores new and changed disputes, with their events as entries of their logs. The piece of each is locked. */
  abstract save(disputes: readonly Dispute[], at: Date): Promise<void>;
  /**
   * Up to `limit` pieces that disputes wait for which were opened before then, and whose waiting has no case yet. For the worker, which locks
   * the pieces afterwards and looks again.
   */
  abstract waitingSince(openedBefore: Date, limit: number): Promise<readonly TransactionRef[]>;
}

/** A dispute is known by the gateway's id and by its piece of money. */
export const disputeKey = ({
  gateway,
  disputeId,
  transactionId,
}: Pick<DisputeState, 'gateway' | 'disputeId' | 'transactionId'>): string =>
  JSON.stringify([gateway, disputeId, transactionId]);
