import type { DisputeStatus } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';

/**
 * What has ended a case. A money case ends by one of the first four and by nothing else, so no piece of money loses its owner. `outcome` is
 * for a case about a message: its callback was decided after all. `dispute` is for a case about a dispute.
 */
export type EndedBy =
  /** The piece of money has settled this payment. */
  | { readonly by: 'settlement'; readonly paymentNumber: string }
  /** Refunds have come to the amount of the piece. This one is the last. */
  | { readonly by: 'refunds'; readonly refundNumber: string | null }
  /** An operator has decided that nothing more is to be done. */
  | { readonly by: 'decision' }
  /** Another case has the piece now. Null if a release before 0.8.0 has ended it, which did not store which one. */
  | { readonly by: 'successor'; readonly discrepancyId: string | null }
  | { readonly by: 'outcome'; readonly outcome: Outcome }
  /** The dispute that the case is about has got this status, so nothing is to be done any more. */
  | { readonly by: 'dispute'; readonly disputeId: string; readonly status: DisputeStatus };

export const ENDED_BY = [
  'settlement',
  'refunds',
  'decision',
  'successor',
  'outcome',
  'dispute',
] as const satisfies readonly EndedBy['by'][];
