import type { Attribution } from '../../domain/attribution.js';
import { caseOpened, type OpenCase } from '../../domain/cases/case.js';
import type { OrderStatus } from '../../domain/orders/order.js';
import type { Payment } from '../../domain/payments/payment.js';
import type { Refusal } from '../../domain/transitions.js';
import { CaseRepository } from '../cases/case-repository.js';
import { EventRepository } from '../events/event-repository.js';
import { PaymentRepository } from '../payments/payment-repository.js';
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
): Promise<OrderView | Refusal<OrderStatus> | 'order_unknown'> {
  const orders = tx.of(OrderRepository);
  const order = (await orders.lock([orderNumber], 'wait')).locked.get(orderNumber);
  if (!order) return 'order_unknown';
  const wasPaid = order.status === 'paid';
  const refusal = order.moveTo(to, attribution);
  if (refusal) return refusal;
  await orders.save([order]);
  await tx.of(EventRepository).append(order.events);
  if (wasPaid && to === 'cancelled') await openRefundsDue(orderNumber, tx, attribution);
  return (await tx.of(OrderQueries).find(orderNumber))!;
}

/**
 * Cancelling a paid order leaves its payments unchanged, so their money needs an owner. The order is locked, so none of its
 * payments can be settled before this transaction ends.
 */
async function openRefundsDue(orderNumber: string, tx: Transaction, attribution: Attribution): Promise<void> {
  const cases = tx.of(CaseRepository);
  const succeeded = await tx.of(PaymentRepository).succeededOf(orderNumber);
  const numbers = succeeded.map(({ number }) => number);
  // Money that came when the order could not be paid has a case already. A second case would refund it twice.
  const owned = await cases.paymentsWithCase('order_not_payable', numbers);
  const due = succeeded.filter(({ number }) => !owned.has(number));
  if (due.length === 0) return;
  const opened = await cases.open(due.map(refundDue), attribution.at);
  await tx.of(EventRepository).append(opened.map((each) => caseOpened(each, attribution)));
}

function refundDue(payment: Payment): OpenCase {
  const { gateway, number: paymentNumber, orderNumber, transactionId, due } = payment;
  // Events publish the reason, so it does not name the operator. The actor of the event does.
  const details = { paid: due.toString(), reason: 'the paid order was cancelled' };
  const kind = 'refund_due';
  return { kind, gateway, paymentNumber, orderNumber, transactionId, callbackId: null, details };
}
