import type { OrderQueries, OrderView } from '../../application/orders/order-queries.js';
import type { OrderRepository } from '../../application/orders/order-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { PaymentSummary } from '../../application/payments/payment-queries.js';
import type { LockedRows, LockMode } from '../../application/transaction.js';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import { orderFrom } from './entities.js';
import { listPage } from './list-page.js';
import { MONEY_JSON, PAYMENT_SUMMARY, paymentSummary } from './payments.js';
import type { RowLocks } from './row-locks.js';

export class PostgresOrders implements OrderRepository {
  constructor(
    private readonly sql: PreparedSql,
    private readonly locks: RowLocks,
  ) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Order>> {
    const rows = await this.locks.orders(this.sql, numbers, mode);
    const locked = new Map(rows.map((row) => [row.number, orderFrom(row)]));
    const unseen = numbers.filter((number) => !locked.has(number));
    if (unseen.length === 0) return { locked, contended: new Set() };
    const contended = await this.sql.query<{ number: string }>(
      'SELECT number FROM orders WHERE number = ANY($1)',
      [unseen],
    );
    return { locked, contended: new Set(contended.map(({ number }) => number)) };
  }

  async lockByPayments(paymentNumbers: readonly string[], mode: LockMode): Promise<Map<string, Order>> {
    const rows = await this.locks.ordersOfPayments(this.sql, paymentNumbers, mode);
    return new Map(rows.map((row) => [row.number, orderFrom(row)]));
  }

  async add({ number, total, status, customerId }: Order): Promise<boolean> {
    const rows = await this.sql.change<unknown>(
      `INSERT INTO orders (number, total, currency, status, customer_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (number) DO NOTHING RETURNING id`,
      [number, total.amount, total.currency, status, customerId],
    );
    return rows.length === 1;
  }

  async save(changed: readonly Order[]): Promise<void> {
    await this.sql.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (number text, status text))
       UPDATE orders SET status = new.status, updated_at = now()
         FROM new WHERE orders.number = new.number AND orders.number = ANY(ARRAY(SELECT number FROM new))`,
      [JSON.stringify(changed.map(({ number, status }) => ({ number, status })))],
    );
  }
}

const LIST = {
  table: 'orders',
  columns: `number AS "orderNumber", status, ${MONEY_JSON('total')} AS total, customer_id AS "customerId",
  (SELECT coalesce(json_agg(payment ORDER BY id DESC), '[]') FROM (SELECT id, ${PAYMENT_SUMMARY} FROM payments
    WHERE payments.order_number = orders.number) AS payment) AS payments,
  (SELECT coalesce(json_agg(json_build_object('from', data->'from', 'to', data->'to', 'move', data->'move', 'actor', actor,
    'note', data->'note', 'at', at) ORDER BY id), '[]') FROM events
    WHERE events.order_number = orders.number AND type LIKE 'order.%' AND data ? 'move') AS "statusHistory",
  created_at AS "createdAt", updated_at AS "updatedAt"`,
  filters: { status: 'status', customerId: 'customer_id' },
};

export class PostgresOrderQueries implements OrderQueries {
  constructor(private readonly sql: PlainSql) {}

  async list(filter: Filter<'status' | 'customerId'>, page: PageRequest): Promise<Page<OrderView>> {
    const { items, next } = await listPage<OrderView>(this.sql, LIST, filter, page);
    return { items: items.map(orderView), next };
  }

  async find(orderNumber: string): Promise<OrderView | null> {
    const sql = `SELECT ${LIST.columns} FROM orders WHERE number = $1`;
    const [row] = await this.sql.query<OrderView>(sql, [orderNumber]);
    return row ? orderView(row) : null;
  }
}

/** Only the domain knows the allowed transitions. */
function orderView(row: OrderView): OrderView {
  const total = Money.of(row.total.amount, row.total.currency);
  const { allowedTransitions } = new Order(row.orderNumber, total, row.status);
  const { orderNumber, status, customerId, payments, statusHistory, createdAt, updatedAt } = row;
  return {
    orderNumber,
    status,
    total: total.toJSON(),
    customerId,
    payments: payments.map((payment) => {
      const { id: _, ...summary } = payment as PaymentSummary & { readonly id: string };
      return paymentSummary(summary);
    }),
    statusHistory: statusHistory.map((entry) => ({ ...entry, at: new Date(entry.at) })),
    allowedTransitions,
    createdAt,
    updatedAt,
  };
}
