import type { DiscrepancyKind } from './discrepancy.js';
import type { Outcome } from './notice.js';
import type { Deed } from './order.js';
import { settleSuccess, type Case, type Decision } from './settlement.js';

/** How an operator may end a case: take the money, have given it back by another way, or need nothing done. */
export const RESOLUTIONS = ['accept', 'refunded_elsewhere', 'dismiss'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Why a resolution cannot end a case. */
export type ResolutionFault = 'not_acceptable' | 'other_currency' | 'reference_missing';

/**
 * What `accept` may end, and the rows of the settlement table that it sets aside: the one that opened the case and what is
 * asked before it. All other rows stand, so money that is late and of another amount is looked at twice.
 */
const WAIVED: Partial<Readonly<Record<DiscrepancyKind, readonly Outcome[]>>> = {
  paid_late: ['paid_late'],
  amount_mismatched: ['paid_late', 'amount_mismatched'],
};

/** Null where this resolution may end a case of this kind. */
export function resolutionFault(
  kind: DiscrepancyKind,
  resolution: Resolution,
  reference: string | null,
): ResolutionFault | null {
  if (resolution === 'accept' && !(kind in WAIVED)) return 'not_acceptable';
  return resolution === 'refunded_elsewhere' && reference === null ? 'reference_missing' : null;
}

/**
 * Takes the money of a stored notice that the settlement table has turned away, as an operator has decided. The payment
 * succeeds and the order is paid if it can be; what still stands in the way is the outcome, with a case of its own.
 * @returns `other_currency` where the amounts cannot be compared at all; nothing has changed then.
 */
export function acceptMoney(kind: DiscrepancyKind, given: Case, deed: Deed): Decision | 'other_currency' {
  const waived = WAIVED[kind];
  if (!waived) throw new Error(`a case of ${kind} cannot be accepted`);
  if (given.payment?.due.currency !== given.notice.money?.currency) return 'other_currency';
  return settleSuccess(given, deed, waived);
}
