import type {
  DisputeDetail,
  DisputeFilter,
  DisputeQueries,
  DisputeView,
  OpenDisputes,
} from '../../application/disputes/dispute-queries.js';
import {
  nameKey,
  type DisputeName,
  type DisputeRepository,
  type LockedNames,
} from '../../application/disputes/dispute-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { TransactionRef } from '../../application/payments/payment-repository.js';
import type { LockMode } from '../../application/transaction.js';
import type { Dispute, DisputeState } from '../../domain/disputes/dispute.js';
import { Money, type Amount } from '../../domain/money.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import { fewKeys, listPage, type List } from './list-page.js';

/** A dispute has few events. A sender that reports without end must not make its row grow without end. */
const LOG_LENGTH = 100;

/** The class of the advisory locks on ids of disputes. Those on pieces of money and the others have other ones. */
const NAMES = 7;

const ASKED = `json_to_recordset($1) AS asked (gateway text, "disputeId" text)`;
const LOCK_KEY = `hashtext(gateway || ' ' || "disputeId")`;

export class PostgresDisputes implements DisputeRepository {
  constructor(private readonly sql: PreparedSql) {}

  async lockNames(names: readonly DisputeName[], mode: LockMode): Promise<LockedNames> {
    // The second statement travels with the first. It sees what the transactions have committed that had locked the names before.
    const [contended, transactions] = await Promise.all([this.take(names, mode), this.transactionsOf(names)]);
    return { transactions, contended };
  }

  private async take(names: readonly DisputeName[], mode: LockMode): Promise<ReadonlySet<string>> {
    if (mode === 'wait') {
      // In one order, so that no two transactions wait for each other.
      const sorted = `SELECT DISTINCT ${LOCK_KEY} AS key FROM ${ASKED} ORDER BY key`;
      await this.sql.query(`SELECT pg_advisory_xact_lock(${NAMES}, key) FROM (${sorted}) AS keys`, [
        JSON.stringify(names),
      ]);
      return new Set();
    }
    const rows = await this.sql.query<DisputeName>(
      `SELECT gateway, "disputeId" FROM ${ASKED} WHERE NOT pg_try_advisory_xact_lock(${NAMES}, ${LOCK_KEY})`,
      [JSON.stringify(names)],
    );
    return new Set(rows.map(nameKey));
  }

  async transactionsOf(names: readonly DisputeName[]): Promise<LockedNames['transactions']> {
    const rows = await this.sql.query<DisputeName & { readonly transactionId: string }>(
      // By an expression that has an index of its own. By the columns another index may be taken, which has the gateway behind another column.
      `SELECT asked.gateway, "disputeId", stored.transaction_id AS "transactionId" FROM ${ASKED}, LATERAL (
         SELECT transaction_id FROM disputes
          WHERE (disputes.gateway || ' ' || disputes.dispute_id) = (asked.gateway || ' ' || asked."disputeId")
          ORDER BY id + 0 LIMIT 1) AS stored`,
      [JSON.stringify(names)],
    );
    return new Map(rows.map((row) => [nameKey(row), row.transactionId]));
  }

