import type { DataSource } from 'typeorm';
import { AuditQueries } from '../../application/audit/audit-queries.js';
import { CallbackQueries } from '../../application/callbacks/callback-queries.js';
import { CallbackRepository } from '../../application/callbacks/callback-repository.js';
import { RejectionQueries } from '../../application/callbacks/rejection-queries.js';
import { CaseQueries } from '../../application/cases/case-queries.js';
import { CaseRepository } from '../../application/cases/case-repository.js';
import { PieceRepository } from '../../application/cases/piece-repository.js';
import { DisputeQueries } from '../../application/disputes/dispute-queries.js';
import { DisputeRepository } from '../../application/disputes/dispute-repository.js';
import { DeliveryQueries } from '../../application/events/delivery-queries.js';
import { DeliveryRepository } from '../../application/events/delivery-repository.js';
import { EventRepository } from '../../application/events/event-repository.js';
import { SubscriberRepository } from '../../application/events/subscriber-repository.js';
import { IdempotencyKeyRepository } from '../../application/idempotency/idempotency-key-repository.js';
import { OrderQueries } from '../../application/orders/order-queries.js';
import { OrderRepository } from '../../application/orders/order-repository.js';
import { PaymentQueries } from '../../application/payments/payment-queries.js';
import { PaymentRepository } from '../../application/payments/payment-repository.js';
import { RefundQueries } from '../../application/refunds/refund-queries.js';
import { RefundRepository } from '../../application/refunds/refund-repository.js';
import { TimelineQueries } from '../../application/payments/timeline-queries.js';
import type { Telemetry } from '../../application/telemetry.js';
import type { Port } from '../../application/transaction.js';
import { PostgresAuditQueries } from './audit.js';
import { PostgresCallbackQueries, PostgresCallbacks } from './callbacks.js';
import { PostgresDeliveries, PostgresDeliveryQueries } from './deliveries.js';
import { PostgresCaseQueries, PostgresCases } from './discrepancies.js';
import { PostgresDisputeQueries, PostgresDisputes } from './disputes.js';
import type { UniqueFaults } from './engine/faults.js';
import type { PlainSql } from './engine/sql.js';
import type { Repositories, Session } from './engine/transaction.js';
import { PostgresEvents } from './events.js';
import { PostgresIdempotencyKeys } from './idempotency-keys.js';
import { PostgresOrderQueries, PostgresOrders } from './orders.js';
import { PostgresPaymentQueries, PostgresPayments } from './payments.js';
import { PostgresPieces } from './pieces.js';
import { PostgresRefundQueries } from './refund-queries.js';
import { PostgresRefunds } from './refunds.js';
import { PostgresRejectionQueries } from './rejections.js';
import { RowLocks } from './row-locks.js';
import { PostgresSubscribers } from './subscribers.js';
import { PostgresTimelineQueries } from './timeline.js';

/** The ports that read without locks, and the class that serves each. */
export const QUERIES: readonly (readonly [Port<unknown>, new (sql: PlainSql) => unknown])[] = [
  [OrderQueries, PostgresOrderQueries],
  [PaymentQueries, PostgresPaymentQueries],
  [TimelineQueries, PostgresTimelineQueries],
  [CallbackQueries, PostgresCallbackQueries],
  [RejectionQueries, PostgresRejectionQueries],
  [CaseQueries, PostgresCaseQueries],
  [DisputeQueries, PostgresDisputeQueries],
  [DeliveryQueries, PostgresDeliveryQueries],
  [RefundQueries, PostgresRefundQueries],
  [AuditQueries, PostgresAuditQueries],
];

/**
 * Unique constraints that a transaction can violate although it has read first, because another one commits in between. `raced`
 * work runs again and then sees what the other transaction has done.
 */
const UNIQUE_FAULTS: UniqueFaults = new Map([
  ['settled_transactions_pkey', 'raced'],
  ['events_order_paid_once', 'raced'],
  ['discrepancies_open_money', 'raced'],
  ['refunds_number_key', 'raced'],
  ['refunds_unnamed', 'raced'],
  ['callbacks_event_key', 'key_taken'],
]);

/** Every port of a transaction. Queries inside a transaction see what it has written. */
export function repositories(dataSource: DataSource, telemetry: Telemetry): Repositories {
  const locks = new RowLocks(dataSource, telemetry);
  const ports = new Map<Port<unknown>, (session: Session) => unknown>([
    [PaymentRepository, ({ prepared }) => new PostgresPayments(prepared, locks)],
    [OrderRepository, ({ prepared }) => new PostgresOrders(prepared, locks)],
    [CallbackRepository, (session) => new PostgresCallbacks(session)],
    [CaseRepository, ({ prepared, plain, orm }) => new PostgresCases(prepared, plain, orm)],
    [PieceRepository, ({ prepared }) => new PostgresPieces(prepared)],
    [RefundRepository, ({ prepared }) => new PostgresRefunds(prepared)],
    [DisputeRepository, ({ prepared }) => new PostgresDisputes(prepared)],
    [EventRepository, ({ prepared }) => new PostgresEvents(prepared)],
    [IdempotencyKeyRepository, ({ prepared }) => new PostgresIdempotencyKeys(prepared)],
    [SubscriberRepository, ({ orm }) => new PostgresSubscribers(orm)],
    [DeliveryRepository, ({ plain, orm }) => new PostgresDeliveries(plain, orm)],
    ...QUERIES.map(([port, Queries]) => [port, ({ plain }: Session) => new Queries(plain)] as const),
  ]);
  return { ports, uniqueFaults: UNIQUE_FAULTS };
}
