import {
  VIOLATIONS,
  type AuditPage,
  type AuditQueries,
  type AuditSource,
  type AuditWalk,
  type BrokenPiece,
  type NamedPiece,
  type Period,
  type Violation,
} from '../../application/audit/audit-queries.js';
import type { PlainSql } from './engine/sql.js';
import { idsOfTimes } from './ids-of-times.js';

/** Rows of one page. A page takes some tens of milliseconds, so that it does not delay others for long. */
const PAGE_ROWS = 5_000;
/** The class of the advisory lock under which one page is read at a time, however many processes there are. It is held for that page only. */
const AUDITS = 6;
/** More cases than a piece of money has. */
const CASES_LIMIT = 1_000;

/** A table that names pieces of money. */
interface Source {
  readonly table: string;
  /** The column of the time at which a row was stored. Ids ascend with it. */
  readonly time: string;
  /** What of a row is read. */
  readonly columns: string;
  /** From the rows of the page: `gateway`, `transaction_id`, and what else is known of each piece. */
  readonly pieces: string;
  /** A piece of an earlier source is not examined again. */
  readonly skipsSettled: boolean;
}

const IN_PERIOD = (time: string) => `${time} >= $3::timestamptz AND ${time} < $4::timestamptz`;
const NOTHING_KNOWN = `NULL::text AS number, NULL::text AS order_number, NULL::numeric AS amount, NULL::text AS currency`;

/** Whether a money case of the period names the piece, which is examined with the cases then. */
const HAS_CASE = (piece: string, more = '') => `coalesce((
    SELECT true FROM discrepancies
     WHERE discrepancies.transaction_id = ${piece}.transaction_id
       AND (discrepancies.gateway = ${piece}.gateway AND money AND ${IN_PERIOD('opened_at')}${more}) IS TRUE LIMIT 1), false)`;

/** Whether the money has come. Refunds, disputes and messages may name a transaction before that. */
const IS_KNOWN = (piece: string) => `coalesce((
    SELECT true FROM settled_transactions
     WHERE settled_transactions.transaction_id = ${piece}.transaction_id AND settled_transactions.gateway = ${piece}.gateway LIMIT 1), (
    SELECT true FROM discrepancies
     WHERE discrepancies.transaction_id = ${piece}.transaction_id AND (discrepancies.gateway = ${piece}.gateway AND money) IS TRUE LIMIT 1), false)`;

// A success that was decided. Nearly all of them have settled a payment of the period, which has been examined with the payments.
const SUCCESSES = `
SELECT gateway, transaction_id, NULL::text AS number, NULL::text AS order_number, min(amount::numeric) AS amount, min(currency) AS currency
  FROM (SELECT gateway, notice->>'transactionId' AS transaction_id, notice->>'amount' AS amount, notice->>'currency' AS currency
          FROM page
         WHERE (kind = 'succeeded' OR kind = 'conflicting' AND notice->>'claimedKind' = 'succeeded')
           AND outcome NOT IN ('pending', 'undeliverable') AND ${IN_PERIOD('received_at')}
           AND NOT coalesce((
               SELECT payments.transaction_id = page.notice->>'transactionId' AND payments.gateway = page.gateway AND ${IN_PERIOD('created_at')}
                 FROM payments WHERE number = page.payment_number LIMIT 1), false)
        OFFSET 0) AS success
 WHERE transaction_id IS NOT NULL AND NOT ${HAS_CASE('success')}
 GROUP BY gateway, transaction_id`;

/** A refund that an operator has recorded for a case is found with the case. */
const NAMED_BY = (condition: string, time: string) => `
SELECT DISTINCT gateway, transaction_id, ${NOTHING_KNOWN} FROM page
 WHERE ${condition} AND ${IN_PERIOD(time)} AND NOT ${HAS_CASE('page')}`;

