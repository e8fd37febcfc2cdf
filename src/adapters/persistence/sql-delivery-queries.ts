import type { DataSource, EntityManager } from 'typeorm';
import {
  DeliveryQueries,
  type DeliveryView,
  type EndpointView,
  type SubscriberLag,
} from '../../application/outbox.js';
import { Unavailable } from '../../application/ports.js';
import type { Page, PageRequest } from '../../application/queries.js';
import { faultOf } from './faults.js';

const ENDPOINT = `id, url, events, status, paused_because AS "pausedBecause", paused_at AS "pausedAt", failures,
  failing_since AS "failingSince", CASE WHEN old_secret_until > now() THEN old_secret_until END AS "oldSecretUntil",
  created_at AS "createdAt"`;

export const DELIVERY = `'evt_' || event_id AS "eventId", type, order_number AS "orderNumber", status, attempts,
  last_attempt_at AS "lastAttemptAt", last_status AS "lastStatus", last_error AS "lastError",
  next_attempt_at AS "nextAttemptAt", delivered_at AS "deliveredAt"`;

const ENDPOINTS = `FROM subscribers WHERE kind = 'webhook' AND status <> 'removed'`;

export class SqlDeliveryQueries extends DeliveryQueries {
  constructor(private readonly source: Pick<EntityManager | DataSource, 'query'>) {
    super();
  }

  async endpoints({ limit, before }: PageRequest): Promise<Page<EndpointView>> {
    const rows: EndpointView[] = await this.source.query(
      `SELECT ${ENDPOINT} ${ENDPOINTS} AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $1`,
      [limit + 1, before],
    );
    return pageOf(rows, limit, ({ id }) => id);
  }

  async endpoint(id: string): Promise<EndpointView | null> {
    const [row]: EndpointView[] = await this.source.query(`SELECT ${ENDPOINT} ${ENDPOINTS} AND id = $1`, [
      id,
    ]);
    return row ?? null;
  }

  async deliveries(endpointId: string, { limit, before }: PageRequest): Promise<Page<DeliveryView>> {
    const rows: DeliveryView[] = await this.source.query(
      `SELECT ${DELIVERY} FROM deliveries JOIN events ON events.id = event_id
        WHERE subscriber_id = $3 AND ($2::bigint IS NULL OR event_id < $2) ORDER BY event_id DESC LIMIT $1`,
      [limit + 1, before, endpointId],
    );
    return pageOf(rows, limit, ({ eventId }) => eventId.slice('evt_'.length));
  }

  async lags(): Promise<readonly SubscriberLag[]> {
    const rows: (Omit<SubscriberLag, 'seconds'> & { seconds: string })[] = await this.source.query(
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

  async work(at: Date): Promise<{ toFanOut: boolean; due: boolean }> {
    try {
      const [row]: { toFanOut: boolean; due: boolean }[] = await this.source.query(
        `SELECT until IS NOT NULL OR EXISTS (
                  SELECT FROM events WHERE tx >= horizon AND tx < pg_snapshot_xmin(pg_current_snapshot())) AS "toFanOut",
                EXISTS (SELECT FROM subscribers WHERE status = 'active' AND (
                  SELECT true FROM deliveries WHERE subscriber_id = subscribers.id AND next_attempt_at <= $1 LIMIT 1)) AS due
           FROM relay`,
        [at],
      );
      return row ?? { toFanOut: false, due: false };
    } catch (error) {
      if (faultOf(error) === 'bug') throw error;
      throw new Unavailable((error as Error).message, { cause: error });
    }
  }
}

function pageOf<View>(rows: readonly View[], limit: number, idOf: (view: View) => string): Page<View> {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? idOf(items.at(-1)!) : null };
}
