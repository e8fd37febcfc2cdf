import { Logger } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type {
  DeliveryQueries,
  DeliveryView,
  EndpointView,
  RelayWork,
  SubscriberLag,
} from '../../application/events/delivery-queries.js';
import type {
  DeliveryCapacity,
  DeliveryRecord,
  DeliveryRepository,
  Destination,
  LeasedDelivery,
  ReplayedPage,
  ReplayPage,
} from '../../application/events/delivery-repository.js';
import type { Page, PageRequest } from '../../application/page.js';
import type { PublishedType } from '../../domain/events/published-event.js';
import { DISABLE_AFTER_DAYS } from '../../domain/events/subscriber.js';
import type { PlainSql } from './engine/sql.js';
import type { Orm } from './engine/transaction.js';
import { deliveries as table, subscribers } from './entities.js';
import { idsOfTimes } from './ids-of-times.js';
import { listPage, type List } from './list-page.js';

/** The advisory lock of the one process that turns events into deliveries. The number is arbitrary and must never change. */
const FAN_OUT_LOCK = 7_164_023_912;

interface Window {
  readonly horizon: string;
  readonly until: string;
  readonly after_id: string;
  readonly last_id: string;
  readonly restored_id: string | null;
}

// Restored events have numbers of another cluster's transactions and are never read by them. If a range has no others, the horizon passes
// it, so that it is not examined again.
const OPEN_WINDOW = `
UPDATE relay
   SET horizon = CASE WHEN next.first_id IS NULL THEN next.until ELSE horizon END,
       until = CASE WHEN next.first_id IS NOT NULL THEN next.until END,
       after_id = next.first_id - 1, last_id = next.last_id, resume_at = NULL
  FROM (SELECT h.until, found.*
          FROM (SELECT horizon AS since, pg_snapshot_xmin(pg_current_snapshot()) AS until, coalesce(restored_id, 0) AS restored_id
                  FROM relay OFFSET 0) AS h,
               LATERAL (SELECT count(*) AS events, min(id) FILTER (WHERE id > h.restored_id) AS first_id,
                               max(id) FILTER (WHERE id > h.restored_id) AS last_id
                          FROM events WHERE tx >= h.since AND tx < h.until) AS found) AS next
 WHERE next.events > 0 RETURNING relay.*`;

// No transaction of this cluster has a number beyond those of the current snapshot. A row that says so was written in another cluster.
const IS_RESTORED = `(
  horizon > pg_snapshot_xmax(pg_current_snapshot())
  OR EXISTS (SELECT FROM subscribers WHERE pg_snapshot_xmax(since) > pg_snapshot_xmax(pg_current_snapshot()))
  OR coalesce((SELECT tx >= pg_snapshot_xmax(pg_current_snapshot()) FROM events
                WHERE id > coalesce(restored_id, 0) ORDER BY id DESC LIMIT 1), false))`;

interface Restored {
  readonly horizon: string;
  /** The newest event of the dump, and how many of its events no relay has read. */
  readonly restored_id: string;
  readonly unread: string;
  /** The event before the first unread one; null if all were read. */
  readonly after_id: string | null;
  /** No event that was written since the restore is older. */
  readonly resume_at: string;
}

// A row that this cluster has written has the number of its transaction in xmin, because no event is written under a savepoint. Sequences
// are restored as well, so the ids of restored events come before all others.
const FIND_RESTORED = `
SELECT horizon, restored.id AS restored_id, unread.count AS unread, unread.first_id - 1 AS after_id,
       least(pg_snapshot_xmin(pg_current_snapshot()), (
         SELECT tx FROM (SELECT tx FROM events WHERE id > restored.id OFFSET 0) AS written ORDER BY tx LIMIT 1)) AS resume_at
  FROM relay,
       LATERAL (SELECT coalesce((
         SELECT id FROM events
          WHERE id > coalesce(relay.restored_id, 0) AND (xmin <> tx::xid OR tx >= pg_snapshot_xmax(pg_current_snapshot()))
          ORDER BY id DESC LIMIT 1), relay.restored_id, 0) AS id OFFSET 0) AS restored,
       LATERAL (SELECT count(*), min(id) AS first_id FROM (SELECT id FROM events WHERE tx >= relay.horizon OFFSET 0) AS beyond
                 WHERE id > coalesce(relay.restored_id, 0) AND id <= restored.id) AS unread
 WHERE ${IS_RESTORED}`;

