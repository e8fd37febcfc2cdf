import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A callback is looked up by the unique key on (gateway, event_id), and a settled payment by the one on (gateway, transaction_id). Another
 * index that begins with the gateway was chosen for these look-ups while a table had no statistics. Then each look-up read all
 * rows of the gateway.
 */
export class WithoutIndexesByGateway1763900000006 implements MigrationInterface {
  readonly name = 'WithoutIndexesByGateway1763900000006';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS callbacks_by_gateway');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS payments_by_gateway');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS callbacks_by_gateway');
    await runner.query('CREATE INDEX CONCURRENTLY callbacks_by_gateway ON callbacks (gateway, id)');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS payments_by_gateway');
    await runner.query('CREATE INDEX CONCURRENTLY payments_by_gateway ON payments (gateway, id)');
  }
}
