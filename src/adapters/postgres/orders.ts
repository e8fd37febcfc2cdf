import type {
  OrderFilter,
  OrderQueries,
  OrderSummary,
  OrderView,
  PartOfOrder,
  StatusChange,
} from '../../application/orders/order-queries.js';
import type { OrderRepository } from '../../application/orders/order-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { PaymentSummary } from '../../application/payments/payment-queries.js';
import type { LockedRows, LockMode } from '../../application/transaction.js';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import { orderFrom } from './entities.js';
import {
  fewKeys,
  SCATTERED_LIMIT,
  listedKeys,
  listPage,
  newestOf,
  NO_BOUND,
  type List,
} from './list-page.js';
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

  async add(orders: readonly Order[]): Promise<Map<string, Date>> {
    // In order of the numbers: two transactions that add the same numbers must not wait for each other.
    const sorted = orders.toSorted((left, right) => (left.number < right.number ? -1 : 1));
    const rows = await this.sql.change<{ number: string; createdAt: Date }>(
      `INSERT INTO orders (number, total, currency, status, customer_id)
       SELECT number, total, currency, status, customer_id
         FROM json_to_recordset($1) AS new (number text, total numeric, currency text, status text, customer_id text)
       ON CONFLICT (number) DO NOTHING RETURNING number, created_at AS "createdAt"`,
      [JSON.stringify(sorted.map(insertedRow))],
    );
    return new Map(rows.map(({ number, createdAt }) => [number, createdAt]));
  }

  async save(changed: readonly Order[]): Promise<void> {
    await this.sql.write(
      // As in the table of payments.
      `UPDATE orders SET status = changed.status, updated_at = now()
         FROM (SELECT new.*, (SELECT ctid FROM orders WHERE orders.number = new.number LIMIT 1) AS place
                 FROM json_to_recordset($1) AS new (number text, status text) OFFSET 0) AS changed
        WHERE orders.ctid = changed.place`,
      [JSON.stringify(changed.map(({ number, status }) => ({ number, status })))],
    );
  }
}

const insertedRow = ({ number, total, status, customerId }: Order) => ({
  number,
  total: total.amount,
  currency: total.currency,
  status,
  customer_id: customerId,
});

const PAYMENTS_OF_ORDER = newestOf({ table: 'payments', column: 'order_number', value: 'orders.number' });

