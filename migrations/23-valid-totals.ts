import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Validates the check of the totals of orders. It reads the table and stops no work on it. */
export class ValidTotals1763900000023 implements MigrationInterface {
  readonly name = 'ValidTotals1763900000023';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check');
  }

  /** A check that is valid stays valid. */
  async down(): Promise<void> {}
}
