import { discrepancyEvent } from './decide-callbacks.js';
import type { Received } from './inbox.js';
import { Unavailable, type Clock, type StoredCallback, type UnitOfWork } from './ports.js';
import type { ReceiveCallback } from './receive-callback.js';

/** Seconds to the next attempt after each one: doubling to an hour, and about a day in all. */
export const RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 11 }, (_, attempt) => 2 ** (attempt + 1)),
  ...Array.from({ length: 23 }, () => 3_600),
];
/** Attempts of workers that were killed come faster than those delays, so that the age has a say as well. */
const GIVEN_UP_AFTER_MS = 24 * 60 * 60 * 1_000;
/** Ten times what a batch may take, and short enough that a killed worker's callbacks are taken up within a minute. */
const LEASE_MS = 30_000;
const BATCH_SIZE = 64;
const SETTLE_WITHIN_MS = 3_000;

/** What a worker did with one callback of the inbox. */
export interface Attempted {
  readonly callback: StoredCallback;
  readonly outcome: Received['outcome'];
  /** A bug of ours that keeps it from being settled. */
  readonly fault?: unknown;
}

/**
 * Settles what the inbox holds pending, through the same path as a callback that has just come. Any number of workers may run: each takes
 * what is due by a lease that is committed first, and a callback is decided only under the lock of its own row.
 */
export class SettlePending {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly receiveCallback: ReceiveCallback,
    private readonly clock: Clock,
  ) {}

  /** One batch. Empty where nothing was due. */
  async execute(): Promise<Attempted[]> {
    const now = this.clock.now();
    const leasedUntil = new Date(now.getTime() + LEASE_MS);
    const due = await this.unitOfWork.run(({ backlog }) => backlog.lease(now, leasedUntil, BATCH_SIZE));
    const spent = due.filter((callback) => isSpent(callback, now));
    const open = due.filter((callback) => !spent.includes(callback));
    const attempted = open.length ? await settleStored(open, this.receiveCallback) : [];
    for (const callback of spent) {
      const kept = (fault: unknown): Attempted => ({ callback, outcome: 'pending', fault });
      attempted.push(await this.giveUp(callback).catch(kept));
    }
    await this.postpone(attempted);
    return attempted;
  }

  /** The jitter keeps a crowd that failed together from coming back together. */
  private async postpone(attempted: readonly Attempted[]): Promise<void> {
    const now = this.clock.now().getTime();
    const retries = attempted.flatMap(({ callback: { id, attempts }, outcome }) => {
      if (outcome !== 'pending') return [];
      const seconds = RETRY_DELAYS_SECONDS[Math.min(attempts, RETRY_DELAYS_SECONDS.length) - 1]!;
      return [{ id, at: new Date(now + seconds * 1_000 * (1 + Math.random() / 4)) }];
    });
    if (retries.length) await this.unitOfWork.run(({ backlog }) => backlog.postpone(retries));
  }

  private giveUp(callback: StoredCallback): Promise<Attempted> {
    const at = this.clock.now();
    const { gateway, paymentNumber, transactionId, money } = callback.notice;
    const discrepancy = {
      kind: 'undeliverable' as const,
      gateway,
      paymentNumber,
      orderNumber: null,
      transactionId,
      details: { paid: money?.toString() ?? null, attempts: String(callback.attempts) },
      callbackId: callback.id,
    };
    return this.unitOfWork.run(async (stores) => {
      const mine = await stores.callbacks.lockUndecided([callback.id], 'skip');
      if (mine.length === 0) return { callback, outcome: 'pending' as const };
      await stores.callbacks.decide([{ id: callback.id, outcome: 'undeliverable', at }]);
      const opened = await stores.discrepancies.open([discrepancy], at);
      const events = opened.map((each) => discrepancyEvent('discrepancy.opened', each, at));
      if (events.length) await stores.events.append(events);
      return { callback, outcome: 'undeliverable' as const };
    });
  }
}

/** What came before a long outage has its attempts still before it, however old it is. */
function isSpent({ attempts, receivedAt }: StoredCallback, now: Date): boolean {
  return attempts > RETRY_DELAYS_SECONDS.length && now.getTime() - receivedAt.getTime() >= GIVEN_UP_AFTER_MS;
}

/** Settles stored callbacks as one group, and where that fails one by one. Throws `Unavailable` for a passing reason. */
export async function settleStored(
  callbacks: readonly StoredCallback[],
  receiveCallback: ReceiveCallback,
): Promise<Attempted[]> {
  try {
    const deadline = performance.now() + SETTLE_WITHIN_MS;
    const results = await receiveCallback.settle(callbacks, { mode: 'skip', deadline });
    return callbacks.map((callback, index) => ({ callback, outcome: results[index]!.outcome }));
  } catch (fault) {
    if (fault instanceof Unavailable) throw fault;
    // One of them cannot be settled by this release; alone it harms nobody else, and its attempts run out.
    if (callbacks.length === 1) return [{ callback: callbacks[0]!, outcome: callbacks[0]!.outcome, fault }];
    const attempted: Attempted[] = [];
    for (const callback of callbacks) attempted.push(...(await settleStored([callback], receiveCallback)));
    return attempted;
  }
}
