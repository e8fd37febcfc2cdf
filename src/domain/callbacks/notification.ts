import type { Money } from '../money.js';

/** What a callback reports, translated from the gateway's own terms. */
export type NotificationKind =
  | 'processing'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'refund'
  | 'dispute'
  /** An event that does not move money. */
  | 'ignored'
  /** The signature is valid, but the content is not understood. */
  | 'unreadable'
  /** It has the event id of an earlier callback and other content. */
  | 'conflicting';

/** The content of a verified callback: all that the core learns of a gateway's message. */
export interface Notification {
  readonly gateway: string;
  readonly kind: NotificationKind;
  /** Our number of the payment: at most 64 of `[A-Za-z0-9_-]`. Null if the callback names none. */
  readonly paymentNumber: string | null;
  /** The gateway's id of the money: at most 128 characters. Never null in a `succeeded` notification. */
  readonly transactionId: string | null;
  /** What was paid, in the currency in which the shop asked for it. Never null in a `succeeded` notification; it may be zero there. */
  readonly money: Money | null;
  /** What the gateway took from the customer, if it has converted the currency; null if that is `money`, or is not known. */
  readonly charged: Money | null;
  /** The time of payment that the gateway has signed. */
  readonly paidAt: Date | null;
  /** Why it failed or could not be parsed, for a person; at most 500 characters. */
  readonly reason: string | null;
  /** The field that shows that the callback is meant for another merchant, app, seller or mode; null if none does. */
  readonly foreign: string | null;
  /** Of a `conflicting` notification: the kind that it has by its own content. Releases before 0.8.0 have not stored it. */
  readonly claimedKind?: NotificationKind;
  /** The refund that it reports, as plain data. Null if it reports none, and in callbacks that a release before 0.7.0 has stored. */
  readonly refund: RefundReport | null;
  /** The dispute or the fraud warning that it reports. Null as `refund` is. */
  readonly dispute: DisputeReport | null;
}

/** Whether it brings a piece of money: a success, also one under an event id that was used before. */
export function bringsMoney({ kind, claimedKind }: Notification): boolean {
  return kind === 'succeeded' || (kind === 'conflicting' && claimedKind === 'succeeded');
}

/** Whether it says something about a refund or a dispute, alone or beside a success. */
export function isReport({ kind, refund, dispute }: Notification): boolean {
  if (kind === 'succeeded') return refund !== null;
  return kind === 'refund' || kind === 'dispute' || (kind === 'ignored' && dispute !== null);
}

export const REFUND_REPORT_STATUSES = ['processing', 'succeeded', 'failed', 'abnormal'] as const;
/** `abnormal`: the gateway could not send the money, and waits for a person. It may still succeed or fail. */
export type RefundReportStatus = (typeof REFUND_REPORT_STATUSES)[number];

/**
 * What a gateway says about a refund. Each field is null where the notification does not have it. A gateway names all refunds by its id, or all
 * by the merchant's number, and may add the other one; two reports of which each has another one cannot be known to be about one refund.
 */
export interface RefundReport {
  /** The merchant's number of the refund; at most 128 characters. */
  readonly refundNumber: string | null;
  /** The gateway's id of the refund; at most 128 characters. */
  readonly gatewayRefundId: string | null;
  /** The money of this refund alone. */
  readonly amount: Money | null;
  readonly status: RefundReportStatus;
  /** The sum of all refunds of the transaction so far. */
  readonly cumulative: Money | null;
  /** What was paid with the transaction. */
  readonly paid: Money | null;
  /** The gateway's time, by which reports of one refund are ordered. */
  readonly at: Date | null;
  readonly failure: { readonly code: string; readonly message: string | null } | null;
}

export const DISPUTE_STATUSES = [
  'inquiry',
  'needs_response',
  'under_review',
  'won',
  'lost',
  'closed',
] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** What a gateway says about a dispute, or about a payment that the customer's bank calls fraudulent. */
export interface DisputeReport {
  readonly kind: 'dispute' | 'fraud_warning';
  /** The gateway's id of the dispute or of the warning; at most 128 characters. */
  readonly disputeId: string;
  readonly amount: Money | null;
  /** Null where the notification names none, or one that is not known here. A warning has none. */
  readonly status: DisputeStatus | null;
  /** In the gateway's words; at most 500 characters. */
  readonly reason: string | null;
  /** Until when the shop can answer. */
  readonly dueBy: Date | null;
  /** Whether the gateway holds the money of the dispute now. Null where the notification does not say. */
  readonly moneyTaken: boolean | null;
  /** The gateway's time, by which reports of one dispute are ordered. */
  readonly at: Date | null;
}
