import type { UnitOfWork } from './ports.js';
import type { ReceiveCallback } from './receive-callback.js';
import { settleStored, type Attempted } from './settle-pending.js';

/** How many payment numbers are looked up by one query. */
const PAGE_SIZE = 2_000;
const GROUP_SIZE = 64;

/**
 * The net below the creation of payments, which settles what waited for them: here is found what a payment that came by another way, an
 * older release or a hand in the database, has left unmatched. It takes no lease: a callback is decided only under the lock of its
 * row, and whoever comes second finds it decided.
 */
export class SettleUnmatched {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly receiveCallback: ReceiveCallback,
  ) {}

  /** One page of a walk through them, which goes on after `next` and has ended where that is null. */
  async execute(after: string | null): Promise<{ attempted: Attempted[]; next: string | null }> {
    const { callbacks, next } = await this.unitOfWork.run(({ backlog }) => backlog.matched(after, PAGE_SIZE));
    const attempted: Attempted[] = [];
    for (let from = 0; from < callbacks.length; from += GROUP_SIZE) {
      const group = callbacks.slice(from, from + GROUP_SIZE);
      attempted.push(...(await settleStored(group, this.receiveCallback)));
    }
    // What stays unmatched was given back; there is nothing to tell of it.
    return { attempted: attempted.filter(({ outcome, fault }) => outcome !== 'unmatched' || fault), next };
  }
}
