import type { DeliveryResult, DeliveryView, LeasedDelivery, Outbox, Room } from '../../application/outbox.js';
import type { PublishedType } from '../../domain/published-event.js';
import { DELIVERY } from './sql-delivery-queries.js';
import { forgetDeliveries } from './sql-forget.js';
import type { Source } from './prepared-sql.js';

/** Any constant will do: whoever turns events into deliveries holds it, and there is one at a time. */
const FAN_OUT_LOCK = 7_164_023_912;

interface Window {
  readonly horizon: string;
  readonly until: string;
  readonly after_id: string;
  readonly last_id: string;
}

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

export class SqlOutbox implements Outbox {
  constructor(private readonly source: Source) {}

  async fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number> {
    const [lock]: { mine: boolean }[] = await this.source.query(
      'SELECT pg_try_advisory_xact_lock($1) AS mine',
      [FAN_OUT_LOCK],
    );
    if (!lock?.mine) return 0;
    const window = await this.window();
    if (!window) return 0;
    const { horizon, until, after_id, last_id } = window;
    // Held so that nobody hastens a subscriber's deliveries between our look at them and our insert.
    const subscribers: unknown[] = await this.source.query(
      `SELECT id FROM subscribers WHERE status IN ('active', 'paused') ORDER BY id FOR KEY SHARE`,
    );
    if (subscribers.length === 0) {
      // Nobody is told, and whoever subscribes from now on wants nothing of what was committed before.
      await this.source.query(CLOSE_WINDOW, [last_id]);
      return 0;
    }
    // By the primary key, and not by the index on tx, which would sort the whole window for every page of it.
    const page: { id: string }[] = await this.source.query(
      `SELECT id FROM events WHERE id > $1 AND id <= $2 AND tx >= $3 AND tx < $4 ORDER BY id LIMIT $5`,
      [after_id, last_id, horizon, until, limit],
    );
    await this.source.query(FAN_OUT, [page.map(({ id }) => id), types, at]);
    const read = page.at(-1)?.id ?? last_id;
    await this.source.query(page.length < limit || read === last_id ? CLOSE_WINDOW : TURN_PAGE, [read]);
    return page.length;
  }

  /** The window that is being read, or a new one up to the oldest transaction that is still running, if anything is in it. */
  private async window(): Promise<Window | undefined> {
    const [open]: Window[] = await this.source.query('SELECT * FROM relay WHERE until IS NOT NULL');
    if (open) return open;
    const [[opened]]: [Window[], number] = await this.source.query(
      `UPDATE relay SET until = next.until, after_id = next.first_id - 1, last_id = next.last_id
         FROM (SELECT min(id) AS first_id, max(id) AS last_id, max(h.until) AS until
                 FROM events, (SELECT horizon AS since, pg_snapshot_xmin(pg_current_snapshot()) AS until FROM relay OFFSET 0) AS h
                WHERE tx >= h.since AND tx < h.until) AS next
        WHERE next.first_id IS NOT NULL RETURNING relay.*`,
    );
    return opened;
  }

  async lease(at: Date, leaseSeconds: number, { most, taken }: Room): Promise<LeasedDelivery[]> {
    const rows: LeasedRow[] = await this.source.query(LEASE, [
      at,
      leaseSeconds,
      JSON.stringify(most),
      [...taken.keys()],
      [...taken.values()],
    ]);
    return rows.map(({ subscriber_id, kind, url, secrets, is_failing, event, ...counted }) => ({
      destination: { subscriberId: subscriber_id, kind, url, secrets },
      event: { ...event, at: new Date(event.at) },
      attempt: counted.attempt,
      attemptOfRound: counted.attempt_of_round,
      isFailing: is_failing,
    }));
  }

  async settle(results: readonly DeliveryResult[], at: Date): Promise<void> {
    const rows = results.map(({ subscriberId, eventNumber, attempt, attempted, retryAt }) => ({
      subscriber_id: subscriberId,
      event_id: eventNumber,
      attempt,
      status: attempted.delivered ? 'delivered' : retryAt ? 'waiting' : 'given_up',
      next_attempt_at: retryAt,
      last_status: attempted.httpStatus,
      last_error: attempted.delivered ? null : attempted.error.slice(0, 500),
    }));
    await this.source.query(SETTLE, [JSON.stringify(rows), at]);
  }

