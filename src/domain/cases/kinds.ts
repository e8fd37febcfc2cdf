/**
 * The outcomes that leave money or a message without an owner, `refund_due`, and what is found about refunds and disputes. Public: the API
 * calls them discrepancy kinds. Cases of `refund_reported` and `dispute_reported` were opened by releases before 0.8.0 only.
 */
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
  'refund_failed',
  'refund_stuck',
  'refund_exceeds_payment',
  'dispute',
  'dispute_lost',
  'fraud_warning',
] as const;
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