const SOURCES: Readonly<Record<AuditSource, Source>> = {
  payments: {
    table: 'payments',
    time: 'created_at',
    columns: 'gateway, transaction_id, number, order_number, created_at',
    pieces: `SELECT gateway, transaction_id, number, order_number, NULL::numeric AS amount, NULL::text AS currency
               FROM page WHERE transaction_id IS NOT NULL AND ${IN_PERIOD('created_at')}`,
    skipsSettled: false,
  },
  discrepancies: {
    table: 'discrepancies',
    time: 'opened_at',
    columns: 'gateway, transaction_id, money, opened_at',
    pieces: `SELECT gateway, transaction_id, ${NOTHING_KNOWN} FROM page
              WHERE money AND transaction_id IS NOT NULL AND ${IN_PERIOD('opened_at')}
                AND NOT ${HAS_CASE('page', ' AND discrepancies.id < page.id')}`,
    skipsSettled: true,
  },
  callbacks: {
    table: 'callbacks',
    time: 'received_at',
    columns: 'gateway, kind, outcome, payment_number, notice, received_at',
    pieces: SUCCESSES,
    skipsSettled: true,
  },
  refunds: {
    table: 'refunds',
    time: 'created_at',
    columns: 'gateway, transaction_id, waiting, discrepancy_id, created_at',
    pieces: NAMED_BY('NOT waiting AND discrepancy_id IS NULL', 'created_at'),
    skipsSettled: true,
  },
  disputes: {
    table: 'disputes',
    time: 'opened_at',
    columns: 'gateway, transaction_id, waiting, opened_at',
    pieces: NAMED_BY('NOT waiting', 'opened_at'),
    skipsSettled: true,
  },
  events: {
    table: 'events',
    time: 'at',
    columns: 'type, order_number, data, at',
    pieces: `
SELECT DISTINCT piece.gateway, piece.transaction_id, ${NOTHING_KNOWN}
  FROM page CROSS JOIN LATERAL (
       SELECT data->>'gateway' AS gateway, data->>'transactionId' AS transaction_id, data->>'kind' = 'succeeded' AS has_come
        WHERE type IN ('discrepancy.resolved', 'refund.succeeded', 'refund.failed')
           OR type LIKE 'callback.%' AND type NOT IN ('callback.replayed', 'callback.undeliverable') AND data->>'kind' = 'succeeded'
       UNION ALL
       SELECT gateway, transaction_id, true FROM payments
        WHERE type = 'order.cancelled' AND payments.order_number = page.order_number AND (status = 'succeeded') IS TRUE) AS piece
 WHERE piece.gateway IS NOT NULL AND piece.transaction_id IS NOT NULL AND ${IN_PERIOD('at')}
   AND (piece.has_come OR ${IS_KNOWN('piece')})`,
    skipsSettled: false,
  },
};

/** The pieces of money that the statement is about, and what of each is enough to know that it is an ordinary one. */
const EXAMINED = (skipsSettled: boolean) => `
SELECT named.gateway, named.transaction_id, named.amount, named.currency, settled.number AS listed,
       CASE WHEN named.number IS NOT NULL THEN named.number WHEN held.has_it THEN settled.number END AS number,
       coalesce(named.order_number, held.order_number) AS order_number
  FROM named
  LEFT JOIN LATERAL (
       SELECT payment_number AS number FROM settled_transactions
        WHERE settled_transactions.transaction_id = named.transaction_id AND settled_transactions.gateway = named.gateway LIMIT 1) AS settled ON true
  LEFT JOIN LATERAL (
       SELECT order_number, created_at, payments.transaction_id = named.transaction_id AND payments.gateway = named.gateway AS has_it
         FROM payments WHERE named.number IS NULL AND payments.number = settled.number LIMIT 1) AS held ON true
 ${skipsSettled ? `WHERE (held.has_it AND ${IN_PERIOD('held.created_at')}) IS NOT TRUE` : ''}`;

const STATUS = (piece: string) =>
  `(SELECT status FROM orders WHERE orders.number = ${piece}.order_number LIMIT 1)`;
/** The payment that has paid the order. */
const PAID_BY = (piece: string) =>
  `(SELECT payment_number FROM events WHERE events.order_number = ${piece}.order_number AND type = 'order.paid' LIMIT 1)`;

