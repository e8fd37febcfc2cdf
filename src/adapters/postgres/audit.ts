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
/**
 * Rows of another table between the first and the last key of a page are read together if they are no more than these. Numbers of payments and
 * transactions ascend with time for most shops and gateways. What is beyond them is looked up row by row, which costs three times as much.
 */
const NEAR_ROWS = 2 * PAGE_ROWS;
/** The class of the advisory lock under which one page is read at a time, however many processes there are. It is held for that page only. */
const AUDITS = 6;
/** More cases than a piece of money has. */
const CASES_LIMIT = 1_000;

/** A table that names pieces of money. */
interface Source {
  readonly table: string;
  /** The column of the time at which a row was stored. Ids ascend with it. */
  readonly time: string;
  /** What of a row of the page is read. */
  readonly columns: string;
  /** What is read once for the page. */
  readonly also?: readonly string[];
  /** What is joined with each row of the page. */
  readonly joins?: string;
  /** Which rows name a piece that has to be examined here. */
  readonly isNamed: string;
  /** Which of these are certainly owned. */
  readonly isOrdinary?: string;
  /** The piece: gateway, transaction, payment, and the amount and the currency if only this row names them. */
  readonly piece: string;
}

const IN_PERIOD = (time: string) => `${time} >= $3::timestamptz AND ${time} < $4::timestamptz`;
const PIECE_OF_PAGE = 'page.gateway, page.transaction_id';

/** Whether a money case of the period names the piece, which is examined with the cases then. */
const HAS_CASE = (more = '') => `coalesce((
    SELECT true FROM discrepancies
     WHERE discrepancies.transaction_id = page.transaction_id
       AND (discrepancies.gateway = page.gateway AND money AND ${IN_PERIOD('opened_at')}${more}) IS TRUE LIMIT 1), false)`;

/** Whether the piece has settled a payment of the period, and is examined with the payments. */
const HAS_PAYMENT = `coalesce((
    SELECT (SELECT payments.transaction_id = page.transaction_id AND payments.gateway = page.gateway AND ${IN_PERIOD('payments.created_at')}
              FROM payments WHERE payments.number = settled_transactions.payment_number LIMIT 1)
      FROM settled_transactions
     WHERE settled_transactions.transaction_id = page.transaction_id AND settled_transactions.gateway = page.gateway LIMIT 1), false)`;

/** Whether the money has come. Refunds, disputes and messages may name a transaction before that. */
const IS_KNOWN = (piece: string) => `coalesce((
    SELECT true FROM settled_transactions
     WHERE settled_transactions.transaction_id = ${piece}.transaction_id AND settled_transactions.gateway = ${piece}.gateway LIMIT 1), (
    SELECT true FROM discrepancies
     WHERE discrepancies.transaction_id = ${piece}.transaction_id AND (discrepancies.gateway = ${piece}.gateway AND money) IS TRUE LIMIT 1), false)`;

const HAS_NO_CASE = (piece: string) =>
  `(SELECT true FROM discrepancies WHERE discrepancies.transaction_id = ${piece}.transaction_id LIMIT 1) IS NULL`;
const HAS_NO_REFUND = (piece: string) =>
  `(SELECT true FROM refunds WHERE refunds.transaction_id = ${piece}.transaction_id LIMIT 1) IS NULL`;

/** Between which transactions of each gateway, or which numbers, the rows of the page are. */
const RANGES_OF_TRANSACTIONS = `
     ranges AS MATERIALIZED (SELECT min(transaction_id) AS first, max(transaction_id) AS last FROM page GROUP BY gateway)`;

interface Near {
  readonly table: string;
  /** What is known of each row. The keys of the page are looked for among these, in a hash table. */
  readonly columns: string;
  /** The column of the index. */
  readonly key: string;
  readonly ranges: string;
  readonly condition?: string;
}

/** The rows of a table whose keys are in the ranges of the page. Without LIMIT inside, a wide range would be read as a whole. */
const NEAR = (name: string, { table, columns, key, ranges, condition = 'true' }: Near) => `
     near_${name} AS MATERIALIZED (
       SELECT near.* FROM ${ranges} AS range CROSS JOIN LATERAL (
              SELECT ${columns} FROM ${table} WHERE ${key} >= range.first AND ${key} <= range.last AND ${condition} ORDER BY ${key} LIMIT ${NEAR_ROWS}) AS near
        LIMIT ${NEAR_ROWS}),
     all_${name} AS MATERIALIZED (SELECT count(*) < ${NEAR_ROWS} AS are_near FROM near_${name})`;
