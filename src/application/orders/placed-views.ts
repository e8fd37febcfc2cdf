import { moneyBackOf } from '../../domain/cases/money-back.js';
import { Money } from '../../domain/money.js';
import type { Order, OrderEvent } from '../../domain/orders/order.js';
import type { Payment } from '../../domain/payments/payment.js';
import type { PaymentSummary, PaymentView } from '../payments/payment-queries.js';
import type { OrderView, StatusChange } from './order-queries.js';

// What the queries would show of an order or payment that this transaction has created, without reading it back.

export function newOrderView(order: Order, createdAt: Date, payments: readonly PaymentSummary[]): OrderView {
  const { number: orderNumber, status, total, customerId, allowedTransitions } = order;
  return {
    orderNumber,
    status,
    total: total.toJSON(),
    customerId,
    payments,
    allowedTransitions,
    createdAt,
    updatedAt: createdAt,
    refunded: Money.of('0', total.currency).toJSON(),
    statusHistory: order.events.flatMap(changeOf),
  };
}

/** An order of zero has changed its status already. */
function changeOf({ data, actor, at }: OrderEvent): StatusChange[] {
  return 'move' in data
    ? [{ from: data.from, to: data.to, move: data.move, actor, note: data.note, at }]
    : [];
}

export function newPaymentSummary(payment: Payment, createdAt: Date): PaymentSummary {
  const {
    number: paymentNumber,
    orderNumber,
    gateway,
    due,
    status,
    transactionId,
    expiresAt,
    paidAt,
  } = payment;
  return {
    paymentNumber,
    orderNumber,
    gateway,
    amount: due.toJSON(),
    status,
    transactionId,
    expiresAt,
    paidAt,
    createdAt,
    updatedAt: createdAt,
  };
}

export function newPaymentView(payment: Payment, createdAt: Date): PaymentView {
  const log = payment.events.map(({ at, type, actor, data }) => ({
    at,
    event: type,
    actor,
    data: { ...data },
  }));
  const summary = newPaymentSummary(payment, createdAt);
  return { ...summary, ...moneyBackOf(null, payment.due.currency), refunds: [], disputes: [], log };
}
