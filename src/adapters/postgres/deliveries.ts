import type {
  DeliveryQueries,
  DeliveryView,
  EndpointView,
  SubscriberLag,
} from '../../application/events/delivery-queries.js';
import type {
  DeliveryCapacity,
  DeliveryRecord,
  DeliveryRepository,
  LeasedDelivery,
} from '../../application/events/delivery-repository.js';
import type { Page, PageRequest } from '../../application/page.js';
import type { PublishedType } from '../../domain/events/published-event.js';
import type { PlainSql } from './engine/sql.js';

/** The advisory lock of the one process that turns events into deliveries. The number is arbitrary and must never change. */
const FAN_OUT_LOCK = 7_164_023_912;

interface Window {
  readonly horizon: string;
  readonly until: string;
  readonly after_id: string;
  readonly last_id: string;
}

const OPEN_WINDOW = `
UPDATE relay SET until = next.until, after_id = next.first_id - 1, last_id = next.last_id
  FROM (SELECT min(id) AS first_id, max(id) AS last_id, max(h.until) AS until
          FROM events, (SELECT horizon AS since, pg_snapshot_xmin(pg_current_snapshot()) AS until FROM relay OFFSET 0) AS h
         WHERE tx >= h.since AND tx < h.until) AS next
 WHERE next.first_id IS NOT NULL RETURNING relay.*`;

// The column `lane` is the ordering key. If a delivery with the same key waits for a retry, the new one becomes due with it, so
// that it is not examined in vain before.
const FAN_OUT = `
INSERT INTO deliveries (subscriber_id, event_id, lane, next_attempt_at)
SELECT subscribers.id, new.id, new.lane, greatest($3, (
         SELECT max(next_attempt_at) FROM deliveries AS ahead
          WHERE ahead.subscriber_id = subscribers.id AND ahead.lane = new.lane AND ahead.status = 'waiting'
            AND ahead.next_attempt_at IS NOT NULL))
  FROM (SELECT id, tx, type, coalesce(order_number, 'payment ' || payment_number, 'event ' || id) AS lane
          FROM events WHERE id = ANY($1::bigint[]) AND type = ANY($2::text[])) AS new
  JOIN subscribers ON subscribers.status IN ('active', 'paused')
   AND (subscribers.events IS NULL OR new.type = ANY(subscribers.events))
   AND NOT pg_visible_in_snapshot(new.tx, subscribers.since)
 ORDER BY subscribers.id, new.id
ON CONFLICT DO NOTHING`;

const TURN_PAGE = 'UPDATE relay SET after_id = $1';
const CLOSE_WINDOW =
  'UPDATE relay SET horizon = until, until = NULL, after_id = NULL, last_id = NULL WHERE after_id <= $1';

interface LeasedRow {
  readonly subscriber_id: string;
  readonly kind: 'webhook' | 'nats';
  readonly url: string | null;
  readonly secrets: readonly string[];
  readonly is_failing: boolean;
  readonly attempt: number;
  readonly attempt_of_round: number;
  readonly event: LeasedDelivery['event'];
}

// The oldest event of an ordering key that is not done is looked up row by row: a join would be planned over all of them. The
// comparison is <= and not =, which is the same here: the planner expects it to be true more often, so it walks the index in
// order instead of sorting the whole backlog.
const LEASE = `
WITH due AS (
  SELECT subscribers.id AS subscriber_id, next.event_id
    FROM subscribers
    LEFT JOIN unnest($4::bigint[], $5::integer[]) AS in_flight (id, count) ON in_flight.id = subscribers.id
   CROSS JOIN LATERAL (
         SELECT event_id FROM deliveries
          WHERE deliveries.subscriber_id = subscribers.id AND next_attempt_at <= $1
            AND event_id <= (SELECT first.event_id FROM deliveries AS first
                             WHERE first.subscriber_id = deliveries.subscriber_id AND first.lane = deliveries.lane
                               AND first.next_attempt_at IS NOT NULL ORDER BY first.event_id LIMIT 1)
          ORDER BY next_attempt_at, event_id
          LIMIT greatest(0, ($3::jsonb ->> subscribers.kind)::integer - coalesce(in_flight.count, 0))
            FOR UPDATE SKIP LOCKED) AS next
   WHERE subscribers.status = 'active' AND $3::jsonb ? subscribers.kind
), leased AS (
  UPDATE deliveries
     SET status = 'sending', attempts = attempts + 1, last_attempt_at = $1, next_attempt_at = $1 + make_interval(secs => $2)
    FROM due WHERE deliveries.subscriber_id = due.subscriber_id AND deliveries.event_id = due.event_id
  RETURNING deliveries.subscriber_id, deliveries.event_id, attempts, attempts_before
)
SELECT subscriber_id, kind, url, attempts AS attempt, attempts - attempts_before AS attempt_of_round, failures > 0 AS is_failing,
       array_remove(ARRAY[secret, CASE WHEN old_secret_until > $1 THEN old_secret END], NULL) AS secrets,
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
  SELECT deliveries.subscriber_id, deliveries.event_id
    FROM deliveries JOIN result ON result.subscriber_id = deliveries.subscriber_id AND result.event_id = deliveries.event_id
   WHERE deliveries.status = 'sending' AND deliveries.attempts = result.attempt
   ORDER BY deliveries.subscriber_id, deliveries.event_id FOR UPDATE OF deliveries
), done AS (
  UPDATE deliveries
     SET status = result.status, next_attempt_at = result.next_attempt_at, last_status = result.last_status,
         last_error = result.last_error, delivered_at = CASE WHEN result.status = 'delivered' THEN $2::timestamptz END
    FROM locked JOIN result ON result.subscriber_id = locked.subscriber_id AND result.event_id = locked.event_id
   WHERE deliveries.subscriber_id = locked.subscriber_id AND deliveries.event_id = locked.event_id
  RETURNING deliveries.subscriber_id, deliveries.event_id, lane, deliveries.next_attempt_at
)
UPDATE deliveries AS later SET next_attempt_at = coalesce(done.next_attempt_at, $2)
  FROM done
 WHERE later.subscriber_id = done.subscriber_id AND later.lane = done.lane AND later.event_id > done.event_id
   AND later.next_attempt_at IS NOT NULL AND later.status = 'waiting'
   AND CASE WHEN done.next_attempt_at IS NULL THEN later.next_attempt_at > $2
            ELSE later.next_attempt_at < done.next_attempt_at END`;

