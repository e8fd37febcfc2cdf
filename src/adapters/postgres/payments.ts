import type { Filter, Page, PageRequest } from '../../application/page.js';
import type {
  LogEntry,
  PaymentFilter,
  PaymentQueries,
  PaymentSummary,
  PaymentView,
} from '../../application/payments/payment-queries.js';
import {
  transactionKey,
  type PayingMoney,
  type PaymentRepository,
  type ReservedNumbers,
  type TransactionRef,
} from '../../application/payments/payment-repository.js';
import type { RefundView } from '../../application/refunds/refund-queries.js';
import type { LockedRows, LockMode } from '../../application/transaction.js';
import { moneyBackOf } from '../../domain/cases/money-back.js';
import type { KnownPiece, MoneyThatCame } from '../../domain/cases/known-piece.js';
import { Money, type Amount } from '../../domain/money.js';
import type { Payment } from '../../domain/payments/payment.js';
import { DISPUTES_OF_PAYMENT, disputeView } from './disputes.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import { paymentFrom } from './entities.js';
import { fewKeys, listedKeys, listPage, newestOf, type List } from './list-page.js';
import { findPieces } from './pieces.js';
import { REFUND_COLUMNS, refundView } from './refund-queries.js';
import { IS_OPEN, type RowLocks } from './row-locks.js';

const SETTLED_BY = (gateway: string, transactionId: string) =>
  `SELECT payment_number AS number FROM settled_transactions
    WHERE settled_transactions.transaction_id = ${transactionId} AND settled_transactions.gateway = ${gateway} LIMIT 1`;

/** The class of the advisory locks on payment numbers. Advisory locks are numbers that the whole database shares. */
const PAYMENT_NUMBERS = 1;

export class PostgresPayments implements PaymentRepository {
  constructor(
    private readonly sql: PreparedSql,
    private readonly locks: RowLocks,
  ) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Payment>> {
    const locked = new Map<string, Payment>();
    const contended = new Set<string>();
    if (numbers.length === 0) return { locked, contended };
    await this.lockInto(locked, numbers, mode);
    const missing = await this.findMissing(numbers, locked, contended);
    if (mode === 'wait' && contended.size > 0) {
      // Payments that were committed between the two reads. Work that may wait locks them too.
      await this.lockInto(locked, [...contended], mode);
      contended.clear();
    }
    if (missing.length === 0) return { locked, contended };
    // They do not exist, or another transaction is creating them: under READ COMMITTED only the creator's lock tells which.
    const reserved = await this.reserveAll(missing, mode, contended);
    await this.lockInto(locked, reserved, mode);
    await this.findMissing(reserved, locked, contended);
    return { locked, contended };
  }

  private async lockInto(
    locked: Map<string, Payment>,
    numbers: readonly string[],
    mode: LockMode,
  ): Promise<void> {
    if (numbers.length === 0) return;
    const rows = await this.locks.payments(this.sql, numbers, mode);
    rows.forEach((row) => locked.set(row.number, paymentFrom(row)));
  }

  /** Reads without a lock what a locking read did not return. What exists is contended; the other numbers are returned. */
  private async findMissing(
    numbers: readonly string[],
    locked: ReadonlyMap<string, Payment>,
    contended: Set<string>,
  ): Promise<string[]> {
    const unseen = numbers.filter((number) => !locked.has(number));
    if (unseen.length === 0) return [];
    const rows = await this.sql.query<{ number: string }>(
      'SELECT number FROM payments WHERE number = ANY($1)',
      [unseen],
    );
    rows.forEach(({ number }) => contended.add(number));
    return unseen.filter((number) => !contended.has(number));
  }

  /** Takes the creator's lock on each number, in order. In mode `skip` a number that another transaction has locked is contended. */
  private async reserveAll(
    numbers: readonly string[],
    mode: LockMode,
    contended: Set<string>,
  ): Promise<string[]> {
    const ordered = numbers.toSorted();
    if (mode === 'wait') {
      await this.sql.query(
        'SELECT pg_advisory_xact_lock($1, hashtext(number)) FROM unnest($2::text[]) AS asked (number)',
        [PAYMENT_NUMBERS, ordered],
      );
      return ordered;
    }
    const rows = await this.sql.query<{ number: string; got: boolean }>(
      'SELECT number, pg_try_advisory_xact_lock($1, hashtext(number)) AS got FROM unnest($2::text[]) AS asked (number)',
      [PAYMENT_NUMBERS, ordered],
    );
    rows.filter(({ got }) => !got).forEach(({ number }) => contended.add(number));
    return rows.filter(({ got }) => got).map(({ number }) => number);
  }

