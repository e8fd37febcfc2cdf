import type { IdempotencyScope, KeptReply } from '../../src/application/idempotent-write.js';
import type { LoggedEvent, OpenDiscrepancy, Receipt } from '../../src/application/ports.js';
import type { NoteView, RejectionView } from '../../src/application/queries.js';
import type { Money } from '../../src/domain/money.js';
import type { Outcome } from '../../src/domain/notice.js';
import type { OrderStatus } from '../../src/domain/order.js';
import type { PaymentStatus } from '../../src/domain/payment.js';
import type { DeliveryRow, SubscriberRow } from './memory-outbox.js';
import type { Resolution } from '../../src/domain/resolution.js';

interface Row {
  readonly id: string;
}

interface Dated extends Row {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface OrderRow extends Dated {
  readonly number: string;
  readonly total: Money;
  readonly status: OrderStatus;
  readonly customerId: string | null;
}

export interface PaymentRow extends Dated {
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
  /** Its body and headers are null once they have been dropped. */
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

export interface DiscrepancyRow extends Row, OpenDiscrepancy {
  readonly status: 'open' | 'resolved';
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly note: string | null;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly notes: readonly (NoteView & Row)[];
}

export interface ReplyRow extends KeptReply {
  readonly at: Date;
}

export interface Tables {
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly payments: ReadonlyMap<string, PaymentRow>;
  /** By id, as are discrepancies. */
  readonly callbacks: ReadonlyMap<string, CallbackRow>;
  readonly discrepancies: ReadonlyMap<string, DiscrepancyRow>;
  readonly events: readonly (LoggedEvent & Row)[];
  readonly replies: ReadonlyMap<string, ReplyRow>;
  readonly rejections: readonly (RejectionView & Row)[];
  readonly subscribers: ReadonlyMap<string, SubscriberRow>;
  readonly deliveries: ReadonlyMap<string, DeliveryRow>;
  /** How many events of the log have become deliveries. */
  readonly relayed: { readonly count: number };
}

/** A transaction's own copy. Rows are replaced and never changed, so copying the tables copies everything. */
export interface Draft extends Tables {
  readonly orders: Map<string, OrderRow>;
  readonly payments: Map<string, PaymentRow>;
  readonly callbacks: Map<string, CallbackRow>;
  readonly discrepancies: Map<string, DiscrepancyRow>;
  readonly events: (LoggedEvent & Row)[];
  readonly replies: Map<string, ReplyRow>;
  readonly rejections: (RejectionView & Row)[];
  readonly subscribers: Map<string, SubscriberRow>;
  readonly deliveries: Map<string, DeliveryRow>;
  readonly relayed: { count: number };
}

/** What every store of one transaction works with. */
export interface Base {
  readonly draft: Draft;
  readonly held: ReadonlySet<string>;
  readonly now: () => Date;
  readonly nextId: () => string;
}

export function draftOf(tables: Tables): Draft {
  return {
    orders: new Map(tables.orders),
    payments: new Map(tables.payments),
    callbacks: new Map(tables.callbacks),
    discrepancies: new Map(tables.discrepancies),
    events: [...tables.events],
    replies: new Map(tables.replies),
    rejections: [...tables.rejections],
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
    discrepancies: none,
    events: [],
    replies: none,
    rejections: [],
    subscribers: none,
    deliveries: none,
    relayed: { count: 0 },
  };
}

export function scopeKey({ tokenName, method, path, key }: IdempotencyScope): string {
  return JSON.stringify([tokenName, method, path, key]);
}
