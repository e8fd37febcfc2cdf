import type { Clock } from '../clock.js';
import type { UnitOfWork } from '../transaction.js';
import { CallbackRepository, type BodyCursor } from './callback-repository.js';

const PAGE_SIZE = 2_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Removes headers and bodies of callbacks that were settled long enough ago: they contain personal data and are most of the
 * inbox's size. The parsed notification and the keys that identify copies stay.
 */
export class PruneBodies {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly retentionDays: number,
  ) {}

  /** One page of a walk from the oldest callback on. It continues after `next`; null is the end. */
  async execute(
    after: BodyCursor | null,
  ): Promise<{ readonly pruned: number; readonly next: BodyCursor | null }> {
    const settledBefore = new Date(this.clock.now().getTime() - this.retentionDays * DAY_MS);
    return this.unitOfWork.run((tx) =>
      tx.of(CallbackRepository).pruneBodies(settledBefore, after, PAGE_SIZE),
    );
  }
}
