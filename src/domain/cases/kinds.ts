import type { Outcome } from '../callbacks/outcome.js';

/** The outcomes that leave money or a message without an owner, and `refund_due`. Public: the API calls them discrepancy kinds. */
export const CASE_KINDS = [
  'unmatched',
  'foreign',
  'paid_twice',
  'transaction_reused',
  'paid_late',
  'amount_mismatched',
  'order_not_payable',
  'unreadable',
  'conflicting',
  'refund_reported',
  'dispute_reported',
  'undeliverable',
  'refund_due',
] as const satisfies readonly (Outcome | 'refund_due')[];
export type CaseKind = (typeof CASE_KINDS)[number];

/**
 * The kinds whose cases may own a piece of money. `foreign`, `unmatched` and `conflicting` own it only if no payment and no other case has it.
 * `transaction_reused` never does: another payment has the money, or it has gone back.
 */
export const MONEY_KINDS: readonly CaseKind[] = [
  'unmatched',
  'foreign',
  'paid_twice',
  'paid_late',
  'amount_mismatched',
  'order_not_payable',
  'refund_due',
  'conflicting',
];