const DELIVERY_VIEW = `'evt_' || event_id AS "eventId", type, order_number AS "orderNumber", status, attempts,
  last_attempt_at AS "lastAttemptAt", last_status AS "lastStatus", last_error AS "lastError",
  next_attempt_at AS "nextAttemptAt", delivered_at AS "deliveredAt"`;

const ERROR_LENGTH = 500;

export class PostgresDeliveries implements DeliveryRepository {
  constructor(private readonly sql: PlainSql) {}

  async fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number> {
    const [lock] = await this.sql.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
      FAN_OUT_LOCK,
    ]);
    if (!lock?.mine) return 0;
    const window = await this.window();
    if (!window) return 0;
    const { horizon, until, after_id, last_id } = window;
    // Locked so that `retryNow` cannot run between this statement's look at a subscriber's deliveries and the insert.
    const subscribers = await this.sql.query<unknown>(
      `SELECT id FROM subscribers WHERE status IN ('active', 'paused') ORDER BY id FOR KEY SHARE`,
    );
    if (subscribers.length === 0) {
      // The events have no receiver: a later subscriber gets nothing that was committed before it.
      await this.sql.execute(CLOSE_WINDOW, [last_id]);
      return 0;
    }
    // By the primary key. The index on tx would sort the whole window for every page of it.
    const page = await this.sql.query<{ id: string }>(
      `SELECT id FROM events WHERE id > $1 AND id <= $2 AND tx >= $3 AND tx < $4 ORDER BY id LIMIT $5`,
      [after_id, last_id, horizon, until, limit],
    );
    await this.sql.execute(FAN_OUT, [page.map(({ id }) => id), types, at]);
    const read = page.at(-1)?.id ?? last_id;
    await this.sql.execute(page.length < limit || read === last_id ? CLOSE_WINDOW : TURN_PAGE, [read]);
    return page.length;
  }

  /** The window that is being read, or a new one up to the oldest running transaction; undefined if it would be empty. */
  private async window(): Promise<Window | undefined> {
    const [open] = await this.sql.query<Window>('SELECT * FROM relay WHERE until IS NOT NULL');
    if (open) return open;
    const [opened] = await this.sql.query<Window>(OPEN_WINDOW);
    return opened;
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
    const key = [subscriberId, eventNumber];
    const isIt = 'subscriber_id = $1 AND event_id = $2';
    const [locked] = await this.sql.query<{ status: string }>(
      `SELECT status FROM deliveries WHERE ${isIt} FOR UPDATE`,
      key,
    );
    if (!locked) return 'unknown';
    if (locked.status === 'sending') return 'sending';
    await this.sql.execute(
      `UPDATE deliveries SET status = 'waiting', next_attempt_at = $3, delivered_at = NULL, attempts_before = attempts WHERE ${isIt}`,
      [...key, at],
    );
    const [view] = await this.sql.query<DeliveryView>(
      `SELECT ${DELIVERY_VIEW} FROM deliveries JOIN events ON events.id = event_id WHERE ${isIt}`,
      key,
    );
    return view!;
  }

  async retryNow(subscriberId: string, at: Date): Promise<void> {
    // Waits for a fan-out that has already looked at these deliveries.
    await this.sql.query('SELECT FROM subscribers WHERE id = $1 FOR UPDATE', [subscriberId]);
    await this.sql.execute(
      `UPDATE deliveries SET next_attempt_at = $2 WHERE subscriber_id = $1 AND next_attempt_at > $2 AND status = 'waiting'`,
      [subscriberId, at],
    );
  }

  async prune(before: Date, limit: number): Promise<number> {
    const pruned = await this.sql.execute(
      `DELETE FROM deliveries USING subscribers, LATERAL (
         SELECT event_id FROM deliveries AS oldest WHERE oldest.subscriber_id = subscribers.id ORDER BY event_id LIMIT $2) AS oldest
        WHERE deliveries.subscriber_id = subscribers.id AND deliveries.event_id = oldest.event_id
          AND (subscribers.status = 'removed' OR deliveries.next_attempt_at IS NULL AND deliveries.last_attempt_at < $1)`,
      [before, limit],
    );
    await this.sql.execute(
      `DELETE FROM subscribers WHERE status = 'removed' AND NOT EXISTS (SELECT FROM deliveries WHERE subscriber_id = subscribers.id)`,
    );
    return pruned;
  }
}

