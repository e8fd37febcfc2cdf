import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The deliveries of an ordering key that are not done. No other index begins with the ordering key or has this predicate, so no other one can
 * be chosen for a pair of ordering key and subscriber.
 */
export class DeliveriesOfLane1763900000008 implements MigrationInterface {
  readonly name = 'DeliveriesOfLane1763900000008';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS deliveries_of_lane');
    await runner.query(
      `CREATE INDEX CONCURRENTLY deliveries_of_lane ON deliveries (lane, subscriber_id, event_id) WHERE status IN ('waiting', 'sending')`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS deliveries_of_lane');
  }
}