  async redeliver(
    subscriberId: string,
    eventNumber: string,
    at: Date,
  ): Promise<DeliveryView | 'sending' | 'unknown'> {
    const key = [subscriberId, eventNumber];
    const mine = 'subscriber_id = $1 AND event_id = $2';
    const [found]: { status: string }[] = await this.source.query(
      `SELECT status FROM deliveries WHERE ${mine} FOR UPDATE`,
      key,
    );
    if (!found) return 'unknown';
    if (found.status === 'sending') return 'sending';
    await this.source.query(
      `UPDATE deliveries SET status = 'waiting', next_attempt_at = $3, delivered_at = NULL, attempts_before = attempts WHERE ${mine}`,
      [...key, at],
    );
    const [view]: DeliveryView[] = await this.source.query(
      `SELECT ${DELIVERY} FROM deliveries JOIN events ON events.id = event_id WHERE ${mine}`,
      key,
    );
    return view!;
  }

  async hasten(subscriberId: string, at: Date): Promise<void> {
    // Waits for a fan-out that has looked at these deliveries already.
    await this.source.query('SELECT FROM subscribers WHERE id = $1 FOR UPDATE', [subscriberId]);
    await this.source.query(
      `UPDATE deliveries SET next_attempt_at = $2 WHERE subscriber_id = $1 AND next_attempt_at > $2 AND status = 'waiting'`,
      [subscriberId, at],
    );
  }

  forget(before: Date, limit: number): Promise<number> {
    return forgetDeliveries(this.source, before, limit);
  }
}

// A lane that is waiting for a retry keeps what comes after it waiting as long, so that nobody looks at it in vain.
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

// The oldest undone event of a lane is asked for row by row: a join would be planned over all that is undone. It is compared by <=, which
// says the same and which the planner believes to hold often enough to walk the index in order instead of sorting a whole backlog.
const LEASE = `
WITH due AS (
  SELECT subscribers.id AS subscriber_id, next.event_id
    FROM subscribers
    LEFT JOIN unnest($4::bigint[], $5::integer[]) AS taken (id, count) ON taken.id = subscribers.id
   CROSS JOIN LATERAL (
         SELECT event_id FROM deliveries
          WHERE deliveries.subscriber_id = subscribers.id AND next_attempt_at <= $1
            AND event_id <= (SELECT first.event_id FROM deliveries AS first
                             WHERE first.subscriber_id = deliveries.subscriber_id AND first.lane = deliveries.lane
                               AND first.next_attempt_at IS NOT NULL ORDER BY first.event_id LIMIT 1)
          ORDER BY next_attempt_at, event_id
          LIMIT greatest(0, ($3::jsonb ->> subscribers.kind)::integer - coalesce(taken.count, 0))
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

// What waits behind a failed event waits as long as it does, and what waited behind one that is done with is due.
const SETTLE = `
WITH result AS (
  SELECT * FROM json_to_recordset($1) AS new (subscriber_id bigint, event_id bigint, attempt integer, status text,
                                              next_attempt_at timestamptz, last_status integer, last_error text)
), held AS (
  SELECT deliveries.subscriber_id, deliveries.event_id
    FROM deliveries JOIN result ON result.subscriber_id = deliveries.subscriber_id AND result.event_id = deliveries.event_id
   WHERE deliveries.status = 'sending' AND deliveries.attempts = result.attempt
   ORDER BY deliveries.subscriber_id, deliveries.event_id FOR UPDATE OF deliveries
), done AS (
  UPDATE deliveries
     SET status = result.status, next_attempt_at = result.next_attempt_at, last_status = result.last_status,
         last_error = result.last_error, delivered_at = CASE WHEN result.status = 'delivered' THEN $2::timestamptz END
    FROM held JOIN result ON result.subscriber_id = held.subscriber_id AND result.event_id = held.event_id
   WHERE deliveries.subscriber_id = held.subscriber_id AND deliveries.event_id = held.event_id
  RETURNING deliveries.subscriber_id, deliveries.event_id, lane, deliveries.next_attempt_at
)
UPDATE deliveries AS later SET next_attempt_at = coalesce(done.next_attempt_at, $2)
  FROM done
 WHERE later.subscriber_id = done.subscriber_id AND later.lane = done.lane AND later.event_id > done.event_id
   AND later.next_attempt_at IS NOT NULL AND later.status = 'waiting'
   AND CASE WHEN done.next_attempt_at IS NULL THEN later.next_attempt_at > $2
            ELSE later.next_attempt_at < done.next_attempt_at END`;