/** It has settled the payment that paid its order, the order is not cancelled, and there is no case and no refund. */
const IS_ORDINARY = `(
      piece.number = piece.listed AND ${PAID_BY('piece')} = piece.number AND ${STATUS('piece')} <> 'cancelled'
  AND (SELECT true FROM discrepancies WHERE discrepancies.transaction_id = piece.transaction_id LIMIT 1) IS NULL
  AND (SELECT true FROM refunds WHERE refunds.transaction_id = piece.transaction_id LIMIT 1) IS NULL) IS TRUE`;

/** All cases of the piece, the newest first; those beside money too. */
const CASES = `(
       SELECT * FROM discrepancies
        WHERE discrepancies.transaction_id = piece.transaction_id AND (discrepancies.gateway = piece.gateway) IS TRUE
        ORDER BY discrepancies.transaction_id DESC, id DESC LIMIT ${CASES_LIMIT}) AS of_piece`;

/** OFFSET 0, because with all conditions in one place another index may be taken. */
const REFUNDS = `(
       SELECT * FROM refunds
        WHERE refunds.transaction_id = piece.transaction_id AND refunds.gateway = piece.gateway OFFSET 0) AS of_piece`;

/** What came with the payment: releases before 0.6.0 have not stored the amount in the event of the order. */
const MONEY_OF_PAYMENT = `
SELECT coalesce(paid.money->>'amount', came.money->>'amount', due.amount::text)::numeric AS amount,
       coalesce(paid.money->>'currency', came.money->>'currency', due.currency) AS currency
  FROM (SELECT amount, currency FROM payments WHERE payments.number = piece.number LIMIT 1) AS due
  LEFT JOIN LATERAL (
       SELECT data->'amount' AS money FROM (
              SELECT data, payment_number FROM events WHERE events.order_number = piece.order_number AND type = 'order.paid' LIMIT 1) AS event
        WHERE payment_number = piece.number) AS paid ON true
  LEFT JOIN LATERAL (
       SELECT data->'amount' AS money FROM (
              SELECT type, data FROM events WHERE events.payment_number = piece.number ORDER BY events.payment_number, id OFFSET 0) AS log
        WHERE type = 'payment.succeeded' LIMIT 1) AS came ON paid.money IS NULL`;

/** Every amount with which the piece came. */
const AMOUNTS = `
SELECT amount, currency FROM (${MONEY_OF_PAYMENT}) AS settled WHERE amount IS NOT NULL
UNION ALL SELECT amount, currency FROM ${CASES} WHERE money AND amount IS NOT NULL
UNION ALL SELECT split_part(text, ' ', 1)::numeric, split_part(text, ' ', 2)
  FROM ${CASES} CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(details->'amounts') WHEN 'array' THEN details->'amounts' ELSE '[]' END) AS text
 WHERE money AND text ~ '^[0-9]+([.][0-9]+)? [A-Z]{3}$'
UNION ALL SELECT piece.amount, piece.currency WHERE piece.amount IS NOT NULL`;

/**
 * What has gone back. The piece is back if refunds that succeeded come to the least of its amounts, or if nobody knows its amount. Refunds
 * exceed it if they come to more than the greatest.
 */
const BACK = `
SELECT CASE WHEN count(*) > 0 THEN bool_or(back >= amount)
            ELSE (SELECT true FROM ${REFUNDS} WHERE status = 'succeeded' LIMIT 1) END AS is_back,
       bool_or(gone > most) AS exceeds
  FROM (SELECT known.amount, max(known.amount) OVER (PARTITION BY known.currency) AS most, sums.back, sums.gone
          FROM (${AMOUNTS}) AS known CROSS JOIN LATERAL (
               SELECT sum(amount) FILTER (WHERE status = 'succeeded') AS back,
                      -- The gateway's sum, part of which has no refund of its own, has what the gateway is working on.
                      sum(amount) FILTER (WHERE status = 'succeeded') + greatest(0, coalesce(sum(amount) FILTER (WHERE status = 'processing'), 0)
                        - coalesce(sum(amount) FILTER (WHERE unnamed), 0)) AS gone
                 FROM ${REFUNDS} WHERE of_piece.currency = known.currency) AS sums) AS compared
 WHERE EXISTS (SELECT FROM ${REFUNDS})`;

