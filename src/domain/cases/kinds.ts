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
