import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The indexes that the release before this one has replaced. Most of them made a callback write further index entries. */
const INDEXES = {
  payments_transaction_key: 'ON payments (gateway, transaction_id) WHERE transaction_id IS NOT NULL',
  payments_by_status: 'ON payments (status, id)',
  payments_due: `ON payments (expires_at) WHERE status IN ('init','processing')`,
  orders_by_status: 'ON orders (status, id)',
  callbacks_by_payment: 'ON callbacks (payment_number, id) WHERE payment_number IS NOT NULL',
  events_by_order: 'ON events (order_number, id) WHERE order_number IS NOT NULL',
  discrepancies_by_transaction: 'ON discrepancies (gateway, transaction_id) WHERE transaction_id IS NOT NULL',
} as const;

const UNIQUE: readonly string[] = ['payments_transaction_key'];

export class WithoutIndexesOfChangedColumns1763900000017 implements MigrationInterface {
  readonly name = 'WithoutIndexesOfChangedColumns1763900000017';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [name, definition] of Object.entries(INDEXES)) {
      const kind = UNIQUE.includes(name) ? 'UNIQUE INDEX' : 'INDEX';
      await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
      await runner.query(`CREATE ${kind} CONCURRENTLY ${name} ${definition}`);
    }
  }
}
