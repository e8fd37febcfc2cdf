import { ORDER_EVENTS, type DomainEvent } from './events.js';

/**
 * What subscribers may hear of. What callbacks were and that something was created stays inside: it is the log's, and tells nobody else
 * that they have to do anything.
 */
export const PUBLISHED_TYPES = [
  ...Object.values(ORDER_EVENTS),
  'payment.succeeded',
  'payment.failed',
  'payment.cancelled',
  'payment.expired',
  'discrepancy.opened',
  'discrepancy.resolved',
] as const satisfies readonly DomainEvent['type'][];
export type PublishedType = (typeof PUBLISHED_TYPES)[number];

/** An event as it is sent out, by whatever way. */
export interface PublishedEvent {
  /** `evt_` and the number in the log. Equal whenever it is sent again, so that a receiver knows what it has had. */
  readonly id: string;
  readonly type: PublishedType;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>> & { readonly orderNumber: string | null };
}

/** An event of the log as it is kept. */
export interface KeptEvent {
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
}: KeptEvent): PublishedEvent {
  // A note is what one of our people wrote for the others, and may say anything.
  const { note: _note, ...told } = data;
  const payment = paymentNumber === null ? {} : { paymentNumber };
  return { id: `evt_${id}`, type, at, data: { orderNumber, ...payment, ...told } };
}

/** The number in the log of an event's public id, or null where it is none. */
export function eventNumber(id: string): string | null {
  return /^evt_([1-9]\d{0,17})$/.exec(id)?.[1] ?? null;
}
