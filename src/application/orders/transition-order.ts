import type { Attribution } from '../../domain/attribution.js';
import type { OpenCase } from '../../domain/cases/case.js';
import { backOf } from '../../domain/cases/known-piece.js';
import type { OrderStatus } from '../../domain/orders/order.js';
import { isGivenBack } from '../../domain/refunds/piece.js';
import type { Refusal } from '../../domain/transitions.js';
import { Pieces } from '../callbacks/pieces.js';
import { EventRepository } from '../events/event-repository.js';
import { PaymentRepository, type PayingMoney } from '../payments/payment-repository.js';
import type { Transaction } from '../transaction.js';
import { OrderQueries, type OrderView } from './order-queries.js';
import { OrderRepository } from './order-repository.js';

export interface OrderTransition {
  readonly orderNumber: string;
  readonly to: OrderStatus;
}

/** A transition that a person asks for. The note of the attribution goes into the order's history. */
export async function transitionOrder(
  tx: Transaction,
  { orderNumber, to }: OrderTransition,
  attribution: Attribution,
): Promise<OrderView | Refusal<OrderStatus> | 'order_unknown' | 'refund_under_way'> {
  const orders = tx.of(OrderRepository);
  const order = (await orders.lock([orderNumber], 'wait')).locked.get(orderNumber);
  if (!order) return 'order_unknown';
  const { status } = order;
  const wasPaid = status === 'paid';
  const refusal = order.moveTo(to, attribution);
  if (refusal) return refusal;
  if (status === 'refunding' && (await isRefundUnderWay(orderNumber, tx))) return 'refund_under_way';
  await orders.save([order]);
  await tx.of(EventRepository).append(order.events);
  if (wasPaid && to === 'cancelled') await openRefundDue(orderNumber, tx, attribution);
  return (await tx.of(OrderQueries).find(orderNumber))!;
}

/** The order follows the refunds of the payment that paid it, so nobody moves it on by hand while one of them is not done. */
async function isRefundUnderWay(orderNumber: string, tx: Transaction): Promise<boolean> {
  const paid = await tx.of(PaymentRepository).moneyThatPaid(orderNumber);
  if (!paid) return false;
  const pieces = await Pieces.lockNamed([paid], tx, 'wait');
  return pieces.of(paid).refunds.some(({ status }) => status === 'requested' || status === 'processing');
}

/**
 * Cancelling a paid order leaves its payments unchanged, so the money of the one that paid it needs an owner. Money of its other payments has
 * a case since it came. The order is locked, so none of its payments can be settled before this transaction ends.
 */
async function openRefundDue(orderNumber: string, tx: Transaction, attribution: Attribution): Promise<void> {
  const paid = await tx.of(PaymentRepository).moneyThatPaid(orderNumber);
  if (!paid) return;
  const pieces = await Pieces.lockNamed([paid], tx, 'wait');
  if (isGivenBack(paid.money, backOf(pieces.of(paid)))) return;
  pieces.own(refundDue(orderNumber, paid), { reason: 'the paid order was cancelled', attribution });
  await tx.of(EventRepository).append(await pieces.ledger.save(tx, attribution.at));
}

/** The case tells what came, which is not what was due if an operator has accepted another amount. */
function refundDue(
  orderNumber: string,
  { gateway, paymentNumber, transactionId, money }: PayingMoney,
): OpenCase {
  // Events publish the reason, so it does not name the operator. The actor of the event does.
  const details = { paid: money.toString(), reason: 'the paid order was cancelled' };
  const about = { kind: 'refund_due', callbackId: null, ownsMoney: true } as const;
  return { ...about, gateway, paymentNumber, orderNumber, transactionId, details };
}
