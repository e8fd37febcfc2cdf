/** The result of a callback: of the settlement table, of the table of labels, or of the inbox. Public names. */
export const OUTCOMES = [
  'settled',
  'duplicate',
  'recorded',
  'stale',
  'ignored',
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
  'pending',
  'undeliverable',
] as const;
export type Outcome = (typeof OUTCOMES)[number];
