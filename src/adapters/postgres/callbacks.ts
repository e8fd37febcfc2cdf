import type {
  CallbackContent,
  CallbackDetail,
  CallbackFilter,
  CallbackQueries,
  CallbackView,
  PendingCallbacks,
} from '../../application/callbacks/callback-queries.js';
import type {
  BodyCursor,
  CallbackKey,
  CallbackRepository,
  NewCallback,
  ParsedNotification,
  Receipt,
  StoredCallback,
  StoredCallbackWithBody,
} from '../../application/callbacks/callback-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { LockMode } from '../../application/transaction.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import type { Orm, Session } from './engine/transaction.js';
import { callbackContents, callbacks as table, type CallbackRow } from './entities.js';
import {
  between,
  SCATTERED_LIMIT,
  listPage,
  newestOf,
  type Keys,
  type List,
  type WalkBounds,
} from './list-page.js';
import { noticeFrom, notificationFrom } from './notices.js';

/** What a stored callback is made of. The columns have the names of the entity's properties. */
type StoredRow = Omit<CallbackRow, 'kind' | 'paymentNumber' | 'body'>;

const COLUMNS = `callbacks.id, callbacks.gateway, callbacks.event_id AS "eventId", callbacks.fingerprint, callbacks.notice,
  callbacks.received_at AS "receivedAt", callbacks.judged_at AS "judgedAt", callbacks.outcome, callbacks.attempts`;

function storedFrom(row: StoredRow): StoredCallback {
  return {
    id: row.id,
    eventId: row.eventId,
    fingerprint: row.fingerprint,
    notification: notificationFrom(row.gateway, row.notice),
    receivedAt: row.receivedAt,
    judgedAt: row.judgedAt,
    outcome: row.outcome,
    attempts: row.attempts,
  };
}

const COLUMNS_OF_INSERT = `id, gateway, event_id, fingerprint, kind, payment_number, notice, key_id, received_at, judged_at, outcome,
  settled_at, next_attempt_at, deliveries`;
const TYPES_OF_INSERT = `id bigint, gateway text, event_id text, fingerprint text, kind text, payment_number text, notice jsonb, key_id text,
  received_at timestamptz, judged_at timestamptz, outcome text, settled_at timestamptz, next_attempt_at timestamptz, deliveries integer`;
const CURRENT_SLOT = '(SELECT slot FROM content_slots WHERE closed_at IS NULL)';

const INSERT_CALLBACKS = `
INSERT INTO callbacks (${COLUMNS_OF_INSERT}) OVERRIDING SYSTEM VALUE
SELECT ${COLUMNS_OF_INSERT} FROM json_to_recordset($1) AS new (${TYPES_OF_INSERT})`;

const INSERT_CONTENTS = `
INSERT INTO callback_contents (slot, callback_id, headers, body)
SELECT ${CURRENT_SLOT}, id, headers, decode(body, 'base64') FROM json_to_recordset($1) AS new (id bigint, headers jsonb, body text)`;

/**
 * Stores bare receipts whose keys do not exist yet, with their contents. $1: `receiptsToInsert`. It is one statement, so it is a
 * transaction by itself; the number of its rows is that of the stored receipts.
 */
export const INSERT_RECEIPTS = `
WITH new AS MATERIALIZED (
  SELECT nextval('callbacks_id_seq') AS id, gateway, event_id, fingerprint, kind, payment_number, notice, key_id, received_at, judged_at,
         outcome, settled_at, next_attempt_at, deliveries, headers, body
    FROM json_to_recordset($1) AS given (${TYPES_OF_INSERT}, headers jsonb, body text)
), stored AS (
  INSERT INTO callbacks (${COLUMNS_OF_INSERT}) OVERRIDING SYSTEM VALUE SELECT ${COLUMNS_OF_INSERT} FROM new
  ON CONFLICT ON CONSTRAINT callbacks_event_key DO NOTHING RETURNING id
)
INSERT INTO callback_contents (slot, callback_id, headers, body)
SELECT ${CURRENT_SLOT}, new.id, headers, decode(body, 'base64') FROM stored JOIN new ON new.id = stored.id`;

