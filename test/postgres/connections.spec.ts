import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { boundedSql } from '../../src/adapters/postgres/engine/bounded-query.js';
import { Connection, connectionOf, cutIdle } from '../../src/adapters/postgres/engine/connection.js';
import { Unavailable } from '../../src/application/transaction.js';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { stopwatch } from '../stopwatch.js';
import { openPools, type OpenedPools } from './open-postgres.js';

let database: FreshDatabase;
let pools: OpenedPools;
beforeAll(async () => {
  database = await freshDatabase();
  pools = await openPools(database.url, { main: 3, reserve: 2 });
});
afterAll(async () => {
  await pools.close();
  await database.drop();
});

const backends = async (source: DataSource): Promise<number[]> => {
  const rows = await source.query<{ pid: number }[]>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`,
  );
  return rows.map(({ pid }) => pid);
};

test('TypeORM hands `extra.Client` on to the pool, so every connection is of our class', async () => {
  for (const source of [pools.main, pools.reserve]) {
    const runner = source.createQueryRunner();
    try {
      const connection = await connectionOf(runner);
      expect(connection).toBeInstanceOf(Connection);
      const [row] = await runner.query('SELECT pg_backend_pid() AS pid');
      expect(connection.backendPid).toBe(row.pid);
    } finally {
      await runner.release();
    }
  }
});

test("the pool behind TypeORM's name for it makes the same connections", async () => {
  const { master } = pools.main.driver as unknown as { readonly master: Pool };
  const connection = await master.connect();
  expect(connection).toBeInstanceOf(Connection);
  connection.release();
});

test('the idle connections of a pool are cut, and those in use are not', async () => {
  const runners = [1, 2, 3].map(() => pools.main.createQueryRunner());
  const connections = await Promise.all(runners.map(connectionOf));
  const [used, ...idle] = connections.map(({ backendPid }) => backendPid);
  await Promise.all(runners.slice(1).map((runner) => runner.release()));
  cutIdle(pools.main);
  while ((await backends(pools.reserve)).some((pid) => idle.includes(pid))) await wait(10);
  expect(await backends(pools.reserve)).toContain(used);
  await runners[0]!.query('SELECT 1');
  await runners[0]!.release();
  await expect(pools.main.query('SELECT 1')).resolves.toBeDefined();
});

test('a read that waits too long for a table lock of another session is unavailable, which HTTP answers with 503', async () => {
  const runner = pools.main.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query('LOCK TABLE payments IN ACCESS EXCLUSIVE MODE');
    const read = boundedSql(pools.reserve, 5_000).query('SELECT count(*) FROM payments');
    await expect(read).rejects.toBeInstanceOf(Unavailable);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
});

test('the end of a connection does not wait for a network that is silent', async () => {
  const { proxy, url } = await TcpProxy.before(database.url);
  const silenced = await openPools(url, { main: 1, reserve: 1 });
  const connection = await connectionOf(silenced.main.createQueryRunner());
  proxy.silence();
  const elapsed = stopwatch();
  await connection.end();
  expect(elapsed()).toBeLessThan(3_000);
  await silenced.close();
  await proxy.close();
});
