import { ORDER_EVENTS } from '../orders/order.js';
import type { AnyEvent } from '../settlement/settle.js';

/** The types that subscribers receive. The others stay in the log, because they ask nothing of a subscriber. */
export const PUBLISHED_TYPES = [
  ...Object.values(ORDER_EVENTS),
  'payment.succeeded',
  'payment.failed',
  'payment.cancelled',
  'payment.expired',
  'dispute.opened',
  'dispute.updated',
  'dispute.closed',
  'payment.refunded',
  'refund.requested',
  'refund.processing',
  'refund.succeeded',
  'refund.failed',
  'discrepancy.opened',
  'discrepancy.resolved',
] as const satisfies readonly AnyEvent['type'][];
export type PublishedType = (typeof PUBLISHED_TYPES)[number];

/** An event as it is sent, by webhook or JetStream. */
export interface PublishedEvent {
  /** `evt_` and the number in the log. It is equal in every delivery, so that a receiver recognises a repeated one. */
  readonly id: string;
  readonly type: PublishedType;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>> & { readonly orderNumber: string | null };
}

/** An event as it is stored in the log. */
export interface StoredEvent {
  readonly id: string;
  readonly type: PublishedType;
  readonly at: Date;
  readonly orderNumber: string | null;
  readonly paymentNumber: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export function publishedEvent({
  id,
  type,
  at,
  orderNumber,
  paymentNumber,
  data,
}: StoredEvent): PublishedEvent {
  // A note is written by an operator for other operators, and may contain anything.
  const { note: _note, ...published } = data;
  const payment = paymentNumber === null ? {} : { paymentNumber };
  return { id: `evt_${id}`, type, at, data: { orderNumber, ...payment, ...published } };
}

/** The number in the log for a public event id; null if the id is not valid. */
export function eventNumber(id: string): string | null {
  return /^evt_([1-9]\d{0,17})$/.exec(id)?.[1] ?? null;
}