const ALL_ARE_NEAR = (name: string) => `(SELECT are_near FROM all_${name})`;
/** Whether the row is there. `look` asks the table itself, if not all rows of the ranges were read. */
const IS_NEAR = (name: string, key: string, look: string) =>
  `(${key} IN (SELECT * FROM near_${name}) OR NOT ${ALL_ARE_NEAR(name)} AND ${look})`;
const NONE_IS_NEAR = (name: string, key: string, hasNone: string) =>
  `CASE WHEN ${ALL_ARE_NEAR(name)} THEN ${key} NOT IN (SELECT * FROM near_${name}) ELSE ${hasNone} END`;

/** What only the callback itself says. */
const OF_NOTICE = (name: string) => `(SELECT notice->>'${name}' FROM callbacks WHERE callbacks.id = page.id)`;

const SOURCES: Readonly<Record<AuditSource, Source>> = {
  payments: {
    table: 'payments',
    time: 'created_at',
    columns: `gateway, number, CASE WHEN ${IN_PERIOD('created_at')} THEN transaction_id END AS transaction_id,
              CASE WHEN transaction_id IS NOT NULL THEN order_number END AS order_number`,
    also: [
      RANGES_OF_TRANSACTIONS,
      `
     orders_of_page AS MATERIALIZED (SELECT min(order_number) AS first, max(order_number) AS last FROM page)`,
      NEAR('settled', {
        table: 'settled_transactions',
        columns: 'transaction_id, gateway, payment_number',
        key: 'transaction_id',
        ranges: 'ranges',
      }),
      NEAR('paid', {
        table: 'events',
        columns: 'order_number, payment_number',
        key: 'order_number',
        ranges: 'orders_of_page',
        condition: `type = 'order.paid'`,
      }),
      NEAR('orders', {
        table: 'orders',
        columns: 'number, status',
        key: 'number',
        ranges: 'orders_of_page',
      }),
      NEAR('cases', {
        table: 'discrepancies',
        columns: 'transaction_id',
        key: 'transaction_id',
        ranges: 'ranges',
      }),
      NEAR('refunds', {
        table: 'refunds',
        columns: 'transaction_id',
        key: 'transaction_id',
        ranges: 'ranges',
      }),
    ],
    isNamed: 'page.transaction_id IS NOT NULL',
    // It has settled the payment that paid its order, the order is not cancelled, and refunds have not come to the whole amount.
    isOrdinary: `
       ${IS_NEAR(
         'settled',
         '(page.transaction_id, page.gateway, page.number)',
         `(
       SELECT payment_number = page.number FROM settled_transactions
        WHERE settled_transactions.transaction_id = page.transaction_id AND settled_transactions.gateway = page.gateway LIMIT 1)`,
       )}
   AND ${IS_NEAR(
     'paid',
     '(page.order_number, page.number)',
     `(
       SELECT payment_number = page.number FROM events WHERE events.order_number = page.order_number AND type = 'order.paid' LIMIT 1)`,
   )}
   AND CASE WHEN ${ALL_ARE_NEAR('orders')} THEN (page.order_number, 'cancelled') NOT IN (SELECT * FROM near_orders)
            ELSE (SELECT status <> 'cancelled' FROM orders WHERE orders.number = page.order_number LIMIT 1) END
   AND ${NONE_IS_NEAR('cases', 'page.transaction_id', HAS_NO_CASE('page'))}
   AND (${NONE_IS_NEAR('refunds', 'page.transaction_id', HAS_NO_REFUND('page'))} OR (
       SELECT sum(amount) FILTER (WHERE currency = paid.money->>'currency') < max((paid.money->>'amount')::numeric)
         FROM (SELECT data->'amount' AS money FROM events WHERE events.order_number = page.order_number AND type = 'order.paid' LIMIT 1) AS paid
        CROSS JOIN LATERAL (
              SELECT amount, currency FROM refunds
               WHERE refunds.transaction_id = page.transaction_id AND refunds.gateway = page.gateway OFFSET 0) AS of_piece))`,
    piece: `${PIECE_OF_PAGE}, page.number`,
  },
  discrepancies: {
    table: 'discrepancies',
    time: 'opened_at',
    columns: `gateway, money, status, amount, currency, details, ended_by,
              CASE WHEN money AND ${IN_PERIOD('opened_at')} THEN transaction_id END AS transaction_id`,
    joins: `
 CROSS JOIN LATERAL (
       SELECT page.transaction_id IS NOT NULL AND NOT ${HAS_CASE(' AND discrepancies.id < page.id')} AND NOT ${HAS_PAYMENT} AS is_named OFFSET 0) AS piece`,
    isNamed: 'piece.is_named',
    // It has settled nothing and has no other case. The case is open without a refund, or refunds that come to just its amount have ended it.
    isOrdinary: `
       (SELECT true FROM settled_transactions
         WHERE settled_transactions.transaction_id = page.transaction_id AND settled_transactions.gateway = page.gateway LIMIT 1) IS NULL
   AND (SELECT true FROM discrepancies WHERE discrepancies.transaction_id = page.transaction_id AND (discrepancies.id <> page.id) IS TRUE LIMIT 1) IS NULL
   AND CASE WHEN page.status = 'open' THEN ${HAS_NO_REFUND('page')}
            WHEN page.ended_by->>'by' = 'refunds' AND NOT page.details ? 'amounts' THEN (
       SELECT sum(amount) FILTER (WHERE currency = page.currency) <= page.amount
              AND sum(amount) FILTER (WHERE currency = page.currency AND status = 'succeeded') >= page.amount
         FROM refunds WHERE refunds.transaction_id = page.transaction_id AND refunds.gateway = page.gateway) END`,
    piece: PIECE_OF_PAGE,
  },
  // A success that was decided. Nearly all of them have settled a payment of the period, which has been examined with the payments.
  callbacks: {
    table: 'callbacks',
    time: 'received_at',
    columns: `gateway, payment_number,
              CASE WHEN outcome NOT IN ('pending', 'undeliverable') AND ${IN_PERIOD('received_at')}
                    AND (kind = 'succeeded' OR kind = 'conflicting' AND notice->>'claimedKind' = 'succeeded')
                   THEN notice->>'transactionId' END AS transaction_id`,
    also: [
      `
     payments_of_page AS MATERIALIZED (
       SELECT min(payment_number) AS first, max(payment_number) AS last FROM page WHERE transaction_id IS NOT NULL)`,
      NEAR('payments', {
        table: 'payments',
        // Not NULL, of which each one would be compared with each row that is not found.
        columns: `number, gateway, CASE WHEN transaction_id IS NOT NULL AND ${IN_PERIOD('created_at')} THEN transaction_id ELSE '' END`,
        key: 'number',
        ranges: 'payments_of_page',
      }),
    ],
    isNamed: `page.transaction_id IS NOT NULL
   AND ${IS_NEAR(
     'payments',
     '(page.payment_number, page.gateway, page.transaction_id)',
     `(
       SELECT payments.transaction_id = page.transaction_id AND payments.gateway = page.gateway AND ${IN_PERIOD('payments.created_at')}
         FROM payments WHERE payments.number = page.payment_number LIMIT 1)`,
   )} IS NOT TRUE
   AND NOT ${HAS_CASE()} AND NOT ${HAS_PAYMENT}`,
    piece: `${PIECE_OF_PAGE}, NULL, ${OF_NOTICE('amount')}, ${OF_NOTICE('currency')}`,
  },
  // A refund that an operator has recorded for a case is found with the case.
  refunds: {
    table: 'refunds',
    time: 'created_at',
    columns: 'gateway, transaction_id, waiting, discrepancy_id, created_at',
    isNamed: `NOT waiting AND discrepancy_id IS NULL AND ${IN_PERIOD('created_at')} AND NOT ${HAS_CASE()} AND NOT ${HAS_PAYMENT}`,
    piece: PIECE_OF_PAGE,
  },
  disputes: {
    table: 'disputes',
    time: 'opened_at',
    columns: 'gateway, transaction_id, waiting, opened_at',
    isNamed: `NOT waiting AND ${IN_PERIOD('page.opened_at')} AND NOT ${HAS_CASE()} AND NOT ${HAS_PAYMENT}`,
    piece: PIECE_OF_PAGE,
  },
  events: {
    table: 'events',
    time: 'at',
    columns: 'type, order_number, data, at',
    joins: `
  LEFT JOIN LATERAL (
       SELECT data->>'gateway' AS gateway, data->>'transactionId' AS transaction_id, data->>'kind' = 'succeeded' AS has_come
        WHERE type IN ('discrepancy.resolved', 'refund.succeeded', 'refund.failed')
           OR type LIKE 'callback.%' AND type NOT IN ('callback.replayed', 'callback.undeliverable') AND data->>'kind' = 'succeeded'
       UNION ALL
       SELECT gateway, transaction_id, true FROM payments
        WHERE type = 'order.cancelled' AND payments.order_number = page.order_number AND (status = 'succeeded') IS TRUE) AS piece ON true`,
    isNamed: `piece.gateway IS NOT NULL AND piece.transaction_id IS NOT NULL AND ${IN_PERIOD('at')}
   AND (piece.has_come OR ${IS_KNOWN('piece')})`,
    piece: 'piece.gateway, piece.transaction_id',
  },
};

