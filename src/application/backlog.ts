import type { StoredCallback } from './ports.js';

/** What the inbox holds undecided, for those who work it off. */
export interface Backlog {
  /**
   * Takes up to `limit` pending callbacks that are due, the longest due first. Each counts an attempt and is due again at
   * `leasedUntil`: until then it is left to the taker, and after it anybody may take it from one who was killed.
   */
  lease(now: Date, leasedUntil: Date, limit: number): Promise<StoredCallback[]>;
  /** Says when callbacks are tried again, as far as they are still pending and nobody holds them. */
  postpone(retries: readonly { readonly id: string; readonly at: Date }[]): Promise<void>;
  /** The unmatched callbacks that name this payment, in order of receipt. Holds nothing. */
  waitingFor(paymentNumber: string, limit: number): Promise<StoredCallback[]>;
  /**
   * Looks through the `limit` payment numbers after `after` that unmatched callbacks name, and returns the callbacks whose payment
   * exists by now, in order of receipt, and the number to go on from; null at the end. Holds nothing.
   */
  matched(
    after: string | null,
    limit: number,
  ): Promise<{ readonly callbacks: readonly StoredCallback[]; readonly next: string | null }>;
}

/** Where a walk through the settled callbacks stands; made by the store, for the store. */
export interface BodyCursor {
  readonly settledAt: string;
  readonly id: string;
}

/** What a gateway sent, as long as it is kept. */
export interface Bodies {
  /**
   * Looks through the `limit` callbacks with a body that follow `after` and were settled before then, and drops the headers and bodies of
   * those that no open discrepancy needs. Their keys stay, so that a copy is known for ever. `next` is null at the end.
   */
  drop(
    settledBefore: Date,
    after: BodyCursor | null,
    limit: number,
  ): Promise<{ readonly dropped: number; readonly next: BodyCursor | null }>;
}
