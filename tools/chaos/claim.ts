import type { IndexedHistory } from './indexed-history.js';

/** A place where a history contradicts a claim, and what it concerns. */
export interface Violation {
  readonly detail: string;
  /** The key of a planned callback. */
  readonly callback?: string;
  /** The key of a planned deed. */
  readonly deed?: string;
  readonly paymentNumber?: string | null;
  readonly orderNumber?: string | null;
}

/** A sentence that is true for every run, whatever fails during it. */
export interface Claim {
  readonly name: string;
  violations(history: IndexedHistory): Violation[];
}