/** The pieces of money that the statement is about, each with the payment that it has settled and what its order says. */
const EXAMINED = `
SELECT found.*, orders.status, event.payment_number AS paid_by, event.data AS paid
  FROM (SELECT named.gateway, named.transaction_id, named.amount, named.currency, settled.number AS listed,
               CASE WHEN named.number IS NOT NULL THEN named.number WHEN held.has_it THEN settled.number END AS number,
               coalesce(named.order_number, held.order_number) AS order_number
          FROM named
          LEFT JOIN LATERAL (
               SELECT payment_number AS number FROM settled_transactions
                WHERE settled_transactions.transaction_id = named.transaction_id AND settled_transactions.gateway = named.gateway LIMIT 1) AS settled ON true
          LEFT JOIN LATERAL (
               SELECT order_number, payments.transaction_id = named.transaction_id AND payments.gateway = named.gateway AS has_it
                 FROM payments WHERE named.number IS NULL AND payments.number = settled.number LIMIT 1) AS held ON true
        OFFSET 0) AS found
  LEFT JOIN LATERAL (SELECT status FROM orders WHERE orders.number = found.order_number LIMIT 1) AS orders ON true
  LEFT JOIN LATERAL (
       SELECT payment_number, data FROM events WHERE events.order_number = found.order_number AND type = 'order.paid' LIMIT 1) AS event ON true`;

