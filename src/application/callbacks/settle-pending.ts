import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { OpenCase } from '../../domain/cases/case.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import { Unavailable, type UnitOfWork } from '../transaction.js';
import { CallbackRepository, type StoredCallback } from './callback-repository.js';
import { CaseLedger } from './case-ledger.js';
import type { ProcessPaymentSuccess } from './process-payment-success.js';

/** Seconds to the next attempt after each one: doubling to an hour, about a day in all. */
export const RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 11 }, (_, attempt) => 2 ** (attempt + 1)),
  ...Array.from({ length: 23 }, () => 3_600),
];
/** Workers that are killed use up attempts faster than these delays, so a callback must be this old as well. */
const GIVEN_UP_AFTER_MS = 24 * 60 * 60 * 1_000;
/** Ten times as long as a batch may take, and short enough that another worker soon takes over from one that was killed. */
const LEASE_MS = 30_000;
const BATCH_SIZE = 64;
const SETTLE_WITHIN_MS = 3_000;

/** What a worker achieved with one stored callback. */
export interface SettlementAttempt {
  readonly callback: StoredCallback;
  readonly outcome: Outcome;
  /** A bug that keeps it from being settled. */
  readonly fault?: unknown;
}

/**
 * Settles the pending callbacks of the inbox by the same use case as one that has just come. Any number of workers may run:
 * each takes callbacks by a lease that is committed first, and a callback is decided only under the lock of its row.
 */
export class SettlePending {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
    private readonly clock: Clock,
  ) {}

  /** Settles one batch. Empty if nothing was due. */
  async execute(): Promise<SettlementAttempt[]> {
    const now = this.clock.now();
    const leasedUntil = new Date(now.getTime() + LEASE_MS);
    const due = await this.unitOfWork.run((tx) =>
      tx.of(CallbackRepository).leaseDue(now, leasedUntil, BATCH_SIZE),
    );
    const spent = due.filter((callback) => isSpent(callback, now));
    const open = due.filter((callback) => !spent.includes(callback));
    const attempts = open.length ? await settleStored(open, this.processPaymentSuccess) : [];
    for (const callback of spent) {
      const failed = (fault: unknown): SettlementAttempt => ({ callback, outcome: 'pending', fault });
      attempts.push(await this.giveUp(callback).catch(failed));
    }
    // What was settled is reported in any case. Callbacks that were not postponed come up again when their lease ends.
    await this.postpone(attempts).catch(unlessUnavailable);
    return attempts;
  }

  /** The jitter keeps callbacks that failed together from being tried together again. */
  private async postpone(attempts: readonly SettlementAttempt[]): Promise<void> {
    const now = this.clock.now().getTime();
    const retries = attempts.flatMap(({ callback: { id, attempts: count }, outcome }) => {
      if (outcome !== 'pending') return [];
      const seconds = RETRY_DELAYS_SECONDS[Math.min(count, RETRY_DELAYS_SECONDS.length) - 1]!;
      return [{ id, at: new Date(now + seconds * 1_000 * (1 + Math.random() / 4)) }];
    });
    if (retries.length) await this.unitOfWork.run((tx) => tx.of(CallbackRepository).postpone(retries));
  }

  private giveUp(callback: StoredCallback): Promise<SettlementAttempt> {
    const at = this.clock.now();
    return this.unitOfWork.run(async (tx) => {
      const callbacks = tx.of(CallbackRepository);
      const locked = await callbacks.lockUndecided([callback.id], 'skip');
      if (locked.length === 0) return { callback, outcome: 'pending' as const };
      // A copy may have been decided in the meantime, and a decision is never overwritten.
      const outcome = await callbacks.lock(callback.id);
      if (outcome !== 'pending') return { callback, outcome };
      await callbacks.saveOutcomes([{ id: callback.id, outcome: 'undeliverable', at }]);
      const ledger = new CaseLedger();
      ledger.open(undeliverable(callback), { actor: `gateway:${callback.notification.gateway}`, at });
      const events = await ledger.save(tx, at);
      if (events.length) await tx.of(EventRepository).append(events);
      return { callback, outcome: 'undeliverable' as const };
    });
  }
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof Unavailable)) throw error;
}

function undeliverable({ id, notification, attempts }: StoredCallback): OpenCase {
  const { gateway, paymentNumber, transactionId, money } = notification;
  const details = { paid: money?.toString() ?? null, attempts: String(attempts) };
  // About the callback. Its money was never decided, so the case does not own it.
  const about = { kind: 'undeliverable', orderNumber: null, ownsMoney: false, callbackId: id } as const;
  return { ...about, gateway, paymentNumber, transactionId, details };
}

/** A callback that came before a long outage still has its attempts, however old it is. */
function isSpent({ attempts, receivedAt }: StoredCallback, now: Date): boolean {
  return attempts > RETRY_DELAYS_SECONDS.length && now.getTime() - receivedAt.getTime() >= GIVEN_UP_AFTER_MS;
}

/**
 * Settles stored callbacks as one batch, and one by one if that fails. Throws `Unavailable` for a temporary fault of the batch. If it
 * meets one later, those that are left keep their outcome, so that the results before it are not lost.
 */
export async function settleStored(
  callbacks: readonly StoredCallback[],
  processPaymentSuccess: ProcessPaymentSuccess,
): Promise<SettlementAttempt[]> {
  try {
    const deadline = performance.now() + SETTLE_WITHIN_MS;
    const entries = await processPaymentSuccess.executeStored(callbacks, { mode: 'skip', deadline });
    return callbacks.map((callback, index) => ({ callback, outcome: entries[index]!.outcome }));
  } catch (fault) {
    if (fault instanceof Unavailable) throw fault;
    // This release cannot settle one of them. Alone it harms no other, and its attempts run out.
    const [callback] = callbacks;
    if (callbacks.length === 1) return [{ callback: callback!, outcome: callback!.outcome, fault }];
    return settleEach(callbacks, processPaymentSuccess);
  }
}

async function settleEach(
  callbacks: readonly StoredCallback[],
  processPaymentSuccess: ProcessPaymentSuccess,
): Promise<SettlementAttempt[]> {
  const attempts: SettlementAttempt[] = [];
  try {
    for (const each of callbacks) attempts.push(...(await settleStored([each], processPaymentSuccess)));
  } catch (fault) {
    unlessUnavailable(fault);
    const left = callbacks.slice(attempts.length);
    attempts.push(...left.map((callback) => ({ callback, outcome: callback.outcome })));
  }
  return attempts;
}
