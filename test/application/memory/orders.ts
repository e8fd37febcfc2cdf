import {
  type OrderFilter,
  OrderQueries,
  type OrderSummary,
  type OrderView,
  type PartOfOrder,
  type StatusChange,
} from '../../../src/application/orders/order-queries.js';
import type { OrderRepository } from '../../../src/application/orders/order-repository.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import type { LockedRows, LockMode } from '../../../src/application/transaction.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import { inRange, listPage } from './list-page.js';
import { paymentSummary } from './payments.js';
import { lockRows, type Session } from './session.js';
import type { EventRow, OrderRow, Tables } from './tables.js';

export class MemoryOrders implements OrderRepository {
  constructor(private readonly session: Session) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Order>> {
    return lockRows(this.session, this.session.tables.orders, numbers, mode, orderOf);
  }

  async lockByPayments(
    paymentNumbers: readonly string[],
    mode: LockMode,
  ): Promise<ReadonlyMap<string, Order>> {
    const { payments } = this.session.tables;
    const numbers = paymentNumbers.flatMap((number) => payments.get(number)?.orderNumber ?? []);
    return (await this.lock([...new Set(numbers)], mode)).locked;
  }

  async add(orders: readonly Order[]): Promise<ReadonlyMap<string, Date>> {
    const { tables } = this.session;
    const createdAt = this.session.now();
    const free = orders.filter(({ number }) => !tables.orders.has(number));
    for (const { number, total, status, customerId } of free) {
      const dates = { createdAt, updatedAt: createdAt };
      tables.orders.set(number, { id: this.session.nextId(), number, total, status, customerId, ...dates });
    }
    return new Map(free.map(({ number }) => [number, createdAt]));
  }

  async save(orders: readonly Order[]): Promise<void> {
    const { tables } = this.session;
    for (const { number, status } of orders) {
      const row = tables.orders.get(number)!;
      tables.orders.set(number, { ...row, status, updatedAt: this.session.now() });
    }
  }
}

export class MemoryOrderQueries extends OrderQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(
    { transactionId, ...others }: Filter<OrderFilter>,
    page: PageRequest,
  ): Promise<Page<OrderSummary>> {
    const { rows, filter } = inRange(this.tables().orders.values(), ({ createdAt }) => createdAt, others);
    const named = transactionId === undefined ? null : this.ordersOf(transactionId);
    const found = rows.filter(({ number }) => named === null || named.has(number));
    return listPage(found, (row) => this.summaryOf(row, 20), filter, page);
  }

  override async find(orderNumber: string): Promise<OrderView | null> {
    const row = this.tables().orders.get(orderNumber);
    if (!row) return null;
    return {
      ...this.summaryOf(row, 100),
      refunded: this.refundedOf(row).toJSON(),
      statusHistory: this.movesOf(orderNumber).slice(-100).map(statusChange),
    };
  }

  override async history(orderNumber: string, page: PageRequest): Promise<Page<StatusChange> | null> {
    if (!this.tables().orders.has(orderNumber)) return null;
    return listPage(this.movesOf(orderNumber), statusChange, {}, page);
  }

  override async orderOf(part: PartOfOrder): Promise<string | null> {
    const { cases, callbacks, payments } = this.tables();
    const found = 'discrepancyId' in part ? cases.get(part.discrepancyId) : undefined;
    if (found?.orderNumber) return found.orderNumber;
    const paymentNumber =
      'paymentNumber' in part
        ? part.paymentNumber
        : 'callbackId' in part
          ? callbacks.get(part.callbackId)?.receipt.notification.paymentNumber
          : found?.paymentNumber;
    return payments.get(paymentNumber ?? '')?.orderNumber ?? null;
  }

  private ordersOf(transactionId: string): ReadonlySet<string | null> {
    const { cases, payments } = this.tables();
    const own = [...payments.values(), ...cases.values()].filter(
      (row) => row.transactionId === transactionId,
    );
    return new Set(
      own.map(
        (row) =>
          row.orderNumber ??
          payments.get(('paymentNumber' in row && row.paymentNumber) || '')?.orderNumber ??
          null,
      ),
    );
  }

  private summaryOf(row: OrderRow, paymentLimit: number): OrderSummary {
    const { number: orderNumber, status, total, customerId, createdAt, updatedAt } = row;
    const payments = [...this.tables().payments.values()];
    const own = payments.filter((payment) => payment.orderNumber === orderNumber).reverse();
    return {
      orderNumber,
      status,
      total: total.toJSON(),
      customerId,
      payments: own.slice(0, paymentLimit).map(paymentSummary),
      allowedTransitions: orderOf(row).allowedTransitions,
      createdAt,
      updatedAt,
    };
  }

  private refundedOf({ number, total }: OrderRow): Money {
    const { events, payments, refunds } = this.tables();
    const paid = events.find(({ orderNumber, type }) => orderNumber === number && type === 'order.paid');
    const piece = payments.get(paid?.paymentNumber ?? '');
    return [...refunds.values()]
      .filter(({ state }) => state.gateway === piece?.gateway && state.transactionId === piece.transactionId)
      .filter(({ state: { status, money } }) => status === 'succeeded' && money.currency === total.currency)
      .reduce((sum, { state: { money } }) => sum.plus(money), Money.of('0', total.currency));
  }

  private movesOf(orderNumber: string): readonly EventRow[] {
    return this.tables().events.filter((event) => event.orderNumber === orderNumber && 'move' in event.data);
  }
}

function statusChange({ actor, at, data }: EventRow): StatusChange {
  const { from, to, move, note } = data as StatusChange;
  return { from, to, move, actor, note, at };
}

function orderOf({ number, total, status, customerId }: OrderRow): Order {
  return new Order(number, total, status, customerId);
}
