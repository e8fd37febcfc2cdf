import { CallbackQueries } from '../../../src/application/callbacks/callback-queries.js';
import { CallbackRepository } from '../../../src/application/callbacks/callback-repository.js';
import { RejectionQueries } from '../../../src/application/callbacks/rejection-queries.js';
import { CaseQueries } from '../../../src/application/cases/case-queries.js';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import { PieceRepository } from '../../../src/application/cases/piece-repository.js';
import type { Clock } from '../../../src/application/clock.js';
import { DisputeQueries } from '../../../src/application/disputes/dispute-queries.js';
import { DisputeRepository } from '../../../src/application/disputes/dispute-repository.js';
import { DeliveryQueries } from '../../../src/application/events/delivery-queries.js';
import { DeliveryRepository } from '../../../src/application/events/delivery-repository.js';
import { EventRepository } from '../../../src/application/events/event-repository.js';
import { SubscriberRepository } from '../../../src/application/events/subscriber-repository.js';
import { IdempotencyKeyRepository } from '../../../src/application/idempotency/idempotency-key-repository.js';
import { OrderQueries } from '../../../src/application/orders/order-queries.js';
import { OrderRepository } from '../../../src/application/orders/order-repository.js';
import { PaymentQueries } from '../../../src/application/payments/payment-queries.js';
import { PaymentRepository } from '../../../src/application/payments/payment-repository.js';
import { RefundQueries } from '../../../src/application/refunds/refund-queries.js';
import { RefundRepository } from '../../../src/application/refunds/refund-repository.js';
import { TimelineQueries } from '../../../src/application/payments/timeline-queries.js';
import { Transaction, UnitOfWork, type Port } from '../../../src/application/transaction.js';
import { MemoryCallbackQueries, MemoryCallbacks } from './callbacks.js';
import { MemoryCaseQueries, MemoryCases } from './cases.js';
import { MemoryDeliveries, MemoryDeliveryQueries } from './deliveries.js';
import { MemoryDisputeQueries, MemoryDisputes } from './disputes.js';
import { MemoryEvents } from './events.js';
import { MemoryIdempotencyKeys } from './idempotency-keys.js';
import { MemoryOrderQueries, MemoryOrders } from './orders.js';
import { MemoryPaymentQueries, MemoryPayments } from './payments.js';
import { MemoryPieces } from './pieces.js';
import { MemoryRefundQueries } from './refund-queries.js';
import { MemoryRefunds } from './refunds.js';
import { MemoryRejectionQueries } from './rejections.js';
import type { Session } from './session.js';
import { MemorySubscribers } from './subscribers.js';
import { draftOf, emptyTables, type DraftTables, type Tables } from './tables.js';
import { MemoryTimelineQueries } from './timeline.js';

type Queries = readonly (readonly [Port<unknown>, new (tables: () => Tables) => unknown])[];
const QUERIES: Queries = [
  [OrderQueries, MemoryOrderQueries],
  [PaymentQueries, MemoryPaymentQueries],
  [TimelineQueries, MemoryTimelineQueries],
  [CallbackQueries, MemoryCallbackQueries],
  [RejectionQueries, MemoryRejectionQueries],
  [CaseQueries, MemoryCaseQueries],
  [DisputeQueries, MemoryDisputeQueries],
  [DeliveryQueries, MemoryDeliveryQueries],
  [RefundQueries, MemoryRefundQueries],
];

type Repositories = readonly (readonly [Port<unknown>, new (session: Session) => unknown])[];
const REPOSITORIES: Repositories = [
  [PaymentRepository, MemoryPayments],
  [OrderRepository, MemoryOrders],
  [CallbackRepository, MemoryCallbacks],
  [CaseRepository, MemoryCases],
  [PieceRepository, MemoryPieces],
  [RefundRepository, MemoryRefunds],
  [DisputeRepository, MemoryDisputes],
  [EventRepository, MemoryEvents],
  [IdempotencyKeyRepository, MemoryIdempotencyKeys],
  [SubscriberRepository, MemorySubscribers],
  [DeliveryRepository, MemoryDeliveries],
];

/**
 * Every port in memory. Transactions run one after the other, and one that throws leaves nothing behind. The suites that run
 * on PostgreSQL run on it as well, so it behaves the same wherever a suite looks.
 */
export class MemoryUnitOfWork extends UnitOfWork {
  /** What is committed. */
  tables: Tables = emptyTables();
  /** Numbers, ids and idempotency keys of rows that tests lock in the name of another transaction. */
  readonly lockedElsewhere = new Set<string>();
  /** Reads what is committed, outside of any transaction; by port. */
  readonly queries: ReadonlyMap<Port<unknown>, unknown> = new Map(
    QUERIES.map(([port, Queries]) => [port, new Queries(() => this.tables)]),
  );
  private last: Promise<unknown> = Promise.resolve();
  private lastId = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  override run<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const result = this.last.then(async () => {
      const tx = new MemoryTransaction(draftOf(this.tables), this.lockedElsewhere, this.clock, () =>
        String(++this.lastId),
      );
      try {
        const answer = await work(tx);
        this.tables = tx.tables;
        return answer;
      } finally {
        tx.end();
      }
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  query<T>(port: Port<T>): T {
    return this.queries.get(port) as T;
  }
}

class MemoryTransaction extends Transaction implements Session {
  private hasEnded = false;
  private readonly ports: ReadonlyMap<Port<unknown>, unknown>;

  constructor(
    private readonly draft: DraftTables,
    readonly lockedElsewhere: ReadonlySet<string>,
    private readonly clock: Clock,
    readonly nextId: () => string,
  ) {
    super();
    this.ports = new Map([
      ...REPOSITORIES.map(([port, Repository]) => [port, new Repository(this)] as const),
      ...QUERIES.map(([port, Queries]) => [port, new Queries(() => this.tables)] as const),
    ]);
  }

  get tables(): DraftTables {
    this.checkOpen();
    return this.draft;
  }

  now(): Date {
    return this.clock.now();
  }

  override of<T>(port: Port<T>): T {
    this.checkOpen();
    const found = this.ports.get(port);
    if (!found) throw new Error(`${port.name} is not a port of a transaction`);
    return found as T;
  }

  end(): void {
    this.hasEnded = true;
  }

  private checkOpen(): void {
    if (this.hasEnded) throw new Error('the transaction has ended');
  }
}
