import type { Clock } from '../clock.js';
import type { UnitOfWork } from '../transaction.js';
import { CallbackRepository, type BodyCursor } from './callback-repository.js';

const PAGE_SIZE = 2_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

export interface Pruned {
  /** Groups of callbacks that have lost their contents. */
  readonly emptied: number;
  /** Callbacks of an earlier release that have lost their contents. */
  readonly pruned: number;
  /** Where the walk through those of an earlier release continues; null at its end. */
  readonly next: BodyCursor | null;
}

/**
 * Removes headers and bodies of callbacks that came long enough ago: they contain personal data and are most of the inbox's size. The
 * parsed notification and the keys that identify copies stay.
 */
export class PruneBodies {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly retentionDays: number,
  ) {}

  /** To be called often, because contents that come between two calls are dropped together. `after` is the last `next`, at first null. */
  async execute(after: BodyCursor | null): Promise<Pruned> {
    const now = this.clock.now();
    const settledBefore = new Date(now.getTime() - this.retentionDays * DAY_MS);
    const emptied = await this.unitOfWork.run((tx) =>
      tx.of(CallbackRepository).rotateContents(this.retentionDays),
    );
    const walked = await this.unitOfWork.run((tx) =>
      tx.of(CallbackRepository).pruneBodies(settledBefore, after, PAGE_SIZE),
    );
    return { emptied, ...walked };
  }
}