/** The time of the next attempt at a receipt that is stored without a decision. */
export function receiptsToInsert(receipts: readonly Receipt[], nextAttemptAt: Date): string {
  const pending = { id: null, outcome: 'pending', at: nextAttemptAt, deliveries: 1 } as const;
  const rows = inKeyOrder(receipts.map((receipt) => ({ receipt, ...pending })));
  return JSON.stringify(rows.map((row) => ({ ...insertedRow(row), ...contentOf(row.receipt) })));
}

/** A callback whose id was reserved before, or is given by the insert. */
type InsertedCallback = Omit<NewCallback, 'id'> & { readonly id: string | null };

/** In order of (gateway, event id), in which every transaction takes inbox keys, so that two inserts cannot deadlock. */
function inKeyOrder<Row extends InsertedCallback>(callbacks: readonly Row[]): Row[] {
  const keyed = callbacks.map(
    (each) => [`${each.receipt.notification.gateway} ${each.receipt.eventId}`, each] as const,
  );
  return keyed.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}

function insertedRow({ id, receipt, outcome, at, deliveries }: InsertedCallback): Record<string, unknown> {
  const { notification } = receipt;
  return {
    id,
    gateway: notification.gateway,
    event_id: receipt.eventId,
    fingerprint: receipt.fingerprint,
    kind: notification.kind,
    payment_number: notification.paymentNumber,
    notice: noticeFrom(notification),
    key_id: receipt.keyId,
    received_at: receipt.receivedAt,
    judged_at: receipt.judgedAt,
    outcome,
    settled_at: outcome === 'pending' ? null : at,
    next_attempt_at: outcome === 'pending' ? at : null,
    deliveries,
  };
}

