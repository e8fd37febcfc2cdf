import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PostgresRejections } from '../../src/adapters/postgres/rejections.js';
import type { Rejection } from '../../src/application/callbacks/rejection-repository.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { type OpenedPools, openPools } from './open-postgres.js';

let database: FreshDatabase;
let pools: OpenedPools;
beforeAll(async () => {
  database = await freshDatabase();
  pools = await openPools(database.url);
});
afterAll(() => database.drop());

const rejection: Rejection = {
  gateway: null,
  reason: 'path',
  path: '/callback/stripe',
  receivedAt: new Date('2026-11-23T08:00:00Z'),
  remoteAddress: '192.0.2.1',
};

test('of what is rejected in one second at most 200 are stored, and the table has at most 2 000 rows whatever the reasons are', async () => {
  await pools.main.query(
    `INSERT INTO rejections (gateway, reason, received_at, remote_address)
     SELECT 'stripe', 'signature_mismatch', now(), '192.0.2.1' FROM generate_series(1, 2000)`,
  );
  const rejections = new PostgresRejections(pools.main);
  for (let nth = 0; nth < 300; nth += 1) rejections.record(rejection);
  await rejections.flush();
  expect(
    await pools.main.query('SELECT reason, count(*)::int FROM rejections GROUP BY 1 ORDER BY 1'),
  ).toEqual([
    { reason: 'path', count: 200 },
    { reason: 'signature_mismatch', count: 1_800 },
  ]);
});

test('while the database is away, rejections are dropped without an error', async () => {
  const rejections = new PostgresRejections(pools.main);
  await pools.close();
  rejections.record(rejection);
  await expect(rejections.flush()).resolves.toBeUndefined();
});
