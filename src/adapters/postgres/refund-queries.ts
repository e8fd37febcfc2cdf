import type { Filter, Page, PageRequest } from '../../application/page.js';
import type {
  RefundCount,
  RefundDetail,
  RefundFilter,
  RefundQueries,
  RefundView,
} from '../../application/refunds/refund-queries.js';
import { Money } from '../../domain/money.js';
import { REFUND_STATUSES } from '../../domain/refunds/refund.js';
import type { PlainSql } from './engine/sql.js';
import { fewKeys, listPage, newestOf, type List } from './list-page.js';

export const REFUND_COLUMNS = `number AS "refundNumber", payment_number AS "paymentNumber", order_number AS "orderNumber", gateway,
  transaction_id AS "transactionId", discrepancy_id::text AS "discrepancyId", json_build_object('amount', amount::text, 'currency', currency) AS amount,
  reason, origin, status, gateway_refund_id AS "gatewayRefundId", reference, failure, 0 AS attempts, NULL::timestamptz AS "nextAttemptAt",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const LIST: List = {
  table: 'refunds',
  columns: REFUND_COLUMNS,
  time: 'created_at',
  filters: {
    status: 'status',
    gateway: 'gateway',
    paymentNumber: 'payment_number',
    transactionId: 'transaction_id',
  },
  walks: [
    {
      by: 'transactionId',
      keys: (bounds) => fewKeys('refunds', `transaction_id = ${bounds.value}`, bounds),
    },
    { by: 'paymentNumber', predicate: 'payment_number IS NOT NULL' },
    // Nearly all refunds have succeeded.
    { by: 'status', except: 'succeeded' },
  ],
};

/** A metric must not read a table of any size. */
const COUNTED_LIMIT = 100_000;

const OF_PAYMENT = newestOf({ table: 'events', column: 'payment_number', value: 'refunds.payment_number' });
/** Among the newest thousand entries of the payment, because no index has the number of a refund. */
const LOG = `(SELECT coalesce(json_agg(json_build_object('at', at, 'event', type, 'actor', actor, 'data', data) ORDER BY id), '[]')
  FROM (SELECT * FROM (SELECT * FROM events WHERE ${OF_PAYMENT.condition} ORDER BY ${OF_PAYMENT.order} LIMIT 1000) AS log
         WHERE type LIKE 'refund.%' AND data->>'refundNumber' = refunds.number ORDER BY id DESC LIMIT 100) AS newest)`;

export class PostgresRefundQueries implements RefundQueries {
  constructor(private readonly sql: PlainSql) {}

  async list(filter: Filter<RefundFilter>, page: PageRequest): Promise<Page<RefundView>> {
    const { items, next } = await listPage<RefundView>(this.sql, LIST, filter, page);
    return { items: items.map(refundView), next };
  }

  async find(refundNumber: string): Promise<RefundDetail | null> {
    const sql = `SELECT ${REFUND_COLUMNS}, ${LOG} AS log FROM refunds WHERE number = $1`;
    const [row] = await this.sql.query<RefundDetail>(sql, [refundNumber]);
    // Times inside JSON come as text.
    return row
      ? { ...refundView(row), log: row.log.map((each) => ({ ...each, at: new Date(each.at) })) }
      : null;
  }

  async count(): Promise<readonly RefundCount[]> {
    const rows = await this.sql.query<Omit<RefundCount, 'count'> & { count: string }>(
      `SELECT gateway, asked.status, count(*) FROM unnest($1::text[]) AS asked (status)
        CROSS JOIN LATERAL (SELECT gateway FROM refunds WHERE refunds.status = asked.status LIMIT ${COUNTED_LIMIT}) AS of_status
        GROUP BY gateway, asked.status`,
      [REFUND_STATUSES],
    );
    return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }));
  }
}

/** Shows the amount in the decimals of its currency. */
export function refundView<View extends RefundView>(row: View): View {
  const { amount, currency } = row.amount;
  return { ...row, amount: Money.ofSum(amount, currency).toJSON() };
}
