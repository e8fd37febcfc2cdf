import { OrderQueries, type OrderView } from '../../../src/application/orders/order-queries.js';
import type { OrderRepository } from '../../../src/application/orders/order-repository.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import type { LockedRows, LockMode } from '../../../src/application/transaction.js';
import { Order } from '../../../src/domain/orders/order.js';
import { listPage } from './list-page.js';
import { paymentSummary } from './payments.js';
import { lockRows, type Session } from './session.js';
import type { OrderRow, Tables } from './tables.js';

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

  async add({ number, total, status, customerId }: Order): Promise<boolean> {
    const { tables } = this.session;
    if (tables.orders.has(number)) return false;
    const dates = { createdAt: this.session.now(), updatedAt: this.session.now() };
    tables.orders.set(number, { id: this.session.nextId(), number, total, status, customerId, ...dates });
    return true;
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

  override async list(filter: Filter<'status' | 'customerId'>, page: PageRequest): Promise<Page<OrderView>> {
    return listPage(this.tables().orders.values(), (row) => this.viewOf(row), filter, page);
  }

  override async find(orderNumber: string): Promise<OrderView | null> {
    const row = this.tables().orders.get(orderNumber);
    return row ? this.viewOf(row) : null;
  }

  private viewOf(row: OrderRow): OrderView {
    const { number: orderNumber, status, total, customerId, createdAt, updatedAt } = row;
    const { payments, events } = this.tables();
    const own = [...payments.values()].filter((payment) => payment.orderNumber === orderNumber);
    const moves = events.filter((event) => event.orderNumber === orderNumber && 'move' in event.data);
    return {
      orderNumber,
      status,
      total: total.toJSON(),
      customerId,
      payments: own.map(paymentSummary).reverse(),
      statusHistory: moves.map(({ actor, at, data }) => {
        return { ...(data as OrderView['statusHistory'][number]), actor, at };
      }),
      allowedTransitions: orderOf(row).allowedTransitions,
      createdAt,
      updatedAt,
    };
  }
}

function orderOf({ number, total, status, customerId }: OrderRow): Order {
  return new Order(number, total, status, customerId);
}
