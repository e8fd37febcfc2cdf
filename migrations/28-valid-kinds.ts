import type { MigrationInterface, QueryRunner } from 'typeorm';

const INDEXES = {
  refunds_by_status: 'ON refunds (status, id)',
  refunds_of_order: 'ON refunds (order_number) WHERE order_number IS NOT NULL',
} as const;

/**
 * Validates the check of the kinds of cases, which reads the table and stops no work on it, and builds the indexes by which lists and
 * metrics find the refunds of a status, and orders their refunds. Since 0.9.0 an order sums the refunds of its payments, so no statement of it
 * uses `refunds_of_order`. The index stays for processes of 0.8.0, which work on this schema during an upgrade and after a way back.
 */
export class ValidKinds1763900000028 implements MigrationInterface {
  readonly name = 'ValidKinds1763900000028';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE discrepancies VALIDATE CONSTRAINT discrepancies_kinds');
    for (const [name, definition] of Object.entries(INDEXES)) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
    }
  }

  /** A check that is valid stays valid. */
  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  }
}
