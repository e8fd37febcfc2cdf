import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

let database: FreshDatabase;
let source: DataSource;
beforeAll(async () => {
  database = await freshDatabase();
  source = await new DataSource(dataSourceOptions(SCHEMA, database.url, 1)).initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

const place = (number: string, currency: string) =>
  source.query(`INSERT INTO orders (number, total, currency, status) VALUES ($1, 1, $2, 'pending')`, [
    number,
    currency,
  ]);
const open = (number: string, currency: string) =>
  source.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     VALUES ($1, 'O', 'stripe', 1, $2, 'init', now())`,
    [number, currency],
  );

test('every migration can be reverted and run again', async () => {
  for (const { transaction } of source.migrations.toReversed())
    await source.undoLastMigration({ transaction: transaction === false ? 'none' : 'each' });
  expect(await source.query(`SELECT FROM pg_class WHERE relname IN ('orders', 'callbacks')`)).toHaveLength(0);
  expect(await source.runMigrations()).toHaveLength(source.migrations.length);
});

test('the tables accept numbers of 1 to 64 letters, digits, _ and -, and currencies of three capitals', async () => {
  await place('O', 'CNY');
  for (const number of ['a', 'A-1_z', '9'.repeat(64)]) {
    await expect(place(number, 'CNY')).resolves.toBeDefined();
    await expect(open(number, 'KWD')).resolves.toBeDefined();
  }
});

test.each(['', 'a'.repeat(65), 'a b', 'ä', 'a\n', "a'b"])(
  'the tables refuse the number %j, whatever the code does',
  async (number) => {
    await expect(place(number, 'CNY')).rejects.toThrow('orders_number_check');
    await expect(open(number, 'CNY')).rejects.toThrow('payments_number_check');
  },
);

test.each(['', 'CN', 'CNYX', 'cny', 'C1Y', 'CNY\n'])(
  'the tables refuse the currency %j',
  async (currency) => {
    await expect(place('other', currency)).rejects.toThrow('orders_currency_check');
    await expect(open('other', currency)).rejects.toThrow('payments_currency_check');
  },
);