  async lockExpired(expiredBefore: Date, limit: number): Promise<Payment[]> {
    const rows = await this.locks.expiredPayments(this.sql, expiredBefore, limit);
    return rows.map(paymentFrom);
  }

  async ordersWithOpenPayments(orderNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.sql.query<{ order_number: string }>(
      // IS TRUE, because the index of open payments would be read as a whole.
      `SELECT number AS order_number FROM unnest($1::text[]) AS asked (number)
        WHERE (SELECT true FROM payments WHERE order_number = asked.number AND (${IS_OPEN}) IS TRUE LIMIT 1)`,
      [orderNumbers],
    );
    return new Set(rows.map((row) => row.order_number));
  }

  async moneyThatPaid(orderNumber: string): Promise<PayingMoney | null> {
    const [row] = await this.sql.query<Omit<PayingMoney, 'money'> & { amount: Amount }>(
      // Releases before 0.6.0 have not stored the amount in the first event. A payment succeeds once, and its log begins soon before.
      `SELECT payments.gateway, payments.transaction_id AS "transactionId", paid.payment_number AS "paymentNumber",
              coalesce(paid.data->'amount', came.data->'amount', ${MONEY_JSON('payments.amount')}::jsonb) AS amount
         FROM (SELECT payment_number, data FROM events WHERE order_number = $1 AND type = 'order.paid' LIMIT 1) AS paid
        CROSS JOIN LATERAL (SELECT * FROM payments WHERE number = paid.payment_number LIMIT 1) AS payments
         LEFT JOIN LATERAL (
              SELECT data FROM (SELECT type, data FROM events WHERE events.payment_number = paid.payment_number
                                 ORDER BY events.payment_number, id OFFSET 0) AS log
               WHERE type = 'payment.succeeded' LIMIT 1) AS came ON paid.data->'amount' IS NULL`,
      [orderNumber],
    );
    if (!row) return null;
    const { amount, ...names } = row;
    return { ...names, money: Money.of(amount.amount, amount.currency) };
  }

  async moneyThatCame(numbers: readonly string[]): Promise<ReadonlyMap<string, MoneyThatCame>> {
    return moneyThatCame(this.sql, numbers);
  }

  async namedBy(transactions: readonly TransactionRef[]): Promise<Map<string, string>> {
    const rows = await this.sql.query<{ gateway: string; transaction_id: string; number: string }>(
      // Money that settled names its payment there. Money that did not settle names it in its discrepancy.
      `SELECT asked.gateway, asked.transaction_id, coalesce(settled.number, owned.payment_number) AS number
         FROM unnest($1::text[], $2::text[]) AS asked (gateway, transaction_id)
         LEFT JOIN LATERAL (${SETTLED_BY('asked.gateway', 'asked.transaction_id')}) AS settled ON true
         LEFT JOIN LATERAL (SELECT payment_number FROM discrepancies
           WHERE discrepancies.gateway = asked.gateway AND discrepancies.transaction_id = asked.transaction_id
             AND payment_number IS NOT NULL LIMIT 1) AS owned ON true
        WHERE settled.number IS NOT NULL OR owned.payment_number IS NOT NULL`,
      [transactions.map(({ gateway }) => gateway), transactions.map(({ transactionId }) => transactionId)],
    );
    return new Map(rows.map((row) => [transactionKey(row.gateway, row.transaction_id), row.number]));
  }

  async reserve(numbers: readonly string[], mode: LockMode): Promise<ReservedNumbers> {
    const contended = new Set<string>();
    // The second statement travels with the locks. It sees what the transactions have committed that had locked the numbers before.
    const [, rows] = await Promise.all([
      this.reserveAll(numbers, mode, contended),
      this.sql.query<{ number: string }>('SELECT number FROM payments WHERE number = ANY($1)', [numbers]),
    ]);
    return { taken: new Set(rows.map(({ number }) => number)), contended };
  }

