import type { Clock } from '../clock.js';
import type { UnitOfWork } from '../transaction.js';
import { IdempotencyKeyRepository } from './idempotency-key-repository.js';

/** A transaction of this size is short, and ten of them a second are far more than shops place. */
const PAGE_SIZE = 1_000;

/**
 * Removes replies that are not repeated any more. Every write with a key removes a few, but after the last write of a day nothing would:
 * a reply may contain a customer's id or the secret of a webhook endpoint.
 */
export class RemoveExpiredReplies {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Resolves to whether there may be more. */
  async execute(): Promise<boolean> {
    const removed = await this.unitOfWork.run((tx) =>
      tx.of(IdempotencyKeyRepository).removeExpired(PAGE_SIZE, this.clock.now()),
    );
    return removed === PAGE_SIZE;
  }
}
