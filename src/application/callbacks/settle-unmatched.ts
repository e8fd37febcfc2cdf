import { Unavailable, type UnitOfWork } from '../transaction.js';
import { CallbackRepository } from './callback-repository.js';
import type { ProcessPaymentSuccess } from './process-payment-success.js';
import { settleStored, type SettlementAttempt } from './settle-pending.js';

/** How many payment numbers one query examines. */
const PAGE_SIZE = 2_000;
const BATCH_SIZE = 64;

/**
 * Settles unmatched callbacks whose payment exists by now. Creating a payment settles the callbacks that came before it;
 * this finds those of payments that were created another way, by an older release or by hand. It takes no lease: a callback
 * is decided only under the lock of its row, and a second worker finds it decided.
 */
export class SettleUnmatched {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
  ) {}

  /** One page of a walk through the unmatched callbacks. It continues after `next`; null is the end. */
  async execute(
    after: string | null,
  ): Promise<{ readonly attempts: SettlementAttempt[]; readonly next: string | null }> {
    const { callbacks, next } = await this.unitOfWork.run((tx) =>
      tx.of(CallbackRepository).findMatchable(after, PAGE_SIZE),
    );
    const attempts: SettlementAttempt[] = [];
    for (let from = 0; from < callbacks.length; from += BATCH_SIZE) {
      const batch = callbacks.slice(from, from + BATCH_SIZE);
      try {
        attempts.push(...(await settleStored(batch, this.processPaymentSuccess)));
      } catch (fault) {
        // The results of earlier batches are not lost, and the next walk continues here.
        if (from === 0 || !(fault instanceof Unavailable)) throw fault;
        return { attempts: attempts.filter(isWorthReporting), next: after };
      }
    }
    return { attempts: attempts.filter(isWorthReporting), next };
  }
}

/** A callback that is still unmatched gives nothing to report. */
const isWorthReporting = ({ outcome, fault }: SettlementAttempt): boolean =>
  outcome !== 'unmatched' || fault !== undefined;
