import type { Evidence } from './evidence.js';

/** Where a history breaks a claim: what is wrong, and what it is about. */
export interface Violation {
  readonly detail: string;
  /** The key of a planned callback. */
  readonly callback?: string;
  readonly paymentNumber?: string | null;
  readonly orderNumber?: string | null;
}

/** A sentence that holds for every history of a service that keeps its promise. */
export interface Claim {
  readonly name: string;
  violations(evidence: Evidence): Violation[];
}
