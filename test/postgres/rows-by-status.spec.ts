import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { FillRowsByStatus1763900000013 } from '../../migrations/13-fill-rows-by-status.js';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { ORDER_STATUSES } from '../../src/domain/orders/order.js';
import { PAYMENT_STATUSES } from '../../src/domain/payments/payment.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { waitUntil } from '../e2e/wait-until.js';
import { differencesOfLists } from './fixtures/rows-by-status.js';

const ROWS = 400;

let database: FreshDatabase;
let sql: Client;
beforeAll(async () => {
  database = await freshDatabase();
  sql = await connect();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
afterEach(async () => {
  await sql.query('ROLLBACK');
  await sql.query(
    'TRUNCATE orders, payments, payment_statuses, order_statuses, settled_transactions CASCADE',
  );
});

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  return client;
}

async function place(count = ROWS): Promise<void> {
  await sql.query(
    `INSERT INTO orders (number, total, currency, status) SELECT 'O' || n, 1, 'CNY', 'pending' FROM generate_series(1, $1) AS n`,
    [count],
  );
  await sql.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     SELECT 'P' || n, 'O' || n, 'stripe', 1, 'CNY', 'init', now() FROM generate_series(1, $1) AS n`,
    [count],
  );
}

const settle = (where = 'true', transaction = `'T' || id`) =>
  sql.query(
    `UPDATE payments SET status = 'succeeded', transaction_id = ${transaction}, paid_at = now() WHERE ${where}`,
  );

const differences = () => differencesOfLists(sql);

test('the rows by status are those of the payments and orders, whatever an operator or a release changes', async () => {
  await place();
  expect(await differences()).toEqual([]);
  for (let round = 0; round < 20; round += 1) {
    await sql.query(`UPDATE orders SET status = ($1::text[])[1 + (id + $2) % 7] WHERE id % 3 = $2 % 3`, [
      ORDER_STATUSES,
      round,
    ]);
    await sql.query(
      `UPDATE payments SET status = new.status, expires_at = expires_at + interval '1 s',
              transaction_id = CASE WHEN new.status = 'succeeded' THEN coalesce(transaction_id, 'T' || payments.id) END,
              paid_at = CASE WHEN new.status = 'succeeded' THEN now() END
         FROM (SELECT id, CASE status WHEN 'succeeded' THEN status ELSE ($1::text[])[1 + (id + $2) % 6] END AS status FROM payments) AS new
        WHERE new.id = payments.id AND payments.id % 5 = $2 % 5`,
      [PAYMENT_STATUSES, round],
    );
    expect(await differences()).toEqual([]);
  }
});

test('a transaction settles one payment only, and a settled payment may be changed again', async () => {
  await place(3);
  await settle(`number = 'P1'`, `'T'`);
  await expect(settle(`number = 'P2'`, `'T'`)).rejects.toMatchObject({
    code: '23505',
    constraint: 'settled_transactions_pkey',
  });
  await sql.query(`UPDATE payments SET gateway = 'alipay' WHERE number = 'P3'`);
  await expect(settle(`number = 'P3'`, `'T'`)).resolves.toMatchObject({ rowCount: 1 });
  await sql.query(`UPDATE payments SET updated_at = now()`);
  expect(await differences()).toEqual([]);
});

test('a transaction that settles all payments and orders of a page writes none of their indexes', async () => {
  await place();
  await sql.query('BEGIN');
  const before = await updates();
  await settle();
  await sql.query(`UPDATE orders SET status = 'paid'`);
  const after = await updates();
  expect(after.map((count, index) => count - before[index]!)).toEqual([ROWS, ROWS, ROWS, ROWS]);
});

/** Updates of orders and payments, and how many of them were heap-only. */
async function updates(): Promise<number[]> {
  const { rows } = await sql.query<{ all: number; heap_only: number }>(
    `SELECT n_tup_upd::int AS all, n_tup_hot_upd::int AS heap_only FROM pg_stat_xact_user_tables WHERE relname IN ('orders', 'payments')`,
  );
  return rows.flatMap((row) => [row.all, row.heap_only]);
}

test('what was written before the triggers is listed beside the traffic, and a row that changes meanwhile is listed as it is then', async () => {
  await sql.query('SET session_replication_role = replica');
  await place();
  await settle(`number LIKE '%2'`);
  await sql.query('RESET session_replication_role');
  const source = await new DataSource(dataSourceOptions(SCHEMA, database.url, 1)).initialize();
  const callback = await connect();
  await callback.query('BEGIN');
  await callback.query(
    `UPDATE payments SET status = 'succeeded', transaction_id = 'LATE', paid_at = now() WHERE number = 'P1'`,
  );
  const runner = source.createQueryRunner();
  const filling = new FillRowsByStatus1763900000013().up(runner);
  await waitUntil(async () => {
    const { rowCount } = await sql.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'INSERT INTO payment_statuses%'`,
    );
    return rowCount === 1;
  });
  await callback.query('COMMIT');
  await filling;
  await runner.release();
  await source.destroy();
  await callback.end();
  expect(await differences()).toEqual([]);
});
