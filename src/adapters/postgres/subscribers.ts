import type { NewEndpoint, SubscriberRepository } from '../../application/events/subscriber-repository.js';
import { Subscriber, type SubscriberKind, type SubscriberStatus } from '../../domain/events/subscriber.js';
import type { PlainSql } from './engine/sql.js';

/** Each round of deliveries examines every endpoint, and each endpoint may have its full number of deliveries in flight. */
const MAX_ENDPOINTS = 50;
const REASON_LENGTH = 1_000;

interface SubscriberRow {
  readonly id: string;
  readonly kind: SubscriberKind;
  readonly status: SubscriberStatus;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly paused_because: string | null;
  readonly paused_at: Date | null;
}

export class PostgresSubscribers implements SubscriberRepository {
  constructor(private readonly sql: PlainSql) {}

  async addEndpoint({ url, events, secret, at }: NewEndpoint): Promise<string | null> {
    const [row] = await this.sql.query<{ id: string }>(
      `INSERT INTO subscribers (kind, url, events, secret, created_at)
       SELECT 'webhook', $1::text, $2::text[], $3::text, $4::timestamptz
        WHERE (SELECT count(*) FROM subscribers WHERE kind = 'webhook' AND status <> 'removed') < $5
       RETURNING id`,
      [url, events, secret, at, MAX_ENDPOINTS],
    );
    return row?.id ?? null;
  }

  async registerStream(at: Date): Promise<void> {
    await this.sql.execute(
      `INSERT INTO subscribers AS stream (kind, seen_at, created_at) VALUES ('nats', $1, $1)
       ON CONFLICT (kind) WHERE kind = 'nats' DO UPDATE
         SET seen_at = greatest(stream.seen_at, $1), status = 'active',
             since = CASE WHEN stream.status = 'off' THEN pg_current_snapshot() ELSE stream.since END`,
      [at],
    );
  }

  async retireStream(before: Date): Promise<void> {
    await this.sql.execute(
      `UPDATE subscribers SET status = 'off' WHERE kind = 'nats' AND status = 'active' AND seen_at < $1`,
      [before],
    );
  }

  async lock(ids: readonly string[]): Promise<Subscriber[]> {
    const rows = await this.sql.query<SubscriberRow>(
      `SELECT id, kind, status, failures, failing_since, paused_because, paused_at
         FROM subscribers WHERE id = ANY($1::bigint[]) AND status <> 'removed' ORDER BY id FOR NO KEY UPDATE`,
      [ids],
    );
    return rows.map(
      ({ id, kind, status, failures, ...row }) =>
        new Subscriber(id, kind, {
          status,
          failures,
          failingSince: row.failing_since,
          pausedBecause: row.paused_because,
          pausedAt: row.paused_at,
        }),
    );
  }

  async save(subscribers: readonly Subscriber[]): Promise<void> {
    for (const { id, state } of subscribers) {
      await this.sql.execute(
        `UPDATE subscribers SET status = $2, failures = $3, failing_since = $4, paused_because = $5, paused_at = $6 WHERE id = $1`,
        [
          id,
          state.status,
          state.failures,
          state.failingSince,
          state.pausedBecause?.slice(0, REASON_LENGTH) ?? null,
          state.pausedAt,
        ],
      );
    }
  }

  async changeSecret(id: string, secret: string, oldUntil: Date): Promise<void> {
    await this.sql.execute(
      `UPDATE subscribers SET secret = $2, old_secret = secret, old_secret_until = $3 WHERE id = $1`,
      [id, secret, oldUntil],
    );
  }

  async remove(id: string): Promise<void> {
    await this.sql.execute(`UPDATE subscribers SET status = 'removed' WHERE id = $1`, [id]);
  }
}