  async save(disputes: readonly Dispute[], at: Date): Promise<void> {
    await this.sql.write(
      `INSERT INTO disputes (gateway, dispute_id, transaction_id, payment_number, order_number, callback_id, amount, currency, reason, status,
                             due_by, money_taken, waiting, reported_at, status_reported_at, money_reported_at, opened_at, closed_at, updated_at, log)
       SELECT gateway, "disputeId", "transactionId", "paymentNumber", "orderNumber", "callbackId", amount, currency, reason, status, "dueBy",
              "moneyTaken", waiting, "reportedAt", "statusReportedAt", "moneyReportedAt", "openedAt", "closedAt", $2, log
         FROM json_to_recordset($1) AS new (gateway text, "disputeId" text, "transactionId" text, "paymentNumber" text, "orderNumber" text,
              "callbackId" bigint, amount numeric, currency text, reason text, status text, "dueBy" timestamptz, "moneyTaken" boolean, waiting boolean,
              "reportedAt" timestamptz, "statusReportedAt" timestamptz, "moneyReportedAt" timestamptz, "openedAt" timestamptz,
              "closedAt" timestamptz, log jsonb)
       ON CONFLICT (gateway, dispute_id, transaction_id) DO UPDATE SET payment_number = excluded.payment_number,
              order_number = excluded.order_number, callback_id = excluded.callback_id, amount = excluded.amount, currency = excluded.currency, reason = excluded.reason,
              status = excluded.status, due_by = excluded.due_by, money_taken = excluded.money_taken, waiting = excluded.waiting,
              reported_at = excluded.reported_at, status_reported_at = excluded.status_reported_at,
              money_reported_at = excluded.money_reported_at, closed_at = excluded.closed_at, updated_at = excluded.updated_at,
              log = CASE WHEN jsonb_array_length(disputes.log) < ${LOG_LENGTH} THEN disputes.log ELSE disputes.log - 0 END || excluded.log`,
      [JSON.stringify(disputes.map(newRow)), at],
    );
  }

  async waitingSince(openedBefore: Date, limit: number): Promise<readonly TransactionRef[]> {
    return this.sql.query<TransactionRef>(
      `SELECT gateway, transaction_id AS "transactionId" FROM disputes
        WHERE waiting AND opened_at < $1
          AND (SELECT true FROM discrepancies WHERE identity = 'unmatched ' || disputes.gateway || ' dispute ' || dispute_id LIMIT 1) IS NOT TRUE
        ORDER BY opened_at LIMIT $2`,
      [openedBefore, limit],
    );
  }
}

function newRow({ stored: { money, ...state }, events }: Dispute): object {
  const { amount = null, currency = null } = money?.toJSON() ?? {};
  const log = events.map(({ at, type, actor, data }) => ({ at, event: type, actor, data }));
  return { ...state, amount, currency, log };
}

/** SQL text: the disputes of a piece of money as one JSON array, which `disputeFrom` reads. */
export const STORED_DISPUTE = `json_build_object('gateway', gateway, 'disputeId', dispute_id, 'transactionId', transaction_id,
  'paymentNumber', payment_number, 'orderNumber', order_number, 'callbackId', callback_id::text, 'amount', amount::text, 'currency', currency, 'reason', reason,
  'status', status, 'dueBy', due_by, 'moneyTaken', money_taken, 'waiting', waiting, 'reportedAt', reported_at,
  'statusReportedAt', status_reported_at, 'moneyReportedAt', money_reported_at, 'openedAt', opened_at, 'closedAt', closed_at)`;

/** A dispute as `STORED_DISPUTE` makes it: times inside JSON come as text. */
export type StoredDispute = {
  readonly [Field in Exclude<keyof DisputeState, 'money'>]: DisputeState[Field] extends Date | null
    ? Exclude<DisputeState[Field], Date> | string
    : DisputeState[Field];
} & { readonly amount: string | null; readonly currency: string | null };

export function disputeFrom({ amount, currency, ...row }: StoredDispute): DisputeState {
  const { dueBy, reportedAt, statusReportedAt, moneyReportedAt, openedAt, closedAt, ...state } = row;
  return {
    ...state,
    money: amount === null || currency === null ? null : Money.of(amount, currency),
    dueBy: timeOf(dueBy),
    reportedAt: timeOf(reportedAt),
    statusReportedAt: timeOf(statusReportedAt),
    moneyReportedAt: timeOf(moneyReportedAt),
    openedAt: new Date(openedAt),
    closedAt: timeOf(closedAt),
  };
}

const timeOf = (text: string | null): Date | null => (text === null ? null : new Date(text));