function contentOf({ headers, body }: Receipt): Record<string, unknown> {
  return { headers, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64') };
}

/**
 * The order in which every transaction locks callbacks. It is one record and not two columns, because the index on the two columns
 * has that order, and the planner would walk through all of it if it expects few callbacks. For the same reason a condition on
 * another indexed column is written with IS TRUE: rows that are looked up by id must not be looked up by their outcome.
 */
const KEY_ORDER = '(gateway, event_id)';

/** The class of the advisory lock on leasing. Those on payment numbers and idempotency keys have other ones. */
const LEASES = 3;

export class PostgresCallbacks implements CallbackRepository {
  private readonly prepared: PreparedSql;
  private readonly plain: PlainSql;
  private readonly orm: Orm;

  constructor({ prepared, plain, orm }: Session) {
    this.prepared = prepared;
    this.plain = plain;
    this.orm = orm;
  }

  async findByKeys(keys: readonly CallbackKey[]): Promise<StoredCallback[]> {
    const rows = await this.prepared.query<StoredRow>(
      // LATERAL with a limit, because a plain join may be planned as a walk along the whole index.
      `SELECT stored.* FROM json_to_recordset($1) AS asked (gateway text, "eventId" text), LATERAL (
         SELECT ${COLUMNS} FROM callbacks
          WHERE callbacks.gateway = asked.gateway AND callbacks.event_id = asked."eventId" LIMIT 1) AS stored`,
      [JSON.stringify(keys)],
    );
    return rows.map(storedFrom);
  }

  async reserveIds(count: number): Promise<string[]> {
    const rows = await this.prepared.query<{ id: string }>(
      `SELECT nextval('callbacks_id_seq') AS id FROM generate_series(1, $1)`,
      [count],
    );
    return rows.map(({ id }) => id);
  }

  async add(callbacks: readonly NewCallback[]): Promise<void> {
    const contents = callbacks.map(({ id, receipt }) => ({ id, ...contentOf(receipt) }));
    await Promise.all([
      this.prepared.write(INSERT_CALLBACKS, [JSON.stringify(inKeyOrder(callbacks).map(insertedRow))]),
      this.prepared.write(INSERT_CONTENTS, [JSON.stringify(contents)]),
    ]);
  }

  async countCopies(copies: readonly { id: string; copies: number }[]): Promise<void> {
    // Locks the rows first, in the order of all transactions: an UPDATE with a join locks them in the order of its plan.
    await this.prepared.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (id bigint, copies integer)),
            locked AS (SELECT id FROM callbacks WHERE id = ANY(ARRAY(SELECT id FROM new)) ORDER BY ${KEY_ORDER} FOR UPDATE)
       UPDATE callbacks SET deliveries = deliveries + new.copies
         FROM locked JOIN new ON new.id = locked.id
        WHERE callbacks.id = locked.id AND callbacks.id = ANY(ARRAY(SELECT id FROM new))`,
      [JSON.stringify(copies)],
    );
  }

  async lockUndecided(ids: readonly string[], mode: LockMode): Promise<string[]> {
    const rows = await this.prepared.query<{ id: string }>(
      `SELECT id FROM callbacks WHERE id = ANY($1) AND (outcome IN ('pending', 'unmatched')) IS TRUE
        ORDER BY ${KEY_ORDER} FOR UPDATE ${mode === 'skip' ? 'SKIP LOCKED' : ''}`,
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  async saveOutcomes(decisions: readonly { id: string; outcome: Outcome; at: Date }[]): Promise<void> {
    await this.prepared.write(
      // As in the table of payments.
      `UPDATE callbacks SET outcome = changed.outcome, settled_at = changed.at, next_attempt_at = NULL
         FROM (SELECT new.*, (SELECT ctid FROM callbacks WHERE callbacks.id = new.id LIMIT 1) AS place
                 FROM json_to_recordset($1) AS new (id bigint, outcome text, at timestamptz) OFFSET 0) AS changed
        WHERE callbacks.ctid = changed.place`,
      [JSON.stringify(decisions)],
    );
  }

  async leaseDue(now: Date, leasedUntil: Date, limit: number): Promise<StoredCallback[]> {
    // One process at a time. A second one would lock rows that the first has just leased, before it sees that they are not due;
    // the first would then find its own callbacks contended.
    await this.plain.query('SELECT pg_advisory_xact_lock($1, 0)', [LEASES]);
    const rows = await this.plain.query<StoredRow>(
      // An array of ids can only be looked up. A join may be planned as a walk through the whole table.
      `UPDATE callbacks SET attempts = attempts + 1, next_attempt_at = $2
        WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE outcome = 'pending' AND next_attempt_at <= $1
                               ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED))
       RETURNING ${COLUMNS}`,
      [now, leasedUntil, limit],
    );
    // RETURNING has no order. They are settled in order of receipt.
    return rows.toSorted((left, right) => Number(left.id) - Number(right.id)).map(storedFrom);
  }

  async postpone(retries: readonly { readonly id: string; readonly at: Date }[]): Promise<void> {
    // A transaction that has locked one of them is about to decide it.
    await this.plain.execute(
      `WITH locked AS (SELECT id FROM callbacks WHERE id = ANY($1) AND (outcome = 'pending') IS TRUE
                        ORDER BY ${KEY_ORDER} FOR UPDATE SKIP LOCKED)
       UPDATE callbacks SET next_attempt_at = new.at
         FROM locked JOIN unnest($1::bigint[], $2::timestamptz[]) AS new (id, at) ON new.id = locked.id
        WHERE callbacks.id = locked.id AND callbacks.id = ANY($1)`,
      [retries.map(({ id }) => id), retries.map(({ at }) => at)],
    );
  }

  async findUnmatched(paymentNumbers: readonly string[], limit: number): Promise<StoredCallback[]> {
    const rows = await this.prepared.query<StoredRow>(
      `SELECT waiting.* FROM unnest($1::text[]) AS asked (number), LATERAL (
         SELECT ${COLUMNS} FROM callbacks WHERE outcome = 'unmatched' AND payment_number = asked.number
          ORDER BY received_at, id LIMIT $2) AS waiting
        ORDER BY "receivedAt", id`,
      [paymentNumbers, limit],
    );
    return rows.map(storedFrom);
  }

  async findMatchable(
    after: string | null,
    limit: number,
  ): Promise<{ readonly callbacks: readonly StoredCallback[]; readonly next: string | null }> {
    const [page] = await this.plain.query<{ last: string | null; examined: number; numbers: string[] }>(
      // The inner walk reads only the small index of unmatched callbacks. The subselect is one look-up for each number; a join or
      // an EXISTS may be planned over all payments.
      `SELECT max(number) AS last, count(*)::int AS examined, coalesce(array_agg(number) FILTER (WHERE has_come), '{}') AS numbers
         FROM (SELECT number, (SELECT true FROM payments WHERE payments.number = page.number LIMIT 1) AS has_come
                 FROM (SELECT DISTINCT payment_number AS number FROM callbacks
                        WHERE outcome = 'unmatched' AND payment_number > $1 ORDER BY payment_number LIMIT $2) AS page) AS looked_up`,
      [after ?? '', limit],
    );
    const { last, examined, numbers } = page!;
    const rows = numbers.length
      ? await this.plain.query<StoredRow>(
          `SELECT waiting.* FROM unnest($1::text[]) AS asked (number), LATERAL (
             SELECT ${COLUMNS} FROM callbacks WHERE outcome = 'unmatched' AND payment_number = asked.number
              ORDER BY received_at, id LIMIT $2) AS waiting
            ORDER BY "receivedAt", id LIMIT $2`,
          [numbers, limit],
        )
      : [];
    return { callbacks: rows.map(storedFrom), next: examined === limit ? last : null };
  }

  async findById(id: string): Promise<StoredCallbackWithBody | null> {
    const row = await this.orm.run((manager) => manager.findOneBy(table, { id }));
    if (!row) return null;
    const content = await this.orm.run((manager) => manager.findOneBy(callbackContents, { callbackId: id }));
    return { ...storedFrom(row), body: content?.body ?? row.body };
  }

  async lock(id: string): Promise<Outcome> {
    const { outcome } = await this.orm.run((manager) =>
      manager.findOneOrFail(table, {
        select: { id: true, outcome: true },
        where: { id },
        lock: { mode: 'pessimistic_write' },
      }),
    );
    return outcome;
  }

  async saveParsed(
    id: string,
    { notification, fingerprint, judgedAt }: ParsedNotification & { readonly judgedAt: Date },
  ): Promise<void> {
    const { kind, paymentNumber } = notification;
    const parsed = { notice: noticeFrom(notification), kind, paymentNumber, fingerprint, judgedAt };
    await this.orm.run((manager) => manager.update(table, id, parsed));
  }

  async rotateContents(retentionDays: number): Promise<number> {
    const [done] = await this.plain.query<{ emptied: number }>(
      'SELECT rotate_callback_contents(make_interval(days => $1)) AS emptied',
      [retentionDays],
    );
    return done!.emptied;
  }

  async pruneBodies(
    settledBefore: Date,
    after: BodyCursor | null,
    limit: number,
  ): Promise<{ readonly pruned: number; readonly next: BodyCursor | null }> {
    // The cursor is text as PostgreSQL wrote it, because a JavaScript date has no microseconds.
    const page = await this.plain.query<{ id: string; settledAt: string; isNeeded: boolean }>(
      `SELECT id, settled_at::text AS "settledAt", coalesce((SELECT true FROM discrepancies
              WHERE discrepancies.callback_id = callbacks.id AND (status = 'open') IS TRUE LIMIT 1), false) AS "isNeeded"
         FROM callbacks
        WHERE body IS NOT NULL AND settled_at < $1 AND (settled_at, id) > ($2::timestamptz, $3::bigint)
        ORDER BY settled_at, id LIMIT $4`,
      [settledBefore, after?.settledAt ?? '-infinity', after?.id ?? '0', limit],
    );
    const ids = page.flatMap(({ id, isNeeded }) => (isNeeded ? [] : [id]));
    if (ids.length) {
      await this.plain.execute(
        // A contended row waits for the next walk. A callback that was decided again in the meantime keeps its body.
        `UPDATE callbacks SET body = NULL, headers = NULL
          WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE id = ANY($1) AND (settled_at < $2) IS TRUE
                                 ORDER BY ${KEY_ORDER} FOR UPDATE SKIP LOCKED))`,
        [ids, settledBefore],
      );
    }
    const { settledAt, id } = page.at(-1) ?? {};
    return { pruned: ids.length, next: page.length === limit ? { settledAt: settledAt!, id: id! } : null };
  }
}

// How callbacks are found, as SQL. One index has those of a payment, except for the one that settled it. That one is named by the event
// that made the order paid.

const OTHERS_OF = (paymentNumber: string, bounds: Omit<WalkBounds, 'value'>): string => {
  const own = newestOf({ ...bounds, table: 'callbacks', column: 'payment_number', value: paymentNumber });
  return `SELECT id FROM callbacks
    WHERE outcome <> 'settled' AND payment_number IS NOT NULL AND ${own.condition} ORDER BY ${own.order} LIMIT ${SCATTERED_LIMIT}`;
};

/** The events that made these orders paid; the callback of an acceptance is not settled. */
const SETTLED_OF = (orderNumbers: string, { before, from }: WalkBounds, isOwn = 'true'): string =>
  `SELECT callback_id AS key FROM events
    WHERE type = 'order.paid' AND order_number = ANY (${orderNumbers}) AND (${between('callback_id', before, from)} AND ${isOwn}) IS TRUE
      AND (SELECT outcome FROM callbacks WHERE callbacks.id = callback_id LIMIT 1) = 'settled'`;

function keysOfPayment(bounds: WalkBounds): Keys {
  const order = `ARRAY(SELECT order_number FROM payments WHERE number = ${bounds.value})`;
  return {
    select: `SELECT key FROM (
      (SELECT id AS key FROM (${OTHERS_OF(bounds.value, bounds)}) AS others)
      UNION ALL
      (${SETTLED_OF(order, bounds, `payment_number = ${bounds.value}`)})) AS own`,
    order: 'key DESC',
  };
}

function keysOfOrder(bounds: WalkBounds): Keys {
  return {
    select: `SELECT key FROM (
      (SELECT others.id AS key FROM payments, LATERAL (${OTHERS_OF('payments.number', bounds)}) AS others
        WHERE order_number = ${bounds.value})
      UNION ALL
      (${SETTLED_OF(`ARRAY[${bounds.value}]`, bounds)})) AS own`,
    order: 'key DESC',
  };
}

/**
 * Callbacks about the payments that the transaction settled or that a case of it names. A refund may name only the transaction. Then the
 * case names it, or for a further refund of the same transaction an event of the payment does.
 */
function keysOfTransaction(bounds: WalkBounds): Keys {
  const { value, before, from } = bounds;
  const numbers = `SELECT payment_number AS number FROM settled_transactions WHERE transaction_id = ${value}
    UNION SELECT payment_number FROM discrepancies WHERE transaction_id = ${value}`;
  const orders = `ARRAY(SELECT order_number FROM payments WHERE number = ANY (ARRAY(
      SELECT payment_number FROM settled_transactions WHERE transaction_id = ${value})))`;
  const events = newestOf({ table: 'events', column: 'payment_number', value: 'payment.number' });
  return {
    select: `SELECT key FROM (
      SELECT callback_id AS key FROM discrepancies WHERE transaction_id = ${value}
      UNION
      ${SETTLED_OF(orders, bounds)}
      UNION
      SELECT named.id FROM (${numbers}) AS payment, LATERAL (
        (${OTHERS_OF('payment.number', bounds)})
        UNION ALL
        (SELECT callback_id FROM events WHERE ${events.condition} ORDER BY ${events.order} LIMIT ${SCATTERED_LIMIT})) AS named
      ) AS own
      WHERE ${between('key', before, from)}
        AND (SELECT notice->>'transactionId' FROM callbacks WHERE callbacks.id = key LIMIT 1) = ${value}`,
    order: 'key DESC',
  };
}

/** One look-up for each gateway: the gateways are found by skipping from one to the next in the index. */
function keysOfEvent({ value, before, from }: WalkBounds): Keys {
  const next = (after: string) =>
    `(SELECT gateway FROM callbacks WHERE gateway > ${after} ORDER BY gateway LIMIT 1)`;
  return {
    select: `SELECT found.id AS key FROM (
        WITH RECURSIVE gateways (name) AS (
          SELECT ${next(`''`)} UNION ALL SELECT ${next('name')} FROM gateways WHERE name IS NOT NULL)
        SELECT name FROM gateways WHERE name IS NOT NULL) AS known, LATERAL (
        SELECT id FROM callbacks WHERE gateway = known.name AND event_id = ${value} LIMIT 1) AS found
      WHERE ${between('found.id', before, from)}`,
    order: 'key DESC',
  };
}

const LIST: List = {
  table: 'callbacks',
  columns: `id, gateway, event_id AS "eventId", kind, payment_number AS "paymentNumber", outcome, deliveries,
  received_at AS "receivedAt", settled_at AS "settledAt"`,
  time: 'received_at',
  filters: {
    gateway: 'gateway',
    outcome: 'outcome',
    paymentNumber: 'payment_number',
    orderNumber:
      '(SELECT order_number FROM payments WHERE payments.number = callbacks.payment_number LIMIT 1)',
    transactionId: `notice->>'transactionId'`,
    eventId: 'event_id',
  },
  walks: [
    { by: 'eventId', keys: keysOfEvent },
    { by: 'transactionId', keys: keysOfTransaction },
    { by: 'paymentNumber', keys: keysOfPayment },
    { by: 'orderNumber', keys: keysOfOrder },
    // The index has every outcome but this one, which nearly all rows have.
    { by: 'outcome', predicate: `outcome <> 'settled'`, except: 'settled' },
  ],
};

// Contents of releases before 0.5.0 are in the table of callbacks.
const FIND = `
SELECT ${LIST.columns}, notice, coalesce(content.headers, callbacks.headers) AS headers,
       translate(encode(coalesce(content.body, callbacks.body), 'base64'), E'\\n', '') AS "bodyBase64"
  FROM callbacks LEFT JOIN LATERAL (SELECT * FROM callback_contents WHERE callback_id = callbacks.id LIMIT 1) AS content ON true
 WHERE callbacks.id = $1`;

type FoundRow = Omit<CallbackDetail, keyof CallbackContent> & CallbackView & Pick<CallbackRow, 'notice'>;

export class PostgresCallbackQueries implements CallbackQueries {
  constructor(private readonly sql: PlainSql) {}

  list(filter: Filter<CallbackFilter>, page: PageRequest): Promise<Page<CallbackView>> {
    return listPage(this.sql, LIST, filter, page);
  }

  async find(id: string): Promise<CallbackDetail | null> {
    const [row] = await this.sql.query<FoundRow>(FIND, [id]);
    if (!row) return null;
    const { notice, ...view } = row;
    const { transactionId, money: amount, charged, refund, dispute } = notificationFrom(view.gateway, notice);
    return { transactionId, amount, charged, refund, dispute, ...view };
  }

  async pending(): Promise<PendingCallbacks> {
    const [pending] = await this.sql.query<{ count: string; seconds: string }>(
      `SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0) AS seconds FROM callbacks WHERE outcome = 'pending'`,
    );
    return { count: Number(pending?.count ?? 0), oldestSeconds: Number(pending?.seconds ?? 0) };
  }
}
