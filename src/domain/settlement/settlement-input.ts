import type { Notification } from '../callbacks/notification.js';
import type { KnownPiece } from '../cases/known-piece.js';
import type { Order } from '../orders/order.js';
import type { Payment } from '../payments/payment.js';

/** A notification and the rows that it is about. The caller holds the locks of these rows. */
export interface SettlementInput {
  readonly notification: Notification;
  /** `judgedTime`, fixed at the first receipt. */
  readonly judgedAt: Date;
  readonly payment: Payment | null;
  /** The order of the payment. Only a success needs it. */
  readonly order: Order | null;
  /** What is stored about the money that it names: what it has settled, its cases, and what of it has gone back. */
  readonly piece: KnownPiece;
}

/** An input whose payment exists. */
export interface MatchedInput extends SettlementInput {
  readonly payment: Payment;
  readonly order: Order;
}

/** Null if there is no payment. */
export function matchedInput(input: SettlementInput): MatchedInput | null {
  const { payment, order } = input;
  if (!payment) return null;
  if (!order) throw new Error(`payment ${payment.number} was loaded without its order`);
  return { ...input, payment, order };
}
