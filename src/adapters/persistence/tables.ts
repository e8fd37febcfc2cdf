import { EntitySchema } from 'typeorm';
import { Money } from '../../domain/money.js';
import { Order, type OrderStatus } from '../../domain/order.js';
import { Payment, type PaymentStatus } from '../../domain/payment.js';

/** The tables that TypeORM loads and locks. Everything is written by set-based SQL, so nothing else is mapped. */
export interface OrderRow {
  readonly id: string;
  readonly number: string;
  readonly total: string;
  readonly currency: string;
  readonly status: OrderStatus;
  readonly customerId: string | null;
}

export interface PaymentRow {
  readonly id: string;
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  readonly expiresAt: Date;
  readonly paidAt: Date | null;
}

export const orders = new EntitySchema<OrderRow>({
  name: 'orders',
  columns: {
    id: { type: 'bigint', primary: true },
    number: { type: 'text' },
    total: { type: 'numeric' },
    currency: { type: 'text' },
    status: { type: 'text' },
    customerId: { type: 'text', name: 'customer_id', nullable: true },
  },
});

export const payments = new EntitySchema<PaymentRow>({
  name: 'payments',
  columns: {
    id: { type: 'bigint', primary: true },
    number: { type: 'text' },
    // No relation: a lock on a joined row fails where the join may be empty, and nobody here walks from one to the other.
    orderNumber: { type: 'text', name: 'order_number' },
    gateway: { type: 'text' },
    amount: { type: 'numeric' },
    currency: { type: 'text' },
    status: { type: 'text' },
    transactionId: { type: 'text', name: 'transaction_id', nullable: true },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
    paidAt: { type: 'timestamptz', name: 'paid_at', nullable: true },
  },
});

export const orderFrom = ({ number, total, currency, status, customerId }: OrderRow): Order =>
  new Order(number, Money.of(total, currency), status, customerId);

/** What is added stands before what is spread, here and wherever each callback passes: the other way round Node 20 is slow, and keeps it for long. */
export const paymentFrom = ({ amount, currency, ...row }: PaymentRow): Payment =>
  new Payment({ due: Money.of(amount, currency), ...row });
