import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The two indexes that the migrations before this one have replaced. */
export class SupersededIndexes1763900000009 implements MigrationInterface {
  readonly name = 'SupersededIndexes1763900000009';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS discrepancies_of_callback');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS deliveries_by_lane');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS discrepancies_of_callback');
    await runner.query(
      `CREATE INDEX CONCURRENTLY discrepancies_of_callback ON discrepancies (callback_id) WHERE status = 'open'`,
    );
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS deliveries_by_lane');
    await runner.query(
      `CREATE INDEX CONCURRENTLY deliveries_by_lane ON deliveries (subscriber_id, lane, event_id) WHERE next_attempt_at IS NOT NULL`,
    );
  }
}
