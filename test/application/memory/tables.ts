import type { Receipt } from '../../../src/application/callbacks/callback-repository.js';
import type { Rejection } from '../../../src/application/callbacks/rejection-repository.js';
import type { NoteView } from '../../../src/application/cases/case-queries.js';
import type { DisputeLogEntry } from '../../../src/application/disputes/dispute-queries.js';
import type { DeliveryView } from '../../../src/application/events/delivery-queries.js';
import type { HeaderValues } from '../../../src/application/events/subscriber-repository.js';
import type { StoredReply } from '../../../src/application/idempotency/idempotency-key-repository.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import type { StoredCase } from '../../../src/domain/cases/case.js';
import type { EndedBy } from '../../../src/domain/cases/ended-by.js';
import type { Resolution } from '../../../src/domain/cases/endings.js';
import type { DisputeState } from '../../../src/domain/disputes/dispute.js';
import type { DomainEvent } from '../../../src/domain/event.js';
import type { PublishedType, StoredEvent } from '../../../src/domain/events/published-event.js';
import type { SubscriberKind, SubscriberState } from '../../../src/domain/events/subscriber.js';
import type { Money } from '../../../src/domain/money.js';
import type { OrderStatus } from '../../../src/domain/orders/order.js';
import type { PaymentStatus } from '../../../src/domain/payments/payment.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import type { RefundTotal } from '../../../src/domain/refunds/total.js';

interface Row {
  readonly id: string;
}

interface DatedRow extends Row {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface OrderRow extends DatedRow {
  readonly number: string;
  readonly total: Money;
  readonly status: OrderStatus;
  readonly customerId: string | null;
}

export interface PaymentRow extends DatedRow {
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly due: Money;
  readonly expiresAt: Date;
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  readonly paidAt: Date | null;
}

export interface CallbackRow extends Row {
  /** Headers and body are null after they have been pruned. */
  readonly receipt: Omit<Receipt, 'body' | 'headers'> & {
    readonly body: Receipt['body'] | null;
    readonly headers: Receipt['headers'] | null;
  };
  readonly outcome: Outcome;
  readonly settledAt: Date | null;
  readonly deliveries: number;
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
}

export interface CaseRow extends StoredCase {
  readonly status: 'open' | 'resolved';
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly note: string | null;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly endedBy: EndedBy | null;
  readonly assignee: string | null;
  readonly refundNumber: string | null;
  readonly notes: readonly (NoteView & Row)[];
}

export interface RefundRow extends Row {
  readonly state: Readonly<RefundState>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface DisputeRow extends Row {
  readonly state: DisputeState;
  readonly log: readonly DisputeLogEntry[];
}

export type EventRow = DomainEvent & Row;

export interface ReplyRow extends StoredReply {
  readonly at: Date;
}

export interface SubscriberRow extends Row {
  readonly kind: SubscriberKind;
  readonly url: string | null;
  readonly events: readonly PublishedType[] | null;
  readonly secrets: readonly { readonly secret: string; readonly until: Date | null }[];
  readonly headers: HeaderValues;
  /** The length of the log when it was added. It gets later events only. */
  readonly since: number;
  /** When a process last said that it publishes to the stream; null for an endpoint. */
  readonly seenAt: Date | null;
  readonly state: SubscriberState;
  readonly createdAt: Date;
}

export interface DeliveryRow {
  readonly subscriberId: string;
  readonly event: StoredEvent;
  readonly status: DeliveryView['status'];
  readonly attempts: number;
  /** Attempts before it was last redelivered. */
  readonly attemptsBefore: number;
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAt: Date | null;
}

/** What is committed. Callbacks, cases and subscribers are by id; orders, payments and refunds by number. */
export interface Tables {
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly payments: ReadonlyMap<string, PaymentRow>;
  readonly callbacks: ReadonlyMap<string, CallbackRow>;
  readonly cases: ReadonlyMap<string, CaseRow>;
  readonly refunds: ReadonlyMap<string, RefundRow>;
  /** By `disputeKey`. */
  readonly disputes: ReadonlyMap<string, DisputeRow>;
  /** By `transactionKey`. */
  readonly refundTotals: ReadonlyMap<string, RefundTotal>;
  readonly events: readonly EventRow[];
  readonly replies: ReadonlyMap<string, ReplyRow>;
  readonly rejections: readonly (Rejection & Row)[];
  readonly subscribers: ReadonlyMap<string, SubscriberRow>;
  readonly deliveries: ReadonlyMap<string, DeliveryRow>;
  /** How many events of the log have been turned into deliveries. */
  readonly relayed: { readonly count: number };
}

/** A transaction's own copy. Rows are replaced and never changed, so a copy of the tables copies everything. */
export interface DraftTables extends Tables {
  readonly orders: Map<string, OrderRow>;
  readonly payments: Map<string, PaymentRow>;
  readonly callbacks: Map<string, CallbackRow>;
  readonly cases: Map<string, CaseRow>;
  readonly refunds: Map<string, RefundRow>;
  readonly disputes: Map<string, DisputeRow>;
  readonly refundTotals: Map<string, RefundTotal>;
  readonly events: EventRow[];
  readonly replies: Map<string, ReplyRow>;
  readonly subscribers: Map<string, SubscriberRow>;
  readonly deliveries: Map<string, DeliveryRow>;
  readonly relayed: { count: number };
}

export function draftOf(tables: Tables): DraftTables {
  return {
    orders: new Map(tables.orders),
    payments: new Map(tables.payments),
    callbacks: new Map(tables.callbacks),
    cases: new Map(tables.cases),
    refunds: new Map(tables.refunds),
    disputes: new Map(tables.disputes),
    refundTotals: new Map(tables.refundTotals),
    events: [...tables.events],
    replies: new Map(tables.replies),
    rejections: tables.rejections,
    subscribers: new Map(tables.subscribers),
    deliveries: new Map(tables.deliveries),
    relayed: { ...tables.relayed },
  };
}

export function emptyTables(): Tables {
  const none = new Map<string, never>();
  return {
    orders: none,
    payments: none,
    callbacks: none,
    cases: none,
    refunds: none,
    disputes: none,
    refundTotals: none,
    events: [],
    replies: none,
    rejections: [],
    subscribers: none,
    deliveries: none,
    relayed: { count: 0 },
  };
}
