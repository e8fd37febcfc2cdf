import type { Receipt } from './callback-repository.js';

/** Stores bare receipts on connections that are reserved for it, when the settling transaction failed. */
export abstract class ReceiptRepository {
  /**
   * Stores the receipts as `pending`, for a worker to settle, and answers for each one, in order, whether its callback is
   * stored now. A receipt whose key holds other content is stored under a key of its own. Never throws.
   */
  abstract storePending(
    receipts: readonly Receipt[],
    nextAttemptAt: Date,
    deadline: number,
  ): Promise<boolean[]>;
}
