import type { TimelineQueries } from '../../application/payments/timeline-queries.js';
import {
  TIMELINE_LIMIT,
  timelineOf,
  type Timeline,
  type TimelineItem,
} from '../../application/payments/timeline.js';
import type { PlainSql } from './engine/sql.js';

// Each source gives its newest rows, one more than is shown. Ids are gathered into arrays, because a join that is sorted by id
// may be planned as a walk along the whole table. The columns have the names of the items' fields.
const SOURCES: readonly (readonly [kind: TimelineItem['kind'], sql: string])[] = [
  // A refund may name only the transaction. Then only its events name the payment.
  [
    'callback',
    `SELECT id, received_at AS at, gateway, event_id AS "eventId", kind AS "noticeKind", outcome, deliveries, settled_at AS "settledAt"
       FROM callbacks
      WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE payment_number = $1 ORDER BY id DESC LIMIT $2)
                   || ARRAY(SELECT callback_id FROM events WHERE payment_number = $1 ORDER BY id DESC LIMIT $2))
      ORDER BY id DESC LIMIT $2`,
  ],
  // Includes moves of the order, but not those of its other payments. Cases have their own sources below.
  [
    'event',
    `SELECT id, at, type, actor, callback_id AS "callbackId", data FROM (
       (SELECT * FROM events WHERE payment_number = $1 ORDER BY id DESC LIMIT $2) UNION ALL
       (SELECT * FROM events WHERE payment_number IS NULL
           AND order_number = (SELECT order_number FROM payments WHERE number = $1) ORDER BY id DESC LIMIT $2)) AS shown
      WHERE type NOT LIKE 'discrepancy.%' ORDER BY id DESC LIMIT $2`,
  ],
  [
    'discrepancy',
    `SELECT id, opened_at AS at, 'opened' AS type, kind AS "discrepancyKind", callback_id AS "callbackId",
            NULL AS resolution, NULL AS actor, NULL AS reason
       FROM discrepancies WHERE payment_number = $1 ORDER BY id DESC LIMIT $2`,
  ],
  [
    'discrepancy',
    `SELECT id, resolved_at AS at, 'resolved' AS type, kind AS "discrepancyKind", callback_id AS "callbackId",
            resolution, resolved_by AS actor, reason
       FROM discrepancies WHERE payment_number = $1 AND status = 'resolved' ORDER BY id DESC LIMIT $2`,
  ],
  [
    'note',
    `SELECT id, at, discrepancy_id AS "discrepancyId", actor, note FROM discrepancy_notes
      WHERE discrepancy_id = ANY (ARRAY(SELECT id FROM discrepancies WHERE payment_number = $1 ORDER BY id DESC LIMIT $2))
      ORDER BY id DESC LIMIT $2`,
  ],
  // At the time of its last attempt; before the first attempt, at the time of the event.
  [
    'delivery',
    `SELECT events.id, coalesce(last_attempt_at, at) AS at, 'evt_' || events.id AS "eventId", type,
            CASE subscribers.kind WHEN 'nats' THEN 'nats' ELSE subscriber_id::text END AS subscriber,
            deliveries.status, attempts, delivered_at AS "deliveredAt"
       FROM deliveries JOIN events ON events.id = event_id JOIN subscribers ON subscribers.id = subscriber_id
      WHERE event_id = ANY (ARRAY(SELECT id FROM events WHERE payment_number = $1 ORDER BY id DESC LIMIT $2))
      ORDER BY event_id DESC, subscriber_id DESC LIMIT $2`,
  ],
];

export class PostgresTimelineQueries implements TimelineQueries {
  constructor(private readonly sql: PlainSql) {}

  async find(paymentNumber: string): Promise<Timeline | null> {
    const items: TimelineItem[] = [];
    for (const [kind, sql] of SOURCES) {
      const rows = await this.sql.query<object>(sql, [paymentNumber, TIMELINE_LIMIT + 1]);
      items.push(...rows.map((row) => ({ kind, ...row }) as TimelineItem));
    }
    return timelineOf(items);
  }
}
