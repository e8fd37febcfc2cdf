import type { EntityManager, DataSource } from 'typeorm';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/order.js';
import {
  Queries,
  type CallbackDetail,
  type CallbackView,
  type DiscrepancyDetail,
  type DiscrepancyView,
  type Gauges,
  type MoneyView,
  type OrderView,
  type Page,
  type PageRequest,
  type PaymentView,
  type RejectionView,
} from '../../application/queries.js';
import type { Timeline } from '../../application/timeline.js';
import { readTimeline } from './sql-timeline.js';

type Filter = Readonly<Record<string, string | undefined>>;
type Row<View> = View & { readonly id: string };

// The columns are named as the views are, so that a row is a view but for what only the domain knows.
const MONEY = (amount: string) => `json_build_object('amount', ${amount}::text, 'currency', currency)`;
const PAYMENT = `number AS "paymentNumber", order_number AS "orderNumber", gateway, ${MONEY('amount')} AS amount, status,
  transaction_id AS "transactionId", expires_at AS "expiresAt", paid_at AS "paidAt", created_at AS "createdAt", updated_at AS "updatedAt"`;
const LOG = `(SELECT coalesce(json_agg(json_build_object('at', at, 'event', type, 'actor', actor, 'data', data) ORDER BY id), '[]')
  FROM events WHERE events.payment_number = payments.number) AS log`;
const ORDER = `number AS "orderNumber", status, ${MONEY('total')} AS total, customer_id AS "customerId",
  (SELECT coalesce(json_agg(payment ORDER BY id DESC), '[]') FROM (SELECT id, ${PAYMENT} FROM payments
    WHERE payments.order_number = orders.number) AS payment) AS payments,
  (SELECT coalesce(json_agg(json_build_object('from', data->'from', 'to', data->'to', 'move', data->'move', 'actor', actor,
    'note', data->'note', 'at', at) ORDER BY id), '[]') FROM events
    WHERE events.order_number = orders.number AND type LIKE 'order.%' AND data ? 'move') AS "statusHistory",
  created_at AS "createdAt", updated_at AS "updatedAt"`;
const CALLBACK = `id, gateway, event_id AS "eventId", kind, payment_number AS "paymentNumber", outcome, deliveries,
  received_at AS "receivedAt", settled_at AS "settledAt"`;
const DISCREPANCY = `id, kind, status, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber",
  transaction_id AS "transactionId", callback_id AS "callbackId", details, opened_at AS "openedAt", resolved_at AS "resolvedAt",
  resolution, resolved_by AS "resolvedBy", reference, reason`;
const NOTES = `(SELECT coalesce(json_agg(json_build_object('at', at, 'actor', actor, 'note', note) ORDER BY id), '[]')
  FROM (SELECT * FROM discrepancy_notes WHERE discrepancy_id = discrepancies.id ORDER BY id DESC LIMIT 1000) AS newest) AS notes`;

/** Each list's table, its columns, and the column of each filter that its indexes serve. */
const LISTS = {
  orders: { columns: ORDER, filters: { status: 'status', customerId: 'customer_id' } },
  payments: {
    columns: `${PAYMENT}, ${LOG}`,
    filters: { status: 'status', gateway: 'gateway', orderNumber: 'order_number' },
  },
  callbacks: {
    columns: CALLBACK,
    filters: { gateway: 'gateway', outcome: 'outcome', paymentNumber: 'payment_number' },
  },
  discrepancies: {
    columns: DISCREPANCY,
    filters: { status: 'status', kind: 'kind', paymentNumber: 'payment_number' },
  },
  rejections: {
    columns: 'gateway, reason, received_at AS "receivedAt", remote_address AS "remoteAddress"',
    filters: {},
  },
} as const;

export class SqlQueries extends Queries {
  constructor(private readonly source: Pick<EntityManager | DataSource, 'query'>) {
    super();
  }

  async orders(filter: Filter, page: PageRequest): Promise<Page<OrderView>> {
    const { items, next } = await this.list<OrderView>('orders', filter, page);
    return { items: items.map(orderView), next };
  }

  async order(orderNumber: string): Promise<OrderView | null> {
    const [row]: OrderView[] = await this.source.query(`SELECT ${ORDER} FROM orders WHERE number = $1`, [
      orderNumber,
    ]);
    return row ? orderView(row) : null;
  }

  async payments(filter: Filter, page: PageRequest): Promise<Page<PaymentView>> {
    const { items, next } = await this.list<PaymentView>('payments', filter, page);
    return { items: items.map(paymentView), next };
  }