/** It has settled the payment that paid its order, the order is not cancelled, and there is no case and no refund. */
const IS_ORDINARY = `
       coalesce(piece.number = piece.listed AND piece.paid_by = piece.number AND piece.status <> 'cancelled', false)
   AND ${HAS_NO_CASE('piece')} AND ${HAS_NO_REFUND('piece')}`;

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
 CROSS JOIN LATERAL (SELECT CASE WHEN piece.paid_by = piece.number THEN piece.paid->'amount' END AS money) AS paid
  LEFT JOIN LATERAL (
       SELECT data->'amount' AS money FROM (
              SELECT type, data FROM events WHERE events.payment_number = piece.number ORDER BY events.payment_number, id OFFSET 0) AS log
        WHERE type = 'payment.succeeded' LIMIT 1) AS came ON paid.money IS NULL`;

/** Every amount with which the piece came. */
const AMOUNTS = `
SELECT amount, currency, true AS is_settled FROM (${MONEY_OF_PAYMENT}) AS settled WHERE amount IS NOT NULL
UNION ALL SELECT named.amount, named.currency, false
  FROM ${CASES} CROSS JOIN LATERAL (
       SELECT of_piece.amount, of_piece.currency WHERE of_piece.amount IS NOT NULL
       UNION ALL SELECT split_part(text, ' ', 1)::numeric, split_part(text, ' ', 2)
         FROM jsonb_array_elements_text(CASE jsonb_typeof(details->'amounts') WHEN 'array' THEN details->'amounts' ELSE '[]' END) AS text
        WHERE text ~ '^[0-9]+([.][0-9]+)? [A-Z]{3}$') AS named
 WHERE money