const LIST: List = {
  table: 'disputes',
  columns: `id, gateway, dispute_id AS "disputeId", payment_number AS "paymentNumber", order_number AS "orderNumber",
  transaction_id AS "transactionId", CASE WHEN amount IS NOT NULL THEN json_build_object('amount', amount::text, 'currency', currency) END AS amount,
  reason, status, due_by AS "dueBy", money_taken AS "moneyTaken", opened_at AS "openedAt", closed_at AS "closedAt"`,
  time: 'opened_at',
  filters: {
    status: 'status',
    gateway: 'gateway',
    paymentNumber: 'payment_number',
    transactionId: 'transaction_id',
    disputeId: 'dispute_id',
  },
  walks: [
    {
      by: 'transactionId',
      keys: (bounds) => fewKeys('disputes', `transaction_id = ${bounds.value}`, bounds),
    },
    {
      by: 'paymentNumber',
      keys: (bounds) => fewKeys('disputes', `payment_number = ${bounds.value}`, bounds),
    },
    { by: 'status' },
  ],
};

/** SQL text: the newest disputes of a payment as one JSON array, newest first. */
export const DISPUTES_OF_PAYMENT = (
  number: string,
) => `(SELECT coalesce(json_agg(json_build_object('id', id::text, 'gateway', gateway,
    'disputeId', dispute_id, 'paymentNumber', payment_number, 'orderNumber', order_number, 'transactionId', transaction_id,
    'amount', CASE WHEN amount IS NOT NULL THEN json_build_object('amount', amount::text, 'currency', currency) END, 'reason', reason,
    'status', status, 'dueBy', due_by, 'moneyTaken', money_taken, 'openedAt', opened_at, 'closedAt', closed_at) ORDER BY id DESC), '[]')
  FROM (SELECT * FROM disputes WHERE disputes.payment_number = ${number} ORDER BY disputes.payment_number DESC, id DESC LIMIT 20) AS newest)`;

export class PostgresDisputeQueries implements DisputeQueries {
  constructor(private readonly sql: PlainSql) {}

  async list(filter: Filter<DisputeFilter>, page: PageRequest): Promise<Page<DisputeView>> {
    const { items, next } = await listPage<DisputeView>(this.sql, LIST, filter, page);
    return { items: items.map(disputeView), next };
  }

  async find(id: string): Promise<DisputeDetail | null> {
    const sql = `SELECT ${LIST.columns}, log FROM disputes WHERE id = $1`;
    const [row] = await this.sql.query<DisputeDetail>(sql, [id]);
    if (!row) return null;
    const log = row.log.slice(-LOG_LENGTH).map((entry) => ({ ...entry, at: new Date(entry.at) }));
    return { ...disputeView(row), log };
  }

  async countOpen(dueBefore: Date): Promise<readonly OpenDisputes[]> {
    const rows = await this.sql.query<{ gateway: string; open: string; due_soon: string }>(
      `SELECT gateway, count(*) AS open, count(*) FILTER (WHERE status <> 'under_review' AND due_by < $1) AS due_soon
         FROM disputes WHERE status IN ('inquiry','needs_response','under_review') GROUP BY gateway`,
      [dueBefore],
    );
    return rows.map((row) => ({
      gateway: row.gateway,
      open: Number(row.open),
      dueSoon: Number(row.due_soon),
    }));
  }
}

/** Shows the amount in the decimals of its currency, however the numeric was written. Times inside JSON come as text. */
export function disputeView<View extends DisputeView>(row: View): View {
  const time = (value: Date | null): Date | null => (value === null ? null : new Date(value));
  return {
    ...row,
    amount: amountOf(row.amount),
    dueBy: time(row.dueBy),
    openedAt: new Date(row.openedAt),
    closedAt: time(row.closedAt),
  };
}

const amountOf = (amount: Amount | null): Amount | null =>
  amount && Money.of(amount.amount, amount.currency).toJSON();