const columnsWith = (payments: number) =>
  `number AS "orderNumber", status, ${MONEY_JSON('total')} AS total, customer_id AS "customerId",
  (SELECT coalesce(json_agg(payment ORDER BY id DESC), '[]') FROM (SELECT id, ${PAYMENT_SUMMARY} FROM payments
    WHERE ${PAYMENTS_OF_ORDER.condition} ORDER BY ${PAYMENTS_OF_ORDER.order} LIMIT ${payments}) AS payment) AS payments,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const LIST: List = {
  table: 'orders',
  columns: columnsWith(20),
  time: 'created_at',
  filters: { status: 'status', customerId: 'customer_id', orderNumber: 'number' },
  walks: [
    {
      by: 'transactionId',
      keys: (bounds) => fewKeys('orders', `number = ANY (${ordersOfTransaction(bounds.value)})`, bounds),
    },
    {
      by: 'orderNumber',
      keys: (bounds) => fewKeys('orders', `number = ${bounds.value}`, bounds),
    },
    { by: 'customerId' },
    // The table lists every status but this one, which nearly all orders have.
    {
      by: 'status',
      except: 'paid',
      keys: (bounds) => listedKeys({ table: 'order_statuses', column: 'status', key: 'order_id' }, bounds),
    },
  ],
};

/** A case that was opened before its payment has the number of the payment alone. */
function ordersOfTransaction(id: string): string {
  const cases = (column: string) =>
    `SELECT ${column} FROM discrepancies WHERE transaction_id = ${id} AND (${column} IS NOT NULL) IS TRUE`;
  return `ARRAY(${cases('order_number')}) || ARRAY(
    SELECT order_number FROM payments WHERE number = ANY (ARRAY(
      SELECT payment_number FROM settled_transactions WHERE transaction_id = ${id}) || ARRAY(${cases('payment_number')})))`;
}

/** The events that are changes of an order's status. */
const IS_MOVE = `type LIKE 'order.%' AND data ? 'move'`;

/** The moves without a payment are in one index, and the one move that a payment makes is found by another. */
const HISTORY: List = {
  table: 'events',
  columns: `data->>'from' AS "from", data->>'to' AS "to", data->>'move' AS move, actor, data->>'note' AS note, at`,
  only: IS_MOVE,
  filters: {},
  walks: [
    {
      by: 'orderNumber',
      keys: ({ value, before }) => ({
        select: `SELECT key FROM (${historyOf({ value, before, limit: SCATTERED_LIMIT, columns: 'id AS key' })}) AS history`,
        order: 'key DESC',
      }),
    },
  ],
};

/** A SELECT of the events of an order that can be changes of its status, in no order. The texts are SQL. */
function historyOf(of: {
  readonly value: string;
  readonly before?: string;
  readonly limit: number;
  readonly columns: string;
  /** A further condition for the events without a payment. */
  readonly only?: string;
}): string {
  const { value, before = NO_BOUND, limit, columns, only = 'true' } = of;
  const { condition, order } = newestOf({ table: 'events', column: 'order_number', value, before });
  return `(SELECT ${columns} FROM events WHERE payment_number IS NULL AND ${condition} AND ${only} ORDER BY ${order} LIMIT ${limit})
    UNION ALL
    (SELECT ${columns} FROM events
      WHERE type = 'order.paid' AND order_number = ${value} AND (payment_number IS NOT NULL AND id < ${before}) IS TRUE)`;
}

const NEWEST_MOVES = historyOf({
  value: 'orders.number',
  limit: 100,
  columns: 'id, data, actor, at',
  only: IS_MOVE,
});
const NEWEST_OF_HISTORY = `(SELECT coalesce(json_agg(json_build_object('from', data->'from', 'to', data->'to', 'move', data->'move',
    'actor', actor, 'note', data->'note', 'at', at) ORDER BY id), '[]')
  FROM (SELECT * FROM (${NEWEST_MOVES}) AS moves ORDER BY id DESC LIMIT 100) AS newest)`;

/**
 * Of the money that paid the order, and of no other that came for it. Each part is looked up by itself. OFFSET 0, because with all
 * conditions in one place another index may be taken.
 */
const REFUNDED = `(SELECT sum(own.amount)::text
  FROM (SELECT payment_number FROM events WHERE events.order_number = orders.number AND type = 'order.paid' LIMIT 1) AS paid
 CROSS JOIN LATERAL (
       SELECT gateway, transaction_id FROM payments WHERE payments.number = paid.payment_number LIMIT 1) AS piece
 CROSS JOIN LATERAL (
       SELECT * FROM refunds
        WHERE refunds.transaction_id = piece.transaction_id AND refunds.gateway = piece.gateway OFFSET 0) AS own
 WHERE own.status = 'succeeded' AND own.currency = orders.currency)`;

export class PostgresOrderQueries implements OrderQueries {
  constructor(private readonly sql: PlainSql) {}

  async list(filter: Filter<OrderFilter>, page: PageRequest): Promise<Page<OrderSummary>> {
    const { items, next } = await listPage<OrderSummary>(this.sql, LIST, filter, page);
    return { items: items.map(orderSummary), next };
  }

  async find(orderNumber: string): Promise<OrderView | null> {
    const sql = `SELECT ${columnsWith(100)}, ${NEWEST_OF_HISTORY} AS "statusHistory", ${REFUNDED} AS refunded
      FROM orders WHERE number = $1`;
    const [row] = await this.sql.query<OrderRow>(sql, [orderNumber]);
    return row ? orderView(row) : null;
  }

  async history(orderNumber: string, page: PageRequest): Promise<Page<StatusChange> | null> {
    const found = await this.sql.query<unknown>('SELECT FROM orders WHERE number = $1', [orderNumber]);
    return found.length > 0 ? listPage<StatusChange>(this.sql, HISTORY, { orderNumber }, page) : null;
  }

  async orderOf(part: PartOfOrder): Promise<string | null> {
    const [sql, id] = orderOfPart(part);
    const [row] = await this.sql.query<{ orderNumber: string | null }>(sql, [id]);
    return row?.orderNumber ?? null;
  }
}

/** A row of an order, before the sum of its refunds has the decimals of its currency. */
type OrderRow = Omit<OrderView, 'refunded'> & { readonly refunded: string | null };

function orderView({ statusHistory, refunded, ...row }: OrderRow): OrderView {
  const history = statusHistory.map((entry) => ({ ...entry, at: new Date(entry.at) }));
  const sum = Money.ofSum(refunded ?? '0', row.total.currency).toJSON();
  return { ...orderSummary(row), refunded: sum, statusHistory: history };
}

/** Only the domain knows the allowed transitions. */
function orderSummary(row: OrderSummary): OrderSummary {
  const total = Money.of(row.total.amount, row.total.currency);
  const { allowedTransitions } = new Order(row.orderNumber, total, row.status);
  const { orderNumber, status, customerId, payments, createdAt, updatedAt } = row;
  return {
    orderNumber,
    status,
    total: total.toJSON(),
    customerId,
    payments: payments.map((payment) => {
      const { id: _, ...summary } = payment as PaymentSummary & { readonly id: string };
      return paymentSummary(summary);
    }),
    allowedTransitions,
    createdAt,
    updatedAt,
  };
}

/** The statement that finds the order of a part, and its value. */
function orderOfPart(part: PartOfOrder): [sql: string, value: string] {
  if ('paymentNumber' in part) return [ORDER_OF.payment, part.paymentNumber];
  if ('discrepancyId' in part) return [ORDER_OF.discrepancy, part.discrepancyId];
  return [ORDER_OF.callback, part.callbackId];
}

const ORDER_OF = {
  payment: 'SELECT order_number AS "orderNumber" FROM payments WHERE number = $1',
  // A case that was opened before its payment has the number of the payment alone.
  discrepancy: `SELECT coalesce(discrepancies.order_number, payments.order_number) AS "orderNumber"
    FROM discrepancies LEFT JOIN payments ON payments.number = discrepancies.payment_number WHERE discrepancies.id = $1`,
  // A subselect, because for a join the index on the numbers of callbacks may be read as a whole.
  callback: `SELECT order_number AS "orderNumber"
    FROM payments WHERE number = (SELECT payment_number FROM callbacks WHERE callbacks.id = $1)`,
};