  async add(payments: readonly Payment[]): Promise<Map<string, Date>> {
    const rows = payments.map(({ number, orderNumber, gateway, due, status, expiresAt }) => ({
      number,
      order_number: orderNumber,
      gateway,
      amount: due.amount,
      currency: due.currency,
      status,
      expires_at: expiresAt,
    }));
    const added = await this.sql.change<{ number: string; createdAt: Date }>(
      `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
       SELECT number, order_number, gateway, amount, currency, status, expires_at
         FROM json_to_recordset($1) AS new (number text, order_number text, gateway text, amount numeric, currency text, status text,
                                            expires_at timestamptz)
       RETURNING number, created_at AS "createdAt"`,
      [JSON.stringify(rows)],
    );
    return new Map(added.map(({ number, createdAt }) => [number, createdAt]));
  }

  async save(changed: readonly Payment[]): Promise<void> {
    const rows = changed.map(({ number, status, transactionId, paidAt }) => ({
      number,
      status,
      transactionId,
      paidAt,
    }));
    await this.sql.write(
      // By its place, which is looked up for each row: a join by number may compare each row with each. This transaction has locked
      // the rows, so they stay in their places.
      `UPDATE payments SET status = changed.status, transaction_id = changed."transactionId", paid_at = changed."paidAt", updated_at = now()
         FROM (SELECT new.*, (SELECT ctid FROM payments WHERE payments.number = new.number LIMIT 1) AS place
                 FROM json_to_recordset($1) AS new (number text, status text, "transactionId" text, "paidAt" timestamptz) OFFSET 0) AS changed
        WHERE payments.ctid = changed.place`,
      [JSON.stringify(rows)],
    );
  }
}

export const MONEY_JSON = (amount: string) =>
  `json_build_object('amount', ${amount}::text, 'currency', currency)`;

const MOVES_OF_ORDER = newestOf({ table: 'events', column: 'order_number', value: 'paid.order_number' });

/** Each part is looked up by itself with a limit, because a join may be planned as a walk along a whole index. */
const MONEY_THAT_CAME = `SELECT paid.number, coalesce(came.amount, paid.due) AS amount, came.charged, paying.number IS NOT NULL AS "paidOrder",
       asked_back.request AS "refundRequest"
  FROM unnest($1::text[]) AS asked (number)
 CROSS JOIN LATERAL (
       SELECT number, order_number, ${MONEY_JSON('payments.amount')}::jsonb AS due FROM payments
        WHERE payments.number = asked.number AND (status = 'succeeded') IS TRUE LIMIT 1) AS paid
  LEFT JOIN LATERAL (
       SELECT data->'amount' AS amount, data->'charged' AS charged FROM (SELECT type, data FROM events WHERE events.payment_number = paid.number
                                              ORDER BY events.payment_number, id OFFSET 0) AS log
        WHERE type = 'payment.succeeded' LIMIT 1) AS came ON true
  LEFT JOIN LATERAL (
       SELECT payment_number AS number FROM events
        WHERE events.order_number = paid.order_number AND type = 'order.paid' LIMIT 1) AS paying ON paying.number = paid.number
  LEFT JOIN LATERAL (
       SELECT json_build_object('actor', actor, 'from', data->'from') AS request
         FROM (SELECT * FROM events WHERE payment_number IS NULL AND ${MOVES_OF_ORDER.condition}
                ORDER BY ${MOVES_OF_ORDER.order} OFFSET 0) AS log
        WHERE type = 'order.refund_requested' LIMIT 1) AS asked_back ON true`;

async function moneyThatCame(
  sql: Pick<PreparedSql, 'query'>,
  numbers: readonly string[],
): Promise<ReadonlyMap<string, MoneyThatCame>> {
  const rows = await sql.query<CameRow>(MONEY_THAT_CAME, [numbers]);
  return new Map(
    rows.map(({ number, amount, charged, paidOrder, refundRequest }) => [
      number,
      {
        money: Money.of(amount.amount, amount.currency),
        charged: charged && Money.of(charged.amount, charged.currency),
        paidOrder,
        refundRequest,
      },
    ]),
  );
}

const REFUNDS_OF_PAYMENT = newestOf({ table: 'refunds', column: 'payment_number', value: '$1' });

interface CameRow {
  readonly number: string;
  readonly amount: Amount;
  readonly charged: Amount | null;
  readonly paidOrder: boolean;
  readonly refundRequest: MoneyThatCame['refundRequest'];
}

/** The columns have the names of the view's fields, so a row is a view except for the formats of money and times. */
export const PAYMENT_SUMMARY = `number AS "paymentNumber", order_number AS "orderNumber", gateway, ${MONEY_JSON('amount')} AS amount, status,
  transaction_id AS "transactionId", expires_at AS "expiresAt", paid_at AS "paidAt", created_at AS "createdAt", updated_at AS "updatedAt"`;