UNION ALL SELECT piece.amount, piece.currency, false WHERE piece.amount IS NOT NULL`;

/**
 * What has gone back. Settled money is back if refunds that succeeded come to the amount that has settled. Before that nobody knows which of its
 * amounts is right, so they must come to each; if none is known, to anything. Refunds exceed it if they come to more than the greatest.
 */
const BACK = `
SELECT CASE WHEN bool_or(settled IS NOT NULL) THEN bool_or(back >= settled)
            WHEN count(*) > 0 THEN bool_and(coalesce(back >= most, false))
            ELSE (SELECT true FROM ${REFUNDS} WHERE status = 'succeeded' LIMIT 1) END AS is_back,
       bool_or(gone > most) AS exceeds
  FROM (SELECT currency, max(amount) FILTER (WHERE is_settled) AS settled, max(amount) AS most FROM (${AMOUNTS}) AS known GROUP BY currency) AS known
 CROSS JOIN LATERAL (
       SELECT sum(amount) FILTER (WHERE status = 'succeeded') AS back,
              -- The gateway's sum, part of which has no refund of its own, has what the gateway is working on.
              sum(amount) FILTER (WHERE status = 'succeeded') + greatest(0, coalesce(sum(amount) FILTER (WHERE status = 'processing'), 0)
                - coalesce(sum(amount) FILTER (WHERE unnamed), 0)) AS gone
         FROM ${REFUNDS} WHERE of_piece.currency = known.currency) AS sums
 WHERE EXISTS (SELECT FROM ${REFUNDS})`;

/** What an ended money case names must exist and be about this piece. Releases before 0.8.0 have not stored which case was the successor. */
const IS_ENDING_FOUND = `coalesce(CASE ended_by->>'by'
  WHEN 'settlement' THEN ended_by->>'paymentNumber' = piece.number
  -- The sum of the gateway may have ended it, which no refund explains.
  WHEN 'refunds' THEN back.is_back OR ended_by->>'refundNumber' IS NULL OR (SELECT true FROM ${REFUNDS} WHERE of_piece.number = ended_by->>'refundNumber' LIMIT 1)
  WHEN 'successor' THEN CASE
    WHEN ended_by->>'discrepancyId' IS NULL THEN true
    WHEN ended_by->>'discrepancyId' ~ '^[0-9]{1,18}$' THEN (
      SELECT successor.money AND successor.transaction_id = of_piece.transaction_id AND successor.gateway = of_piece.gateway
        FROM discrepancies AS successor WHERE successor.id = (of_piece.ended_by->>'discrepancyId')::bigint LIMIT 1) END
  WHEN 'decision' THEN resolution IS NOT NULL END, false)`;

const FACTS = `
SELECT count(*) FILTER (WHERE is_open AND money) AS open, max(id) FILTER (WHERE is_open AND money) AS open_id,
       bool_or(is_open AND money AND gone >= most AND NOT (kind = 'order_not_payable' AND (details->>'reason' = 'money_back') IS TRUE)) AS open_back,
       -- Cases of settled money that are older than the settlement decide nothing about it any more.
       (array_agg(ended_by->>'by' ORDER BY id DESC) FILTER (WHERE money AND NOT is_open
          AND (piece.number IS NULL OR kind IN ('order_not_payable', 'refund_due'))))[1] AS newest_end,
       bool_or(kind = 'refund_failed' AND (is_open OR ended_by->>'by' = 'decision')) AS has_failed_refund,
       bool_or(kind = 'refund_exceeds_payment') AS has_excess_case, bool_or(kind = 'refund_reported') AS has_report,
       max(id) FILTER (WHERE money AND NOT is_open AND NOT ${IS_ENDING_FOUND}) AS unfounded_id
  FROM (SELECT of_piece.*, status = 'open' AS is_open,
               CASE WHEN status = 'open' AND money THEN (
                 SELECT sum(refunded.amount) FROM ${REFUNDS.replace('AS of_piece', 'AS refunded')}
                  WHERE refunded.currency = of_piece.currency AND refunded.status = 'succeeded') END AS gone,
               CASE WHEN NOT (status = 'open' AND money) THEN NULL
                    WHEN jsonb_typeof(details->'amounts') = 'array' THEN (
                 SELECT CASE WHEN bool_and(split_part(text, ' ', 2) = of_piece.currency) THEN max(split_part(text, ' ', 1)::numeric) END
                   FROM jsonb_array_elements_text(of_piece.details->'amounts') AS text WHERE text ~ '^[0-9]+([.][0-9]+)? [A-Z]{3}$')
                    ELSE amount END AS most
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
  FROM (SELECT * FROM (${EXAMINED} OFFSET 0) AS piece WHERE NOT (${IS_ORDINARY}) OFFSET 0) AS piece
 CROSS JOIN LATERAL (
       SELECT piece.status, (piece.number IS NOT NULL AND piece.paid_by = piece.number AND piece.status <> 'cancelled') IS TRUE AS its_order) AS pays
 CROSS JOIN LATERAL (${BACK}) AS back
 CROSS JOIN LATERAL (${FACTS}) AS facts
 CROSS JOIN LATERAL (
       SELECT array_remove(ARRAY[${VIOLATIONS.map((name) => `CASE WHEN ${RULES[name]} THEN '${name}' END`).join(',\n         ')}], NULL)
              AS violations) AS broken
 WHERE broken.violations <> '{}'`;

/**
 * One pass over the next rows of a table: counts the rows that name a piece, and names the pieces that are not ordinary ones. Nearly all are, so
 * the statement only asks what makes a piece ordinary. Another one examines the others.
 */
const pageStatement = (name: AuditSource): string => {
  const { table, columns, also, joins = '', isNamed, isOrdinary = 'false', piece } = SOURCES[name];
  const rows = `SELECT id, ${columns} FROM ${table} WHERE id >= $1 AND id < $2 AND (SELECT has_come FROM turn) ORDER BY id LIMIT ${PAGE_ROWS}`;
  // A page is stored only if more than one part of the statement reads it.
  const stored = also && [`page AS MATERIALIZED (${rows})`, ...also];
  return `
WITH ${[`turn AS MATERIALIZED (SELECT true AS has_come FROM pg_advisory_xact_lock(${AUDITS}, 0))`, ...(stored ?? [])].join(',')}
SELECT CASE WHEN max(page.id) + 1 < $2 THEN (max(page.id) + 1)::text END AS next,
       (SELECT id FROM callbacks WHERE id >= 0 ORDER BY id DESC LIMIT 1)::text AS "newestCallback",
       ${isOrdinary === 'false' ? 'NULL' : `count(*) FILTER (WHERE ${isNamed})::int`} AS pieces,
       json_agg(json_build_array(${piece})) FILTER (WHERE ${isNamed} AND (${isOrdinary}) IS NOT TRUE) AS others
  FROM ${stored ? 'page' : `(${rows}) AS page`}${joins}`;
};

/** A piece is examined as it is now, whatever was known of it when it was named. */
const EXAMINE = `
WITH named AS (
       SELECT asked.gateway, asked.transaction_id, payment.number, payment.order_number, asked.amount, asked.currency
         FROM (SELECT gateway, transaction_id, number, min(amount) AS amount, min(currency) AS currency
                 FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::text[]) AS piece (gateway, transaction_id, number, amount, currency)
                GROUP BY gateway, transaction_id, number) AS asked
         LEFT JOIN LATERAL (
              SELECT number, order_number FROM (
                     SELECT * FROM payments WHERE payments.number = asked.number LIMIT 1) AS found
               WHERE found.transaction_id = asked.transaction_id AND found.gateway = asked.gateway) AS payment ON true)
