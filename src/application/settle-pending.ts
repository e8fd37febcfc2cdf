import type { Received } from './inbox.js';
import { Unavailable, type Clock, type StoredCallback, type UnitOfWork } from './ports.js';
import { discrepancyEvent, type ReceiveCallback } from './receive-callback.js';

/** Seconds to the next attempt after each one: doubling to an hour, and about a day in all. */
export const RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 11 }, (_, attempt) => 2 ** (attempt + 1)),
  ...Array.from({ length: 23 }, () => 3_600),
];
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
 * Settles what the inbox holds undecided, through the same path as a callback that has just come. Any number of workers may run: each takes
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
    const due = await this.unitOfWork.run((stores) =>
      stores.callbacks.lease(this.clock.now(), RETRY_DELAYS_SECONDS, BATCH_SIZE),
    );
    const givenUp = due.filter(
      ({ outcome, attempts }) => outcome === 'pending' && attempts > RETRY_DELAYS_SECONDS.length,
    );
    const open = due.filter((callback) => !givenUp.includes(callback));
    const attempted = open.length ? await this.settle(open) : [];
    for (const callback of givenUp) attempted.push(await this.giveUp(callback));
    return attempted;
  }

  private async settle(callbacks: readonly StoredCallback[]): Promise<Attempted[]> {
    try {
      const deadline = performance.now() + SETTLE_WITHIN_MS;
      const results = await this.receiveCallback.settle(callbacks, { mode: 'skip', deadline });
      return callbacks.map((callback, index) => ({ callback, outcome: results[index]!.outcome }));
    } catch (fault) {
      if (fault instanceof Unavailable) throw fault;
      // One of them cannot be settled by this release; alone it harms nobody else, and its attempts run out.
      if (callbacks.length === 1) return [{ callback: callbacks[0]!, outcome: 'pending', fault }];
      const attempted: Attempted[] = [];
      for (const callback of callbacks) attempted.push(...(await this.settle([callback])));
      return attempted;
    }
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
      const mine = await stores.callbacks.lockUndecided([callback.id]);
      if (mine.length === 0) return { callback, outcome: 'pending' as const };
      await stores.callbacks.decide([{ id: callback.id, outcome: 'undeliverable', at }]);
      const opened = await stores.discrepancies.open([discrepancy], at);
      const events = opened.map((each) => discrepancyEvent('discrepancy.opened', each, at));
      if (events.length) await stores.events.append(events);
      return { callback, outcome: 'undeliverable' as const };
    });
  }
}