const LIST: List = {
  table: 'payments',
  columns: PAYMENT_SUMMARY,
  time: 'created_at',
  filters: {
    status: 'status',
    gateway: 'gateway',
    orderNumber: 'order_number',
    transactionId: 'transaction_id',
  },
  walks: [
    {
      by: 'transactionId',
      keys: (bounds) =>
        fewKeys(
          'payments',
          `number = ANY (ARRAY(SELECT payment_number FROM settled_transactions WHERE transaction_id = ${bounds.value}))`,
          bounds,
        ),
    },
    { by: 'orderNumber' },
    // The table lists every status but this one, which nearly all payments have.
    {
      by: 'status',
      except: 'succeeded',
      keys: (bounds) =>
        listedKeys({ table: 'payment_statuses', column: 'status', key: 'payment_id' }, bounds),
    },
  ],
};

const LOG: List = {
  table: 'events',
  columns: 'at, type AS event, actor, data',
  filters: { paymentNumber: 'payment_number' },
  walks: [{ by: 'paymentNumber' }],
};

const OF_PAYMENT = newestOf({ table: 'events', column: 'payment_number', value: 'payments.number' });
const NEWEST_OF_LOG = `(SELECT coalesce(json_agg(json_build_object('at', at, 'event', type, 'actor', actor, 'data', data) ORDER BY id), '[]')
  FROM (SELECT * FROM events WHERE ${OF_PAYMENT.condition} ORDER BY ${OF_PAYMENT.order} LIMIT 100) AS newest)`;

export class PostgresPaymentQueries implements PaymentQueries {
  constructor(private readonly sql: PlainSql) {}

  async list(filter: Filter<PaymentFilter>, page: PageRequest): Promise<Page<PaymentSummary>> {
    const { items, next } = await listPage<PaymentSummary>(this.sql, LIST, filter, page);
    return { items: items.map(paymentSummary), next };
  }

  async find(paymentNumber: string): Promise<PaymentView | null> {
    const disputes = DISPUTES_OF_PAYMENT('payments.number');
    const sql = `SELECT ${PAYMENT_SUMMARY}, ${disputes} AS disputes, ${NEWEST_OF_LOG} AS log FROM payments WHERE number = $1`;
    const [row] = await this.sql.query<PaymentRow>(sql, [paymentNumber]);
    if (!row) return null;
    const view = paymentView(row);
    const refunds = await this.sql.query<RefundView>(
      `SELECT ${REFUND_COLUMNS} FROM refunds WHERE ${REFUNDS_OF_PAYMENT.condition} ORDER BY ${REFUNDS_OF_PAYMENT.order} LIMIT 20`,
      [paymentNumber],
    );
    const piece = await this.pieceOf(view);
    return { ...view, ...moneyBackOf(piece, view.amount.currency), refunds: refunds.map(refundView) };
  }

  private async pieceOf({
    paymentNumber,
    gateway,
    transactionId,
  }: PaymentSummary): Promise<KnownPiece | null> {
    if (transactionId === null) return null;
    const [known] = (await findPieces(this.sql, [{ gateway, transactionId }])).values();
    const came = (await moneyThatCame(this.sql, [paymentNumber])).get(paymentNumber) ?? null;
    return known ? { ...known, came } : null;
  }

  async log(paymentNumber: string, page: PageRequest): Promise<Page<LogEntry> | null> {
    const found = await this.sql.query<unknown>('SELECT FROM payments WHERE number = $1', [paymentNumber]);
    return found.length > 0 ? listPage<LogEntry>(this.sql, LOG, { paymentNumber }, page) : null;
  }
}

type PaymentRow = PaymentSummary & Pick<PaymentView, 'disputes' | 'log'>;

function paymentView(row: PaymentRow): PaymentRow {
  const disputes = row.disputes.map(disputeView);
  return {
    ...paymentSummary(row),
    disputes,
    log: row.log.map((entry) => ({ ...entry, at: new Date(entry.at) })),
  };
}

/** Shows the amount in the decimals of its currency, however the numeric was written. Times inside JSON come as text. */
export function paymentSummary<View extends PaymentSummary>(row: View): View {
  return {
    ...row,
    amount: Money.of(row.amount.amount, row.amount.currency).toJSON(),
    expiresAt: new Date(row.expiresAt),
    paidAt: row.paidAt ? new Date(row.paidAt) : null,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  };
}
