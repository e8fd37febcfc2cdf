import type { Money } from '../../domain/money.js';
import type { OrderStatus } from '../../domain/orders/order.js';
import type { OpeningFault } from '../../domain/payments/payment.js';
import type { IdempotencyFault, KeyedBody, SentReply } from '../idempotency/idempotency-key-repository.js';

export interface NewOrder {
  readonly total: Money;
  readonly customerId: string | null;
}

export interface NewPayment {
  readonly gateway: string;
  /** Null for the order's total, which is the only amount that is accepted. */
  readonly amount: Money | null;
  /** Null for the configured default. */
  readonly expiresInSeconds: number | null;
  /** Null for a generated number. */
  readonly paymentNumber: string | null;
}

/** A request that places an order, opens a payment for an order, or does both. */
export type Placement = {
  readonly orderNumber: string;
  readonly actor: string;
  /** Null if the request has no `Idempotency-Key`. */
  readonly keyed: KeyedBody | null;
} & (
  | { readonly order: NewOrder; readonly payment: NewPayment | null }
  // The order exists already.
  | { readonly order: null; readonly payment: NewPayment }
);

/** Why a payment does not fit its order, and what the order is. */
export interface UnfitPayment {
  readonly fault: OpeningFault;
  readonly order: { readonly status: OrderStatus; readonly total: Money };
}

/** Why a placement was refused. Nothing of it is stored then. */
export type PlacementFault =
  | UnfitPayment
  | 'gateway_unknown'
  | 'order_unknown'
  | 'order_number_taken'
  | 'payment_number_taken'
  /** The gateway cannot carry the requested payment number. */
  | 'payment_number_unfit'
  /** A payment for a new order of zero. */
  | 'nothing_due';

/** The reply has the new order, or the payment if the order existed before. */
export type PlacementResult = SentReply | PlacementFault | IdempotencyFault;