${BROKEN_PIECES}`;

interface PageRow {
  readonly next: string | null;
  /** Null if only the others are counted. */
  readonly pieces: number | null;
  readonly newestCallback: string | null;
  /** The pieces that are not ordinary. */
  readonly others: readonly AskedPiece[] | null;
}

/** Gateway, transaction, the payment that it has settled, and the amount and the currency that only a callback has named. */
type AskedPiece = readonly (string | null)[];

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
    const { next, newestCallback, others, ...counted } = found!;
    const pieces = counted.pieces ?? new Set(others?.map(([gateway, id]) => `${gateway} ${id}`)).size;
    const broken = others ? await this.brokenOf(others) : [];
    return {
      pieces,
      broken,
      newestCallback,
      next: next === null ? null : { source, period, from: next, before },
    };
  }

  async examine(pieces: readonly NamedPiece[]): Promise<readonly BrokenPiece[]> {
    return this.brokenOf(
      pieces.map(({ gateway, transactionId, paymentNumber }) => [gateway, transactionId, paymentNumber]),
    );
  }

  private brokenOf(pieces: readonly AskedPiece[]): Promise<readonly BrokenPiece[]> {
    const columns = [0, 1, 2, 3, 4].map((column) => pieces.map((piece) => piece[column] ?? null));
    return this.sql.query<BrokenPiece>(EXAMINE, columns);
  }
}