/** Opens a window over the restored events that no relay has read; without any it only moves the horizon. */
const REBASE = `
UPDATE relay
   SET restored_id = $1, resume_at = CASE WHEN $2::bigint IS NOT NULL THEN $3::xid8 END,
       horizon = CASE WHEN $2::bigint IS NULL THEN $3::xid8 ELSE horizon END,
       until = CASE WHEN $2::bigint IS NOT NULL THEN '18446744073709551615'::xid8 END,
       after_id = $2, last_id = CASE WHEN $2::bigint IS NOT NULL THEN $1::bigint END`;

// Every subscriber of the dump receives what is written from now on.
const REBASE_SUBSCRIBERS = `
UPDATE subscribers SET since_restored = since, since = ($1::text || ':' || $1::text || ':')::pg_snapshot`;

// The column `lane` is the ordering key. If a delivery with the same key waits for a retry, the new one becomes due with it, so
// that it is not examined in vain before. Pairs are compared, because only the index on the ordering key can look a pair up.
const FAN_OUT = `
INSERT INTO deliveries (subscriber_id, event_id, lane, next_attempt_at)
SELECT subscribers.id, new.id, new.lane, greatest($3, (
         SELECT max(next_attempt_at) FROM deliveries AS ahead
          WHERE (ahead.lane, ahead.subscriber_id) >= (new.lane, subscribers.id)
            AND (ahead.lane, ahead.subscriber_id) <= (new.lane, subscribers.id) AND ahead.status = 'waiting'))
  FROM (SELECT id, tx, type, coalesce(order_number, 'payment ' || payment_number, 'event ' || id) AS lane
          FROM events WHERE id = ANY($1::bigint[]) AND type = ANY($2::text[])) AS new
  JOIN subscribers ON subscribers.status IN ('active', 'paused')
   AND (subscribers.events IS NULL OR new.type = ANY(subscribers.events))
   AND NOT pg_visible_in_snapshot(new.tx, CASE WHEN new.id <= $4 THEN subscribers.since_restored ELSE subscribers.since END)
 ORDER BY subscribers.id, new.id
ON CONFLICT DO NOTHING`;

// An event whose ordering key has an older delivery that waits for a retry becomes due with it, as in `FAN_OUT`.
const REPLAY = `
WITH page AS (
  SELECT id, at, type, coalesce(order_number, 'payment ' || payment_number, 'event ' || id) AS lane
    FROM events WHERE id >= $1 AND id < $2 ORDER BY id LIMIT $3
), queued AS (
  INSERT INTO deliveries AS stored (subscriber_id, event_id, lane, next_attempt_at)
  SELECT $4::bigint, page.id, page.lane, greatest($5::timestamptz, (
           SELECT max(next_attempt_at) FROM deliveries AS ahead
            WHERE (ahead.lane, ahead.subscriber_id) >= (page.lane, $4::bigint)
              AND (ahead.lane, ahead.subscriber_id, ahead.event_id) < (page.lane, $4::bigint, page.id) AND ahead.status = 'waiting'))
    FROM page WHERE type = ANY($6::text[]) AND at >= $7::timestamptz AND at < $8::timestamptz ORDER BY page.id
  ON CONFLICT (subscriber_id, event_id) DO UPDATE
     SET status = 'waiting', next_attempt_at = excluded.next_attempt_at, attempts_before = stored.attempts, delivered_at = NULL
   WHERE stored.status IN ('delivered', 'given_up')
  RETURNING event_id
)
SELECT (SELECT count(*) FROM page)::integer AS read, (SELECT max(id) FROM page) AS last, (SELECT count(*) FROM queued)::integer AS queued`;