const ENDPOINT_VIEW = `id, url, events, status, paused_because AS "pausedBecause", paused_at AS "pausedAt", failures,
  failing_since AS "failingSince", CASE WHEN old_secret_until > now() THEN old_secret_until END AS "oldSecretUntil",
  created_at AS "createdAt"`;

const ENDPOINTS = `FROM subscribers WHERE kind = 'webhook' AND status <> 'removed'`;

export class PostgresDeliveryQueries implements DeliveryQueries {
  constructor(private readonly sql: PlainSql) {}

  async endpoints({ limit, before }: PageRequest): Promise<Page<EndpointView>> {
    const rows = await this.sql.query<EndpointView>(
      `SELECT ${ENDPOINT_VIEW} ${ENDPOINTS} AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $1`,
      [limit + 1, before],
    );
    return pageOf(rows, limit, ({ id }) => id);
  }

  async endpoint(id: string): Promise<EndpointView | null> {
    const sql = `SELECT ${ENDPOINT_VIEW} ${ENDPOINTS} AND id = $1`;
    const [row] = await this.sql.query<EndpointView>(sql, [id]);
    return row ?? null;
  }

  async deliveries(endpointId: string, { limit, before }: PageRequest): Promise<Page<DeliveryView>> {
    const rows = await this.sql.query<DeliveryView>(
      `SELECT ${DELIVERY_VIEW} FROM deliveries JOIN events ON events.id = event_id
        WHERE subscriber_id = $3 AND ($2::bigint IS NULL OR event_id < $2) ORDER BY event_id DESC LIMIT $1`,
      [limit + 1, before, endpointId],
    );
    return pageOf(rows, limit, ({ eventId }) => eventId.slice('evt_'.length));
  }

  async lags(): Promise<readonly SubscriberLag[]> {
    const rows = await this.sql.query<Omit<SubscriberLag, 'seconds'> & { seconds: string }>(
      `SELECT CASE kind WHEN 'webhook' THEN id::text ELSE kind END AS subscriber, status = 'paused' AS paused,
              greatest(0, coalesce(extract(epoch FROM now() - least(undone.at, unread.at)), 0)) AS seconds
         FROM subscribers
         LEFT JOIN LATERAL (
              SELECT events.at FROM deliveries JOIN events ON events.id = event_id
               WHERE subscriber_id = subscribers.id AND next_attempt_at IS NOT NULL ORDER BY event_id LIMIT 1) AS undone ON true
         LEFT JOIN (SELECT at FROM events WHERE tx >= (SELECT horizon FROM relay) ORDER BY tx, id LIMIT 1) AS unread ON true
        WHERE status IN ('active', 'paused') ORDER BY id`,
    );
    return rows.map(({ subscriber, paused, seconds }) => ({ subscriber, paused, seconds: Number(seconds) }));
  }

  async work(at: Date): Promise<{ readonly toFanOut: boolean; readonly due: boolean }> {
    const [row] = await this.sql.query<{ toFanOut: boolean; due: boolean }>(
      `SELECT until IS NOT NULL OR EXISTS (
                SELECT FROM events WHERE tx >= horizon AND tx < pg_snapshot_xmin(pg_current_snapshot())) AS "toFanOut",
              EXISTS (SELECT FROM subscribers WHERE status = 'active' AND (
                SELECT true FROM deliveries WHERE subscriber_id = subscribers.id AND next_attempt_at <= $1 LIMIT 1)) AS due
         FROM relay`,
      [at],
    );
    return row ?? { toFanOut: false, due: false };
  }
}

function pageOf<View>(rows: readonly View[], limit: number, idOf: (view: View) => string): Page<View> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? idOf(items.at(-1)!) : null };
}
