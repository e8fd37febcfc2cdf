import type { Source } from './prepared-sql.js';

/**
 * Drops deliveries that were done with before `before`, of each subscriber among its `limit` oldest, and everything of endpoints that were
 * removed. Bounded, so that it never holds anybody up. Returns how many rows it has dropped.
 */
export async function forgetDeliveries(source: Source, before: Date, limit: number): Promise<number> {
  const [, dropped]: [unknown[], number] = await source.query(
    `DELETE FROM deliveries USING subscribers, LATERAL (
       SELECT event_id FROM deliveries AS oldest WHERE oldest.subscriber_id = subscribers.id ORDER BY event_id LIMIT $2) AS oldest
      WHERE deliveries.subscriber_id = subscribers.id AND deliveries.event_id = oldest.event_id
        AND (subscribers.status = 'removed' OR deliveries.next_attempt_at IS NULL AND deliveries.last_attempt_at < $1)`,
    [before, limit],
  );
  await source.query(
    `DELETE FROM subscribers WHERE status = 'removed' AND NOT EXISTS (SELECT FROM deliveries WHERE subscriber_id = subscribers.id)`,
  );
  return dropped;
}
