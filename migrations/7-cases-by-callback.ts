import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The cases of a callback, whatever their status. An index on open cases competes with the indexes on the status. */
export class CasesByCallback1763900000007 implements MigrationInterface {
  readonly name = 'CasesByCallback1763900000007';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS discrepancies_by_callback');
    await runner.query('CREATE INDEX CONCURRENTLY discrepancies_by_callback ON discrepancies (callback_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS discrepancies_by_callback');
  }
}
