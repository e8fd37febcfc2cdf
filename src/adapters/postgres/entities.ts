import { EntitySchema } from 'typeorm';
import type { DELIVERY_STATUSES } from '../../application/events/delivery-queries.js';
import type { DisputeReport, Notification, RefundReport } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { OpenCase } from '../../domain/cases/case.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { SubscriberKind, SubscriberStatus } from '../../domain/events/subscriber.js';
import { Money, type Amount } from '../../domain/money.js';
import { Order, type OrderStatus } from '../../domain/orders/order.js';
import { Payment, type PaymentStatus } from '../../domain/payments/payment.js';

// The tables as TypeORM's repositories see them. What settles, places or relays a thousand times a second uses set-based SQL instead, so
// only the columns are mapped that the rest of the work reads or writes. Constraints and defaults are in the migrations.

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

export interface SubscriberRow {
  readonly id: string;
  readonly kind: SubscriberKind;
  readonly url: string | null;
  readonly events: readonly string[] | null;
  readonly secret: string | null;
  readonly oldSecret: string | null;
  readonly oldSecretUntil: Date | null;
  readonly headers: Readonly<Record<string, string>> | null;
  /** A `pg_snapshot`, which only PostgreSQL reads. */
  readonly since: string;
  readonly status: SubscriberStatus | 'removed';
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
  readonly heldUntil: Date | null;
  readonly seenAt: Date | null;
  readonly createdAt: Date;
}

export const subscribers = new EntitySchema<SubscriberRow>({
  name: 'subscribers',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    kind: { type: 'text' },
    url: { type: 'text', nullable: true },
    events: { type: 'text', array: true, nullable: true },
    secret: { type: 'text', nullable: true, select: false },
    oldSecret: { type: 'text', name: 'old_secret', nullable: true, select: false },
    oldSecretUntil: { type: 'timestamptz', name: 'old_secret_until', nullable: true },
    headers: { type: 'jsonb', nullable: true, select: false },
    since: { type: 'text', select: false },
    status: { type: 'text' },
    failures: { type: 'integer' },
    failingSince: { type: 'timestamptz', name: 'failing_since', nullable: true },
    pausedBecause: { type: 'text', name: 'paused_because', nullable: true },
    pausedAt: { type: 'timestamptz', name: 'paused_at', nullable: true },
    heldUntil: { type: 'timestamptz', name: 'held_until', nullable: true },
    seenAt: { type: 'timestamptz', name: 'seen_at', nullable: true },
    createdAt: { type: 'timestamptz', name: 'created_at' },
  },
});

export interface DiscrepancyRow {
  readonly id: string;
  readonly kind: CaseKind;
  readonly status: 'open' | 'resolved';
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly ownsMoney: boolean;
  readonly callbackId: string | null;
  readonly details: OpenCase['details'];
  readonly assignee: string | null;
  readonly refundNumber: string | null;
}

export const discrepancies = new EntitySchema<DiscrepancyRow>({
  name: 'discrepancies',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    kind: { type: 'text' },
    status: { type: 'text' },
    gateway: { type: 'text' },
    paymentNumber: { type: 'text', name: 'payment_number', nullable: true },
    orderNumber: { type: 'text', name: 'order_number', nullable: true },
    transactionId: { type: 'text', name: 'transaction_id', nullable: true },
    ownsMoney: { type: 'boolean', name: 'money' },
    callbackId: { type: 'bigint', name: 'callback_id', nullable: true },
    details: { type: 'jsonb' },
    assignee: { type: 'text', nullable: true },
    refundNumber: { type: 'text', name: 'refund_number', nullable: true },
  },
});

export interface DiscrepancyNoteRow {
  readonly id: string;
  readonly discrepancyId: string;
  readonly at: Date;
  readonly actor: string;
  readonly note: string;
}

export const discrepancyNotes = new EntitySchema<DiscrepancyNoteRow>({
  name: 'discrepancy_notes',
  columns: {
    id: { type: 'bigint', primary: true, generated: 'increment' },
    discrepancyId: { type: 'bigint', name: 'discrepancy_id' },
    at: { type: 'timestamptz' },
    actor: { type: 'text' },
    note: { type: 'text' },
  },
});

/**
 * The column `notice`: a notification without its gateway, which is a column of its own. Few notifications have one of the last three
 * properties, so they are left out where they are null, and releases before 0.7.0 have written none.
 */
export type Notice = Omit<Notification, 'gateway' | 'money' | 'paidAt' | 'charged' | 'refund' | 'dispute'> & {
  readonly amount: string | null;
  readonly currency: string | null;
  readonly paidAt: string | null;
  readonly charged?: Amount;
  readonly refund?: StoredReport<RefundReport>;
  readonly dispute?: StoredReport<DisputeReport>;
};

/** A report as JSON has it. */
export type StoredReport<Report> = {
  readonly [Field in keyof Report]: Report[Field] extends Money | null
    ? Amount | null
    : Report[Field] extends Date | null
      ? string | null
      : Report[Field];
};

export interface CallbackRow {
  readonly id: string;
  readonly gateway: string;
  readonly eventId: string;
  readonly fingerprint: string;
  readonly kind: string;
  readonly paymentNumber: string | null;
  readonly notice: Notice;
  /** Only of callbacks that a release before 0.5.0 has stored. */
  readonly body: Buffer | null;
  readonly receivedAt: Date;
  readonly judgedAt: Date;
  readonly outcome: Outcome;
  readonly attempts: number;
}

export const callbacks = new EntitySchema<CallbackRow>({
  name: 'callbacks',
  columns: {
    id: { type: 'bigint', primary: true },
    gateway: { type: 'text' },
    eventId: { type: 'text', name: 'event_id' },
    fingerprint: { type: 'text' },
    kind: { type: 'text' },
    paymentNumber: { type: 'text', name: 'payment_number', nullable: true },
    notice: { type: 'jsonb' },
    body: { type: 'bytea', nullable: true },
    receivedAt: { type: 'timestamptz', name: 'received_at' },
    judgedAt: { type: 'timestamptz', name: 'judged_at' },
    outcome: { type: 'text' },
    attempts: { type: 'integer' },
  },
});

export interface CallbackContentRow {
  readonly callbackId: string;
  readonly slot: number;
  readonly body: Buffer;
}

export const callbackContents = new EntitySchema<CallbackContentRow>({
  name: 'callback_contents',
  columns: {
    callbackId: { type: 'bigint', name: 'callback_id', primary: true },
    slot: { type: 'smallint', primary: true },
    body: { type: 'bytea' },
  },
});

export interface DeliveryRow {
  readonly subscriberId: string;
  readonly eventId: string;
  readonly status: (typeof DELIVERY_STATUSES)[number];
  readonly attempts: number;
  readonly attemptsBefore: number;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
}

export const deliveries = new EntitySchema<DeliveryRow>({
  name: 'deliveries',
  columns: {
    subscriberId: { type: 'bigint', name: 'subscriber_id', primary: true },
    eventId: { type: 'bigint', name: 'event_id', primary: true },
    status: { type: 'text' },
    attempts: { type: 'integer' },
    attemptsBefore: { type: 'integer', name: 'attempts_before' },
    nextAttemptAt: { type: 'timestamptz', name: 'next_attempt_at', nullable: true },
    deliveredAt: { type: 'timestamptz', name: 'delivered_at', nullable: true },
  },
});

/** Every table that TypeORM knows. */
export const ENTITIES = [
  orders,
  payments,
  callbacks,
  callbackContents,
  discrepancies,
  discrepancyNotes,
  subscribers,
  deliveries,
];
