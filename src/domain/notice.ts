import type { Money } from './money.js';

/** What a gateway's callback says, once its own words are translated. */
export type NoticeKind =
  | 'processing'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'refund'
  | 'dispute'
  /** An event that moves no money. */
  | 'ignored'
  /** Well signed, not understood. */
  | 'unreadable'
  /** The id of an earlier callback over another content. */
  | 'conflicting';

/** What became of a callback (design: the settlement table, the notice table and the inbox). */
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

/** A verified callback as a value: all that the core ever learns of a gateway's message. */
export interface Notice {
  readonly gateway: string;
  readonly kind: NoticeKind;
  /** Ours: at most 64 of `[A-Za-z0-9_-]`. Null where the gateway names none. */
  readonly paymentNumber: string | null;
  /** The gateway's: at most 128 characters. Never null in a `succeeded` notice. */
  readonly transactionId: string | null;
  /** What was paid. Never null in a `succeeded` notice. */
  readonly money: Money | null;
  /** The gateway's signed time of payment. */
  readonly paidAt: Date | null;
  /** Why it failed or could not be read, for a person; at most 500 characters. */
  readonly reason: string | null;
  /** The field that shows the callback was meant for somebody else (merchant, app, seller, mode); null if none does. */
  readonly foreign: string | null;
}

export type ExpiryJudgedBy = 'received_at' | 'paid_at';

/**
 * The time by which a notice is late or not, fixed at its first receipt, so that no lock, outage, worker or replay can
 * make timely money late. A payment time in the future is not believed.
 */
export function judgedTime(notice: Notice, receivedAt: Date, by: ExpiryJudgedBy): Date {
  if (by === 'received_at' || !notice.paidAt || notice.paidAt > receivedAt) return receivedAt;
  return notice.paidAt;
}
