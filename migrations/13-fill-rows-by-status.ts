import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const PAGE = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';
const RETRY_MS = 100;

const lastOf = (table: string) =>
  `SELECT max(id) AS last FROM (SELECT id FROM ${table} WHERE id > $1 ORDER BY id LIMIT ${PAGE}) AS page`;

// FOR SHARE, because a row that changes between this look and the insert would be listed under its old status for ever. NOWAIT,
// because rows that are locked already must not stay locked while this statement waits for another one.
const FILL = {
  payments: [
    `INSERT INTO payment_statuses
     SELECT status, id, number, expires_at FROM (SELECT * FROM payments WHERE id > $1 AND id <= $2 AND status <> 'succeeded' FOR SHARE NOWAIT) AS page
     ON CONFLICT DO NOTHING`,
    `INSERT INTO settled_transactions
     SELECT transaction_id, gateway, number FROM payments WHERE id > $1 AND id <= $2 AND transaction_id IS NOT NULL
     ON CONFLICT DO NOTHING`,
  ],
  orders: [
    `INSERT INTO order_statuses
     SELECT status, id FROM (SELECT * FROM orders WHERE id > $1 AND id <= $2 AND status <> 'paid' FOR SHARE NOWAIT) AS page
     ON CONFLICT DO NOTHING`,
  ],
} as const;

/** Lists the payments and orders that were written before the triggers. In small transactions, beside the traffic. */
export class FillRowsByStatus1763900000013 implements MigrationInterface {
  readonly name = 'FillRowsByStatus1763900000013';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, statements] of Object.entries(FILL)) await fill(runner, table, statements);
  }

  async down(): Promise<void> {
    // The rows go with their tables.
  }
}

async function fill(runner: QueryRunner, table: string, statements: readonly string[]): Promise<void> {
  let after = '0';
  for (;;) {
    const [page] = (await runner.query(lastOf(table), [after])) as { last: string | null }[];
    for (const statement of statements)
      await withoutWaiting(() => runner.query(statement, [after, page?.last]));
    if (!page?.last) return;
    after = page.last;
  }
}

/** A row that another transaction has locked is tried again after a pause, in which no row is locked. */
async function withoutWaiting(query: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await query();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
      await wait(RETRY_MS);
    }
  }
}