/** What an ended money case names must exist and be about this piece. Releases before 0.8.0 have not stored which case was the successor. */
const IS_ENDING_FOUND = `coalesce(CASE ended_by->>'by'
  WHEN 'settlement' THEN ended_by->>'paymentNumber' = piece.number
  WHEN 'refunds' THEN back.is_back OR (SELECT true FROM ${REFUNDS} WHERE of_piece.number = ended_by->>'refundNumber' LIMIT 1)
  WHEN 'successor' THEN CASE
    WHEN ended_by->>'discrepancyId' IS NULL THEN true
    WHEN ended_by->>'discrepancyId' ~ '^[0-9]{1,18}$' THEN (
      SELECT successor.money AND successor.transaction_id = of_piece.transaction_id AND successor.gateway = of_piece.gateway
        FROM discrepancies AS successor WHERE successor.id = (of_piece.ended_by->>'discrepancyId')::bigint LIMIT 1) END
  WHEN 'decision' THEN resolution IS NOT NULL END, false)`;

const FACTS = `
SELECT count(*) FILTER (WHERE is_open AND money) AS open, max(id) FILTER (WHERE is_open AND money) AS open_id,
       bool_or(is_open AND money AND gone >= amount AND NOT (kind = 'order_not_payable' AND (details->>'reason' = 'money_back') IS TRUE)) AS open_back,
       -- Cases of settled money that are older than the settlement decide nothing about it any more.
       (array_agg(ended_by->>'by' ORDER BY id DESC) FILTER (WHERE money AND NOT is_open
          AND (piece.number IS NULL OR kind IN ('order_not_payable', 'refund_due'))))[1] AS newest_end,
       bool_or(kind = 'refund_failed' AND (is_open OR ended_by->>'by' = 'decision')) AS has_failed_refund,
       bool_or(kind = 'refund_exceeds_payment') AS has_excess_case, bool_or(kind = 'refund_reported') AS has_report,
       max(id) FILTER (WHERE money AND NOT is_open AND NOT ${IS_ENDING_FOUND}) AS unfounded_id
  FROM (SELECT of_piece.*, status = 'open' AS is_open,
               CASE WHEN status = 'open' AND money THEN (
                 SELECT sum(refunded.amount) FROM ${REFUNDS.replace('AS of_piece', 'AS refunded')}
                  WHERE refunded.currency = of_piece.currency AND refunded.status = 'succeeded') END AS gone
          FROM ${CASES}) AS of_piece`;

/**
 * A piece of money has exactly one owner. The first of these that holds is its place:
 *
 *   its open money case; given back (refunds that succeeded come to its amount); settled: it is the transaction of the payment that paid its
 *   order, and the order is not cancelled; a decision: the newest of its money cases was ended by a person.
 *
 * Refunded money stays the transaction of its payment, so settled money that has gone back whole has the place "given back". Then its order is
 * refunded or cancelled. The cases of releases before 0.8.0 about refunds left the order to the operator. An open case of money that went back
 * before its success (\`money_back\`) is the only one that refunds do not end. Money of an ended case whose refund has failed afterwards belongs
 * to the case of that refund.
 */
const RULES: Readonly<Record<Violation, string>> = {
  no_owner: `facts.open = 0 AND back.is_back IS NOT TRUE AND NOT pays.its_order AND facts.newest_end IS DISTINCT FROM 'decision'
    AND (facts.newest_end = 'refunds' AND facts.has_failed_refund) IS NOT TRUE`,
  two_owners: `facts.open > 1 OR facts.open = 1 AND pays.its_order`,
  given_back_and_open: `facts.open_back`,
  order_not_refunded: `back.is_back AND pays.its_order AND pays.status <> 'refunded' AND facts.has_report IS NOT TRUE`,
  ending_not_found: `facts.unfounded_id IS NOT NULL`,
  refunds_exceed_money: `back.exceeds AND facts.has_excess_case IS NOT TRUE`,
  settlement_differs: `piece.listed IS DISTINCT FROM piece.number`,
};