const TURN_PAGE = 'UPDATE relay SET after_id = $1';
const CLOSE_WINDOW = `
UPDATE relay
   SET horizon = coalesce(resume_at, until), until = NULL, after_id = NULL, last_id = NULL, resume_at = NULL
 WHERE after_id <= $1`;

// By the primary key. The index on tx would sort the whole window for every page of it.
const PAGE_OF_WINDOW = `
SELECT id FROM (SELECT id, tx FROM events WHERE id > $1 AND id <= $2 ORDER BY id OFFSET 0) AS between_ids
 WHERE tx >= $3 AND tx < $4 LIMIT $5`;

interface LeasedRow {
  readonly subscriber_id: string;
  readonly kind: 'webhook' | 'nats';
  readonly url: string | null;
  readonly secrets: readonly string[];
  readonly headers: Destination['headers'];
  readonly is_failing: boolean;
  readonly attempt: number;
  readonly attempt_of_round: number;
  readonly event: LeasedDelivery['event'];
}

/** Of a row of `subscribers`, at the time $1. */
const SECRETS = `array_remove(ARRAY[secret, CASE WHEN old_secret_until > $1 THEN old_secret END], NULL)`;
const HEADERS = `coalesce(headers, '{}')`;

const DESTINATION = `
SELECT id AS "subscriberId", kind, url, ${SECRETS} AS secrets, ${HEADERS} AS headers
  FROM subscribers WHERE id = $2 AND kind = 'webhook' AND status <> 'removed'`;

// The oldest event of an ordering key that is not done is looked up row by row: a join would be planned over all of them. The
// comparison is <= and not =, which is the same here: the planner expects it to be true more often, so it walks the index in
// order instead of sorting the whole backlog. Pairs are compared as in `FAN_OUT`.
const LEASE = `
WITH due AS (
  SELECT subscribers.id AS subscriber_id, next.event_id
    FROM subscribers
    LEFT JOIN unnest($4::bigint[], $5::integer[]) AS in_flight (id, count) ON in_flight.id = subscribers.id
   CROSS JOIN LATERAL (
         SELECT event_id FROM deliveries
          WHERE deliveries.subscriber_id = subscribers.id AND next_attempt_at <= $1
            AND event_id <= (SELECT first.event_id FROM deliveries AS first
                             WHERE (first.lane, first.subscriber_id) >= (deliveries.lane, deliveries.subscriber_id)
                               AND (first.lane, first.subscriber_id) <= (deliveries.lane, deliveries.subscriber_id)
                               AND first.status IN ('waiting', 'sending')
                             ORDER BY first.lane, first.subscriber_id, first.event_id LIMIT 1)
          ORDER BY next_attempt_at, event_id
          LIMIT greatest(0, ($3::jsonb ->> subscribers.kind)::integer - coalesce(in_flight.count, 0))
            FOR UPDATE SKIP LOCKED) AS next
   WHERE subscribers.status = 'active' AND (subscribers.held_until > $1) IS NOT TRUE AND $3::jsonb ? subscribers.kind
), leased AS (
  UPDATE deliveries
     SET status = 'sending', attempts = attempts + 1, last_attempt_at = $1, next_attempt_at = $1 + make_interval(secs => $2)
    FROM due WHERE deliveries.subscriber_id = due.subscriber_id AND deliveries.event_id = due.event_id
  RETURNING deliveries.subscriber_id, deliveries.event_id, attempts, attempts_before
)
SELECT subscriber_id, kind, url, attempts AS attempt, attempts - attempts_before AS attempt_of_round, failures > 0 AS is_failing,
       ${SECRETS} AS secrets, ${HEADERS} AS headers,
       json_build_object('id', events.id::text, 'type', type, 'at', at, 'orderNumber', order_number,
                         'paymentNumber', payment_number, 'data', data) AS event
  FROM leased JOIN subscribers ON subscribers.id = subscriber_id JOIN events ON events.id = event_id
 ORDER BY event_id`;

