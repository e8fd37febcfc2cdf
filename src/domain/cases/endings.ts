import type { CaseKind } from './kinds.js';

/** How an operator may end a case: take the money, have refunded it by another way, or do nothing. */
export const RESOLUTIONS = ['accept', 'refunded_elsewhere', 'dismiss'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

const ANY_CASE: readonly Resolution[] = ['refunded_elsewhere', 'dismiss'];

/** The resolutions that may end a case of each kind. */
export const ENDINGS: Readonly<Record<CaseKind, readonly Resolution[]>> = {
  unmatched: ANY_CASE,
  foreign: ANY_CASE,
  paid_twice: ANY_CASE,
  transaction_reused: ANY_CASE,
  paid_late: RESOLUTIONS,
  amount_mismatched: RESOLUTIONS,
  order_not_payable: ANY_CASE,
  unreadable: ANY_CASE,
  conflicting: ANY_CASE,
  refund_reported: ANY_CASE,
  dispute_reported: ANY_CASE,
  undeliverable: ANY_CASE,
  refund_due: ANY_CASE,
};

/** Why a resolution cannot end a case. */
export type ResolutionFault = 'not_acceptable' | 'other_currency' | 'reference_missing';

/** Null if the resolution may end a case of this kind. */
export function resolutionFault(
  kind: CaseKind,
  resolution: Resolution,
  reference: string | null,
): ResolutionFault | null {
  if (!ENDINGS[kind].includes(resolution)) return 'not_acceptable';
  return resolution === 'refunded_elsewhere' && reference === null ? 'reference_missing' : null;
}
