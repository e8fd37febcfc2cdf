import type { TimelineQueries } from '../../application/payments/timeline-queries.js';
import {
  TIMELINE_SOURCES,
  timelinePage,
  type SourceItem,
  type SourceItems,
  type Timeline,
  type TimelineItem,
  type TimelinePosition,
  type TimelineRequest,
  type TimelineSource,
} from '../../application/payments/timeline.js';
import type { PlainSql } from './engine/sql.js';
import { newestOf } from './list-page.js';

const OF_PAYMENT = { value: '$1', before: '$3::bigint' };
const EVENTS = newestOf({ table: 'events', column: 'payment_number', ...OF_PAYMENT });
const CALLBACKS = newestOf({ table: 'callbacks', column: 'payment_number', ...OF_PAYMENT });
const CASES = newestOf({ table: 'discrepancies', column: 'payment_number', ...OF_PAYMENT });
const EVENTS_OF_ORDER = newestOf({
  table: 'events',
  column: 'order_number',
  value: '(SELECT order_number FROM payments WHERE number = $1)',
  before: '$3::bigint',
});
const NOTES = newestOf({
  table: 'discrepancy_notes',
  column: 'discrepancy_id',
  value: 'discrepancies.id',
  before: '$3::bigint',
});

const EVENT = `SELECT id AS key, id, at, type, actor, callback_id AS "callbackId", data FROM events WHERE type NOT LIKE 'discrepancy.%'`;

/**
 * $1: the payment number, $2: the number of rows, $3: the id before which the page begins; for deliveries $4: the subscriber
 * before whose delivery of the event $3 it begins. The columns have the names of the items' fields, beside the key.
 */
const SOURCES: Readonly<
  Record<TimelineSource, { readonly kind: TimelineItem['kind']; readonly sql: string }>
> = {
  // The index on the payment does not have the callback that settled it, and a refund may name only the transaction. The events of the
  // payment name both.
  callback: {
    kind: 'callback',
    sql: `SELECT id AS key, id, received_at AS at, gateway, event_id AS "eventId", kind AS "noticeKind", outcome, deliveries,
            settled_at AS "settledAt"
       FROM callbacks
      WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE outcome <> 'settled' AND ${CALLBACKS.condition} ORDER BY ${CALLBACKS.order} LIMIT $2)
                   || ARRAY(SELECT DISTINCT callback_id FROM events WHERE payment_number = $1 AND callback_id < $3::bigint
                             ORDER BY callback_id DESC LIMIT $2))
      ORDER BY id DESC LIMIT $2`,
  },
  // Cases have their own sources below.
  paymentEvent: {
    kind: 'event',
    sql: `${EVENT} AND ${EVENTS.condition} ORDER BY ${EVENTS.order} LIMIT $2`,
  },
  // Moves of the order, but not the events of its other payments.
  orderEvent: {
    kind: 'event',
    sql: `${EVENT} AND payment_number IS NULL AND ${EVENTS_OF_ORDER.condition} ORDER BY ${EVENTS_OF_ORDER.order} LIMIT $2`,
  },
  caseOpened: {
    kind: 'discrepancy',
    sql: `SELECT id AS key, id, opened_at AS at, 'opened' AS type, kind AS "discrepancyKind", callback_id AS "callbackId",
            NULL AS resolution, NULL AS actor, NULL AS reason, NULL AS "endedBy"
       FROM discrepancies WHERE ${CASES.condition} ORDER BY ${CASES.order} LIMIT $2`,
  },
  // OFFSET 0, because with both conditions in one place the index on the status may be taken.
  caseResolved: {
    kind: 'discrepancy',
    sql: `SELECT id AS key, id, resolved_at AS at, 'resolved' AS type, kind AS "discrepancyKind", callback_id AS "callbackId",
            resolution, resolved_by AS actor, reason, ended_by AS "endedBy"
       FROM (SELECT * FROM discrepancies WHERE ${CASES.condition} ORDER BY ${CASES.order} OFFSET 0) AS discrepancies
      WHERE status = 'resolved' ORDER BY ${CASES.order} LIMIT $2`,
  },
  note: {
    kind: 'note',
    sql: `SELECT notes.id AS key, notes.id, notes.at, discrepancies.id AS "discrepancyId", actor, notes.note
       FROM discrepancies CROSS JOIN LATERAL (
            SELECT * FROM discrepancy_notes WHERE ${NOTES.condition} ORDER BY ${NOTES.order} LIMIT $2) AS notes
      WHERE payment_number = $1 ORDER BY notes.id DESC LIMIT $2`,
  },
  // At the time of its last attempt; before the first attempt, at the time of the event. Subscribers never get events about callbacks,
  // of which there may be many.
  delivery: {
    kind: 'delivery',
    sql: `SELECT events.id || ':' || subscriber_id AS key, events.id, coalesce(last_attempt_at, at) AS at,
            'evt_' || events.id AS "eventId", type,
            CASE subscribers.kind WHEN 'nats' THEN 'nats' ELSE subscriber_id::text END AS subscriber,
            sent.status, attempts, delivered_at AS "deliveredAt"
       FROM (SELECT id, payment_number, at, type FROM events
              WHERE payment_number >= $1 AND (payment_number, id) <= ($1, $3::bigint) AND type NOT LIKE 'callback.%'
              ORDER BY payment_number DESC, id DESC) AS events
      CROSS JOIN LATERAL (
            SELECT * FROM deliveries WHERE event_id = events.id AND (event_id, subscriber_id) < ($3::bigint, $4::bigint) OFFSET 0) AS sent
       JOIN subscribers ON subscribers.id = subscriber_id
      ORDER BY events.payment_number DESC, events.id DESC, subscriber_id DESC LIMIT $2`,
  },
};