// Deliveries with the same ordering key that come after a failed one wait as long as it does. Those after a delivery that is done
// become due.
const RECORD = `
WITH result AS (
  SELECT * FROM json_to_recordset($1) AS new (subscriber_id bigint, event_id bigint, attempt integer, status text,
                                              next_attempt_at timestamptz, last_status integer, last_error text)
), locked AS (
  SELECT result.* FROM (SELECT * FROM result ORDER BY subscriber_id, event_id) AS result, LATERAL (
         SELECT FROM deliveries
          WHERE deliveries.subscriber_id = result.subscriber_id AND deliveries.event_id = result.event_id
            AND (deliveries.status = 'sending' AND deliveries.attempts = result.attempt) IS TRUE
            FOR UPDATE) AS leased
), done AS (
  UPDATE deliveries
     SET status = locked.status, next_attempt_at = locked.next_attempt_at, last_status = locked.last_status,
         last_error = locked.last_error, delivered_at = CASE WHEN locked.status = 'delivered' THEN $2::timestamptz END
    FROM locked WHERE deliveries.subscriber_id = locked.subscriber_id AND deliveries.event_id = locked.event_id
  RETURNING deliveries.subscriber_id, deliveries.event_id, lane, deliveries.next_attempt_at
), behind AS (
  SELECT done.subscriber_id, later.event_id, coalesce(done.next_attempt_at, $2) AS next_attempt_at
    FROM done, LATERAL (
         SELECT event_id FROM deliveries
          WHERE (deliveries.lane, deliveries.subscriber_id, deliveries.event_id) > (done.lane, done.subscriber_id, done.event_id)
            AND (deliveries.lane, deliveries.subscriber_id) <= (done.lane, done.subscriber_id) AND deliveries.status = 'waiting'
            AND CASE WHEN done.next_attempt_at IS NULL THEN deliveries.next_attempt_at > $2
                     ELSE deliveries.next_attempt_at < done.next_attempt_at END
            FOR UPDATE) AS later
)
UPDATE deliveries SET next_attempt_at = behind.next_attempt_at
  FROM behind WHERE deliveries.subscriber_id = behind.subscriber_id AND deliveries.event_id = behind.event_id`;

// Subselects, because a join that is sorted may be planned as a walk along all events.
const DELIVERY_VIEW = `'evt_' || event_id AS "eventId", (SELECT type FROM events WHERE events.id = event_id) AS type,
  (SELECT order_number FROM events WHERE events.id = event_id) AS "orderNumber", status, attempts,
  last_attempt_at AS "lastAttemptAt", last_status AS "lastStatus", last_error AS "lastError",
  next_attempt_at AS "nextAttemptAt", delivered_at AS "deliveredAt"`;

const ERROR_LENGTH = 500;

export class PostgresDeliveries implements DeliveryRepository {
  private readonly log = new Logger('Events');

  constructor(
    private readonly sql: PlainSql,
    private readonly orm: Orm,
  ) {}