const BROKEN_PIECES = `
SELECT piece.gateway, piece.transaction_id AS "transactionId", piece.number AS "paymentNumber", piece.order_number AS "orderNumber",
       coalesce(facts.unfounded_id, facts.open_id)::text AS "discrepancyId", broken.violations
  FROM (SELECT * FROM examined AS piece WHERE NOT ${IS_ORDINARY} OFFSET 0) AS piece
 CROSS JOIN LATERAL (
       SELECT status, (piece.number IS NOT NULL AND paid_by = piece.number AND status <> 'cancelled') IS TRUE AS its_order
         FROM (SELECT ${STATUS('piece')} AS status, ${PAID_BY('piece')} AS paid_by) AS looked_up OFFSET 0) AS pays
 CROSS JOIN LATERAL (${BACK}) AS back
 CROSS JOIN LATERAL (${FACTS}) AS facts
 CROSS JOIN LATERAL (
       SELECT array_remove(ARRAY[${VIOLATIONS.map((name) => `CASE WHEN ${RULES[name]} THEN '${name}' END`).join(',\n         ')}], NULL)
              AS violations) AS broken
 WHERE broken.violations <> '{}'`;

const pageStatement = (name: AuditSource): string => {
  const { table, columns, pieces, skipsSettled } = SOURCES[name];
  return `
WITH turn AS MATERIALIZED (SELECT true AS has_come FROM pg_advisory_xact_lock(${AUDITS}, 0)),
     page AS MATERIALIZED (
       SELECT id, ${columns} FROM ${table} WHERE id >= $1 AND id < $2 AND (SELECT has_come FROM turn) ORDER BY id LIMIT ${PAGE_ROWS}),
     named AS (${pieces}),
     examined AS MATERIALIZED (${EXAMINED(skipsSettled)})
SELECT (SELECT count(*) FROM page)::int AS rows, (SELECT max(id) + 1 FROM page)::text AS next, (SELECT count(*) FROM examined)::int AS pieces,
       (SELECT coalesce(json_agg(broken_pieces), '[]') FROM (${BROKEN_PIECES}) AS broken_pieces) AS broken`;
};

const EXAMINE = `
WITH named AS (
       SELECT asked.gateway, asked."transactionId" AS transaction_id, payment.number, payment.order_number, NULL::numeric AS amount, NULL::text AS currency
         FROM json_to_recordset($1) AS asked (gateway text, "transactionId" text, "paymentNumber" text)
         LEFT JOIN LATERAL (
              SELECT number, order_number FROM (
                     SELECT * FROM payments WHERE payments.number = asked."paymentNumber" LIMIT 1) AS found
               WHERE found.transaction_id = asked."transactionId" AND found.gateway = asked.gateway) AS payment ON true),
     examined AS MATERIALIZED (${EXAMINED(false)})
${BROKEN_PIECES}`;

interface PageRow {
  readonly rows: number;
  readonly next: string | null;
  readonly pieces: number;
  readonly broken: readonly BrokenPiece[];
}

export class PostgresAuditQueries implements AuditQueries {
  constructor(private readonly sql: PlainSql) {}

  async walk(source: AuditSource, period: Period): Promise<AuditWalk | null> {
    const { table, time } = SOURCES[source];
    const { from, before } = await idsOfTimes(this.sql, { table, time, ...period });
    return from === undefined ? null : { source, period, from, before };
  }

  async page({ source, period, from, before }: AuditWalk): Promise<AuditPage> {
    const values = [from, before, period.from, period.to];
    const [found] = await this.sql.query<PageRow>(pageStatement(source), values);
    const { rows, next, pieces, broken } = found!;
    const isLast = rows < PAGE_ROWS || next === null;
    return { pieces, broken, next: isLast ? null : { source, period, from: next, before } };
  }

  async examine(pieces: readonly NamedPiece[]): Promise<readonly BrokenPiece[]> {
    return this.sql.query<BrokenPiece>(EXAMINE, [JSON.stringify(pieces)]);
  }
}
