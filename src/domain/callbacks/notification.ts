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
  /** What was paid. Never null in a `succeeded` notification. */
  readonly money: Money | null;
  /** The time of payment that the gateway has signed. */
  readonly paidAt: Date | null;
  /** Why it failed or could not be parsed, for a person; at most 500 characters. */
  readonly reason: string | null;
  /** The field that shows that the callback is meant for another merchant, app, seller or mode; null if none does. */
  readonly foreign: string | null;
}