  async fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number> {
    const [lock] = await this.sql.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
      FAN_OUT_LOCK,
    ]);
    if (!lock?.mine) return 0;
    const window = await this.window();
    if (!window) return 0;
    const { horizon, until, after_id, last_id, restored_id } = window;
    // Locked so that `retryNow` cannot run between this statement's look at a subscriber's deliveries and the insert.
    const subscribers = await this.sql.query<unknown>(
      `SELECT id FROM subscribers WHERE status IN ('active', 'paused') ORDER BY id FOR KEY SHARE`,
    );
    if (subscribers.length === 0) {
      // The events have no receiver: a later subscriber gets nothing that was committed before it.
      await this.sql.execute(CLOSE_WINDOW, [last_id]);
      return 0;
    }
    const page = await this.sql.query<{ id: string }>(PAGE_OF_WINDOW, [
      after_id,
      last_id,
      horizon,
      until,
      limit,
    ]);
    await this.sql.execute(FAN_OUT, [page.map(({ id }) => id), types, at, restored_id]);
    const read = page.at(-1)?.id ?? last_id;
    await this.sql.execute(page.length < limit || read === last_id ? CLOSE_WINDOW : TURN_PAGE, [read]);
    return page.length;
  }

  /** The window that is being read, or a new one up to the oldest running transaction; undefined if it would be empty. */
  private async window(): Promise<Window | undefined> {
    // An open window is limited by ids. It can be finished after a restore, and nothing that is written since then belongs to it.
    const open = await this.openWindow();
    if (open) return open;
    const [restored] = await this.sql.query<Restored>(FIND_RESTORED);
    if (restored) {
      await this.rebase(restored);
      return this.openWindow();
    }
    const [opened] = await this.sql.query<Window>(OPEN_WINDOW);
    return opened?.until ? opened : undefined;
  }

  private async openWindow(): Promise<Window | undefined> {
    const [open] = await this.sql.query<Window>('SELECT * FROM relay WHERE until IS NOT NULL');
    return open;
  }

  /** The database was restored from a dump, so that its numbers of transactions are another cluster's. */
  private async rebase({ horizon, restored_id, unread, after_id, resume_at }: Restored): Promise<void> {
    await this.sql.query('SELECT FROM subscribers ORDER BY id FOR NO KEY UPDATE');
    await this.sql.execute(REBASE_SUBSCRIBERS, [resume_at]);
    await this.sql.execute(REBASE, [restored_id, after_id, resume_at]);
    this.log.warn(
      `The database was restored from a dump of another cluster: its relay had reached transaction ${horizon}, and this server is at ` +
        `${resume_at}. Of the restored events, up to evt_${restored_id}, ${unread} were not relayed. They are relayed now, before those ` +
        'that were written since. No event is lost, and none is relayed twice.',
    );
  }

  async lease(
    at: Date,
    leaseSeconds: number,
    { limits, inFlight }: DeliveryCapacity,
  ): Promise<LeasedDelivery[]> {
    const rows = await this.sql.query<LeasedRow>(LEASE, [
      at,
      leaseSeconds,
      JSON.stringify(limits),
      [...inFlight.keys()],
      [...inFlight.values()],
    ]);
    return rows.map((row) => ({
      destination: {
        subscriberId: row.subscriber_id,
        kind: row.kind,
        url: row.url,
        secrets: row.secrets,
        headers: row.headers,
      },
      // Times inside JSON come as text.
      event: { ...row.event, at: new Date(row.event.at) },
      attempt: row.attempt,
      attemptOfSeries: row.attempt_of_round,
      isFailing: row.is_failing,
    }));
  }

  async record(records: readonly DeliveryRecord[], at: Date): Promise<void> {
    const rows = records.map(({ subscriberId, eventNumber, attempt, result, retryAt }) => ({
      subscriber_id: subscriberId,
      event_id: eventNumber,
      attempt,
      status: result.delivered ? 'delivered' : retryAt ? 'waiting' : 'given_up',
      next_attempt_at: retryAt,
      last_status: result.httpStatus,
      last_error: result.delivered ? null : result.error.slice(0, ERROR_LENGTH),
    }));
    await this.sql.execute(RECORD, [JSON.stringify(rows), at]);
  }

  async redeliver(
    subscriberId: string,
    eventNumber: string,
    at: Date,
  ): Promise<DeliveryView | 'sending' | 'unknown'> {
    const key = { subscriberId, eventId: eventNumber };
    const lock = { mode: 'pessimistic_write' } as const;
    const found = await this.orm.run((manager) => manager.findOne(table, { where: key, lock }));
    if (!found) return 'unknown';
    if (found.status === 'sending') return 'sending';
    const { attempts: attemptsBefore } = found;
    const due = { status: 'waiting' as const, nextAttemptAt: at, deliveredAt: null, attemptsBefore };
    await this.orm.run((manager) => manager.update(table, key, due));
    const [view] = await this.sql.query<DeliveryView>(
      `SELECT ${DELIVERY_VIEW} FROM deliveries JOIN events ON events.id = event_id WHERE subscriber_id = $1 AND event_id = $2`,
      [subscriberId, eventNumber],
    );
    return view!;
  }

  async destination(endpointId: string, at: Date): Promise<Destination | null> {
    const [found] = await this.sql.query<Destination>(DESTINATION, [at, endpointId]);
    return found ?? null;
  }

  async replay({ subscriberId, types, from, to, after, limit }: ReplayPage, at: Date): Promise<ReplayedPage> {
    const range = await idsOfTimes(this.sql, { table: 'events', time: 'at', from, to });
    const first = BigInt(range.from ?? 0);
    const next = after === null ? 0n : BigInt(after) + 1n;
    const [page] = await this.sql.query<{ read: number; last: string | null; queued: number }>(REPLAY, [
      String(next > first ? next : first),
      range.before,
      limit,
      subscriberId,
      at,
      types,
      from,
      to,
    ]);
    const { read, last, queued } = page!;
    return { queued, last: read < limit ? null : last };
  }

  dropWaiting(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM deliveries WHERE ctid = ANY(ARRAY(
         SELECT waiting.ctid FROM subscribers, LATERAL (
           SELECT ctid FROM deliveries
            WHERE subscriber_id >= subscribers.id AND subscriber_id <= subscribers.id AND next_attempt_at IS NOT NULL
            ORDER BY subscriber_id, event_id LIMIT $1 FOR UPDATE SKIP LOCKED) AS waiting
          WHERE kind = 'webhook' AND status = 'off'))`,
      [limit],
    );
  }

  async retryNow(subscriberId: string, at: Date): Promise<void> {
    await this.orm.run(async (manager) => {
      // Waits for a fan-out that has already looked at these deliveries.
      const lock = { mode: 'pessimistic_write' } as const;
      await manager.findOne(subscribers, { where: { id: subscriberId }, lock });
      const waiting = { subscriberId, status: 'waiting' as const, nextAttemptAt: MoreThan(at) };
      await manager.update(table, waiting, { nextAttemptAt: at });
    });
  }

  async prune(before: Date, limit: number): Promise<number> {
    const pruned = await this.sql.execute(
      // A range of one subscriber, because only the primary key gives the order of both columns.
      `DELETE FROM deliveries WHERE ctid = ANY(ARRAY(
         SELECT done.ctid FROM subscribers,
           LATERAL (SELECT subscriber_id, event_id FROM deliveries
                     WHERE subscriber_id >= subscribers.id AND subscriber_id <= subscribers.id
                     ORDER BY subscriber_id, event_id LIMIT $2) AS oldest,
           LATERAL (SELECT ctid FROM deliveries
                     WHERE deliveries.subscriber_id = oldest.subscriber_id AND deliveries.event_id = oldest.event_id
                       AND (subscribers.status = 'removed' OR next_attempt_at IS NULL AND last_attempt_at < $1)
                       FOR UPDATE SKIP LOCKED) AS done))`,
      [before, limit],
    );
    await this.sql.execute(
      `DELETE FROM subscribers WHERE status = 'removed' AND NOT EXISTS (SELECT FROM deliveries WHERE subscriber_id = subscribers.id)`,
    );
    return pruned;
  }
}

const ENDPOINT_VIEW = `id, url, events, CASE status WHEN 'off' THEN 'disabled' ELSE status END AS status,
  ARRAY(SELECT jsonb_object_keys(headers)) AS headers, CASE WHEN held_until > now() THEN held_until END AS "heldUntil",
  paused_because AS "pausedBecause", paused_at AS "pausedAt", failures,
  failing_since AS "failingSince", CASE WHEN old_secret_until > now() THEN old_secret_until END AS "oldSecretUntil",
  created_at AS "createdAt"`;

const IS_ENDPOINT = `kind = 'webhook' AND status <> 'removed'`;

const ENDPOINTS: List = {
  table: 'subscribers',
  columns: ENDPOINT_VIEW,
  only: IS_ENDPOINT,
  filters: {},
  walks: [],
};

const DELIVERIES: List = {
  table: 'deliveries',
  key: 'event_id',
  columns: DELIVERY_VIEW,
  filters: { endpointId: 'subscriber_id' },
  walks: [{ by: 'endpointId' }],
};

// Without the upper bound it would pass over all restored events whose numbers of transactions this cluster has not reached.
const OLDEST_UNREAD = `
SELECT CASE WHEN until IS NOT NULL THEN (SELECT id FROM events WHERE id > after_id ORDER BY id LIMIT 1)
            ELSE (SELECT id FROM (SELECT id FROM events WHERE tx >= horizon AND tx < pg_snapshot_xmax(pg_current_snapshot())
                                   ORDER BY tx, id OFFSET 0) AS unread
                   WHERE id > coalesce(restored_id, 0) LIMIT 1) END
  FROM relay`;

export class PostgresDeliveryQueries implements DeliveryQueries {
  constructor(private readonly sql: PlainSql) {}

  endpoints(page: PageRequest): Promise<Page<EndpointView>> {
    return listPage(this.sql, ENDPOINTS, {}, page);
  }

  async endpoint(id: string): Promise<EndpointView | null> {
    const sql = `SELECT ${ENDPOINT_VIEW} FROM subscribers WHERE ${IS_ENDPOINT} AND id = $1`;
    const [row] = await this.sql.query<EndpointView>(sql, [id]);
    return row ?? null;
  }

  deliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryView>> {
    return listPage(this.sql, DELIVERIES, { endpointId }, page);
  }

  async lags(): Promise<readonly SubscriberLag[]> {
    const rows = await this.sql.query<Omit<SubscriberLag, 'seconds'> & { seconds: string }>(
      `SELECT CASE kind WHEN 'webhook' THEN id::text ELSE kind END AS subscriber, status <> 'active' AS paused,
              greatest(0, coalesce(extract(epoch FROM now() - least(undone.at, unread.at)), 0)) AS seconds
         FROM subscribers
         LEFT JOIN LATERAL (
              SELECT at FROM events WHERE id = (
                SELECT event_id FROM deliveries
                 WHERE subscriber_id >= subscribers.id AND subscriber_id <= subscribers.id AND next_attempt_at IS NOT NULL
                 ORDER BY subscriber_id, event_id LIMIT 1)) AS undone ON true
         LEFT JOIN (SELECT at FROM events WHERE id = (${OLDEST_UNREAD})) AS unread ON status <> 'off'
        WHERE status IN ('active', 'paused') OR (status = 'off' AND kind = 'webhook') ORDER BY id`,
    );
    return rows.map(({ subscriber, paused, seconds }) => ({ subscriber, paused, seconds: Number(seconds) }));
  }

  async work(at: Date): Promise<RelayWork> {
    const [row] = await this.sql.query<RelayWork>(
      `SELECT until IS NOT NULL OR ${IS_RESTORED} OR EXISTS (
                SELECT FROM events WHERE tx >= horizon AND tx < pg_snapshot_xmin(pg_current_snapshot())) AS "toFanOut",
              EXISTS (SELECT FROM subscribers
                       WHERE kind = 'webhook' AND status = 'paused' AND paused_at <= now() - make_interval(days => $2)) AS "toDisable",
              EXISTS (SELECT FROM subscribers WHERE status = 'active' AND (held_until > $1) IS NOT TRUE AND (
                SELECT true FROM deliveries
                 WHERE subscriber_id = subscribers.id AND next_attempt_at <= $1
                 ORDER BY next_attempt_at, event_id LIMIT 1)) AS due
         FROM relay`,
      [at, DISABLE_AFTER_DAYS],
    );
    return row ?? { toFanOut: false, due: false, toDisable: false };
  }
}