  async payment(paymentNumber: string): Promise<PaymentView | null> {
    const sql = `SELECT ${PAYMENT}, ${LOG} FROM payments WHERE number = $1`;
    const [row]: PaymentView[] = await this.source.query(sql, [paymentNumber]);
    return row ? paymentView(row) : null;
  }

  callbacks(filter: Filter, page: PageRequest): Promise<Page<CallbackView>> {
    return this.list('callbacks', filter, page);
  }

  async callback(id: string): Promise<CallbackDetail | null> {
    const sql = `SELECT ${CALLBACK}, headers, translate(encode(body, 'base64'), E'\\n', '') AS "bodyBase64" FROM callbacks WHERE id = $1`;
    const [row]: CallbackDetail[] = await this.source.query(sql, [id]);
    return row ?? null;
  }

  discrepancies(filter: Filter, page: PageRequest): Promise<Page<DiscrepancyView>> {
    return this.list('discrepancies', filter, page);
  }

  async discrepancy(id: string): Promise<DiscrepancyDetail | null> {
    const sql = `SELECT ${DISCREPANCY}, note, ${NOTES} FROM discrepancies WHERE id = $1`;
    const [row]: DiscrepancyDetail[] = await this.source.query(sql, [id]);
    return row ? { ...row, notes: row.notes.map((each) => ({ ...each, at: timeOf(each.at) })) } : null;
  }

  timeline(paymentNumber: string): Promise<Timeline | null> {
    return readTimeline(this.source, paymentNumber);
  }

  rejections(page: PageRequest): Promise<Page<RejectionView>> {
    return this.list('rejections', {}, page);
  }

  async gauges(): Promise<Gauges> {
    const [pending]: { count: string; seconds: string }[] = await this.source.query(
      `SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0) AS seconds FROM callbacks WHERE outcome = 'pending'`,
    );
    const open: { kind: string; count: string }[] = await this.source.query(
      `SELECT kind, count(*) FROM discrepancies WHERE status = 'open' GROUP BY kind`,
    );
    return {
      pendingCallbacks: Number(pending?.count ?? 0),
      oldestPendingSeconds: Number(pending?.seconds ?? 0),
      openDiscrepancies: Object.fromEntries(open.map(({ kind, count }) => [kind, Number(count)])),
    };
  }

  /** Newest first by id: one more than asked for is read, to know whether there is a next page. */
  private async list<View>(
    table: keyof typeof LISTS,
    filter: Filter,
    { limit, before }: PageRequest,
  ): Promise<Page<View>> {
    const { columns, filters } = LISTS[table];
    const asked = Object.entries(filters).filter(([name]) => filter[name] !== undefined) as [
      string,
      string,
    ][];
    const conditions = asked.map(([, column], index) => `${column} = $${index + 3}`);
    const rows: Row<View>[] = await this.source.query(
      `SELECT id AS "listId", ${columns} FROM ${table}
        WHERE ($2::bigint IS NULL OR id < $2) ${conditions.map((condition) => `AND ${condition}`).join(' ')}
        ORDER BY id DESC LIMIT $1`,
      [limit + 1, before, ...asked.map(([name]) => filter[name])],
    );
    const items = rows.slice(0, limit).map((row) => {
      const { listId, ...view } = row as unknown as { listId: string } & View;
      return { listId, view: view as View };
    });
    return { items: items.map(({ view }) => view), next: rows.length > limit ? items.at(-1)!.listId : null };
  }
}

/** Amounts are shown in their currency's decimals, however the numeric was written; times inside JSON come as text. */
const moneyView = ({ amount, currency }: MoneyView): MoneyView => Money.of(amount, currency).toJSON();
const timeOf = (value: unknown): Date => new Date(value as string);

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
      const { id: _, ...summary } = payment as Row<typeof payment>;
      return paymentView(summary);
    }),
    statusHistory: statusHistory.map((entry) => ({ ...entry, at: timeOf(entry.at) })),
    allowedTransitions,
    createdAt,
    updatedAt,
  };
}

function paymentView<View extends Partial<PaymentView>>(row: View): View {
  return {
    ...row,
    amount: moneyView(row.amount!),
    expiresAt: timeOf(row.expiresAt),
    paidAt: row.paidAt ? timeOf(row.paidAt) : null,
    createdAt: timeOf(row.createdAt),
    updatedAt: timeOf(row.updatedAt),
    ...(row.log ? { log: row.log.map((entry) => ({ ...entry, at: timeOf(entry.at) })) } : {}),
  };
}
