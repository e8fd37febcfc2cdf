import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Validates the check of the kinds of cases, which reads the table and stops no work on it, and builds the index by which lists and
 * metrics find the refunds of a status.
 */
export class ValidKinds1763900000028 implements MigrationInterface {
  readonly name = 'ValidKinds1763900000028';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE discrepancies VALIDATE CONSTRAINT discrepancies_kinds');
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS refunds_by_status');
    await runner.query('CREATE INDEX CONCURRENTLY refunds_by_status ON refunds (status, id)');
  }

  /** A check that is valid stays valid. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS refunds_by_status');
  }
}
