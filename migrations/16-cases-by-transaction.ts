import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People look for a transaction without its gateway, and for the cases of an order. A transaction has few cases. */
const INDEXES = {
  discrepancies_of_transaction: 'ON discrepancies (transaction_id, id) WHERE transaction_id IS NOT NULL',
  discrepancies_of_order: 'ON discrepancies (order_number, id) WHERE order_number IS NOT NULL',
} as const;

export class CasesByTransaction1763900000016 implements MigrationInterface {
  readonly name = 'CasesByTransaction1763900000016';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) {
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(`CREATE INDEX CONCURRENTLY ${name} ${definition}`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  }
}
