import { EntitySchema } from 'typeorm';
import { Money } from '../../domain/money.js';
import { Order, type OrderStatus } from '../../domain/orders/order.js';
import { Payment, type PaymentStatus } from '../../domain/payments/payment.js';

// The tables whose rows TypeORM's statements lock. Set-based SQL does every write, so no other table is mapped.

export interface OrderRow {
  readonly id: string;
  readonly number: string;
  readonly total: string;
  readonly currency: string;
  readonly status: OrderStatus;
  readonly customerId: string | null;
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

export const orderFrom = ({ number, total, currency, status, customerId }: OrderRow): Order =>
  new Order(number, Money.of(total, currency), status, customerId);

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

export const payments = new EntitySchema<PaymentRow>({
  name: 'payments',
  columns: {
    id: { type: 'bigint', primary: true },
    number: { type: 'text' },
    // No relation: PostgreSQL refuses a lock on a joined row that may be missing, and no code walks from one to the other.
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

/**
 * A new property stands before the spread object, here and in all code that runs for each callback. In the other order Node 20
 * is slow, and what it allocates lives long.
 */
export const paymentFrom = ({ amount, currency, ...row }: PaymentRow): Payment =>
  new Payment({ due: Money.of(amount, currency), ...row });