/** Above all ids. */
const NO_BOUND = '9223372036854775807';

/**
 * All sources in one statement, because seven of them would take seven times as long as one. $1 and $2 as above; the bounds of each source
 * have places of their own.
 */
const TIMELINE = `SELECT ${TIMELINE_SOURCES.map(itemsOf).join(',\n')}`;

function itemsOf(source: TimelineSource, index: number): string {
  const bounds = SOURCES[source].sql.replaceAll(/\$([34])/g, (_, place) => `$${Number(place) + index}`);
  return `(SELECT coalesce(json_agg(items), '[]') FROM (${bounds}) AS items) AS "${source}"`;
}

/** An item as JSON has it: ids are numbers there, and times are texts. */
type JsonItem = Readonly<Record<string, unknown>> & { readonly key: string | number };

export class PostgresTimelineQueries implements TimelineQueries {
  constructor(private readonly sql: PlainSql) {}

  async find(paymentNumber: string, request: TimelineRequest): Promise<Timeline | null> {
    const { limit, before } = request;
    const bounds = TIMELINE_SOURCES.flatMap((source) => boundsOf(source, before));
    const values = [paymentNumber, limit + 1, ...bounds];
    const [row] = await this.sql.query<Record<TimelineSource, JsonItem[]>>(TIMELINE, values);
    const sources = TIMELINE_SOURCES.map((source) => [
      source,
      row![source].map((item) => sourceItem(source, item)),
    ]);
    return timelinePage(Object.fromEntries(sources) as SourceItems, request);
  }
}

const IDS: ReadonlySet<string> = new Set(['id', 'callbackId', 'discrepancyId']);
const TIMES: ReadonlySet<string> = new Set(['at', 'settledAt', 'deliveredAt']);

function sourceItem(source: TimelineSource, { key, ...fields }: JsonItem): SourceItem {
  const entries = Object.entries(fields).map(([name, value]) => [name, fieldOf(name, value)]);
  return {
    key: String(key),
    item: { kind: SOURCES[source].kind, ...Object.fromEntries(entries) } as TimelineItem,
  };
}

function fieldOf(name: string, value: unknown): unknown {
  if (value === null) return null;
  if (TIMES.has(name)) return new Date(value as string);
  return IDS.has(name) && typeof value === 'number' ? String(value) : value;
}

function boundsOf(source: TimelineSource, before: TimelinePosition | null): string[] {
  const key = before?.[source];
  if (source !== 'delivery') return [key ?? NO_BOUND];
  return key?.split(':') ?? [NO_BOUND, NO_BOUND];
}
