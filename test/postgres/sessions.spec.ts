import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { boundedQuery, boundedReads, boundedSql } from '../../src/adapters/postgres/engine/bounded-query.js';
import { connectionOf, withConnection } from '../../src/adapters/postgres/engine/connection.js';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { PLANNER, READS_PLANNER } from '../../src/adapters/postgres/engine/session.js';
import type { Session } from '../../src/adapters/postgres/engine/transaction.js';
import { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { Unavailable } from '../../src/application/transaction.js';
import { CountingTelemetry } from '../application/fixtures/counting-telemetry.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

/** What a connection has inherited from its role, its database or a pooler, and what it must not inherit. */

let database: FreshDatabase;
let name: string;
const opened: DataSource[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  name = new URL(database.url).pathname.slice(1);
});
afterEach(async () => {
  await opened[0]?.query(`ALTER DATABASE ${name} RESET ALL`);
  await Promise.all(opened.splice(0).map((each) => each.destroy()));
});
afterAll(() => database.drop());

async function open(
  size = 1,
  options?: Parameters<typeof dataSourceOptions>[3],
  url = database.url,
): Promise<DataSource> {
  const source = await new DataSource(dataSourceOptions(SCHEMA, url, size, options)).initialize();
  opened.push(source);
  return source;
}

const settingOf = async (source: DataSource, setting: string): Promise<string> => {
  const [row] = await source.query<{ value: string }[]>('SELECT current_setting($1) AS value', [setting]);
  return row!.value;
};
const pidOf = (source: DataSource) =>
  withConnection(source, performance.now() + 5_000, async ({ connection }) => connection.backendPid);

/** What a database may say, and what a connection has all the same. */
const SETTINGS = [
  ['DateStyle', 'German', 'ISO, MDY'],
  ['TimeZone', 'Asia/Shanghai', 'UTC'],
  ['IntervalStyle', 'iso_8601', 'postgres'],
  ['bytea_output', 'escape', 'hex'],
  ['standard_conforming_strings', 'off', 'on'],
  ['transform_null_equals', 'on', 'off'],
  ['array_nulls', 'off', 'on'],
  ['default_transaction_isolation', 'serializable', 'read committed'],
  ['default_transaction_deferrable', 'on', 'off'],
  ['statement_timeout', '50ms', '5s'],
  ['lock_timeout', '10ms', '1s'],
  ['idle_in_transaction_session_timeout', '1ms', '10s'],
  ['idle_session_timeout', '1s', '0'],
  ['synchronous_commit', 'off', 'on'],
  ['enable_indexscan', 'off', 'on'],
  ['enable_seqscan', 'on', 'off'],
  ['jit', 'on', 'off'],
  ['plan_cache_mode', 'auto', 'force_generic_plan'],
] as const;

describe('a new connection', () => {
  test('has its own settings, whatever those of the database are', async () => {
    const admin = await open();
    for (const [setting, ofDatabase] of SETTINGS)
      await admin.query(`ALTER DATABASE ${name} SET ${setting} = '${ofDatabase}'`);
    const source = await open();
    for (const [setting, , ours] of SETTINGS)
      expect([setting, await settingOf(source, setting)]).toEqual([setting, ours]);
  });

  test.each(['local', 'remote_apply'])(
    'keeps a synchronous_commit of %s, which waits for the disk as well',
    async (value) => {
      const admin = await open();
      await admin.query(`ALTER DATABASE ${name} SET synchronous_commit = ${value}`);
      expect(await settingOf(await open(), 'synchronous_commit')).toBe(value);
    },
  );

  test('plans by the schema; lists are planned for their values as well', async () => {
    const reads = await open(1, { planner: READS_PLANNER });
    for (const [setting, value] of Object.entries(READS_PLANNER))
      expect(await settingOf(reads, setting)).toBe(value);
    expect(await settingOf(await open(), 'plan_cache_mode')).toBe(PLANNER.plan_cache_mode);
  });

  test('uses the schema of the first one, however the search_path changes later', async () => {
    const source = await open(2);
    await source.query('CREATE SCHEMA other');
    await source.query('CREATE TABLE other.orders (number text)');
    await source.query(`ALTER DATABASE ${name} SET search_path = other`);
    const [first, second] = [source.createQueryRunner(), source.createQueryRunner()];
    await connectionOf(first);
    await connectionOf(second);
    for (const runner of [first, second]) {
      const [{ schema }] = await runner.query('SELECT current_schema() AS schema');
      expect(schema).toBe('public');
      await runner.release();
    }
  });

  test('finds the tables of its role in a schema of their own, and temporary tables never hide them', async () => {
    const source = await open();
    await source.query('CREATE SCHEMA shop');
    await source.query(`ALTER DATABASE ${name} SET search_path = shop`);
    const later = await open();
    expect(await settingOf(later, 'search_path')).toBe('shop, pg_temp');
  });

  test('is refused in words if the search_path names no schema that exists', async () => {
    const source = await open();
    await source.query(`ALTER DATABASE ${name} SET search_path = nowhere`);
    await expect(open()).rejects.toThrow('names no schema that exists');
  });

  test('knows its backend, and whether it still has its own session', async () => {
    const source = await open();
    await withConnection(source, performance.now() + 5_000, async ({ runner, connection }) => {
      const [{ pid }] = await runner.query('SELECT pg_backend_pid() AS pid');
      expect(connection.backendPid).toBe(pid);
      expect(await connection.hasItsSession()).toBe(true);
      await runner.query(`SELECT set_config('quittance.session', 'another', false)`);
      expect(await connection.hasItsSession()).toBe(false);
    });
  });
});

/** A port that runs statements on tables of the test's own. */
abstract class Raw {
  abstract readonly session: Session;
}
const unitOfWorkOn = (pool: DataSource) =>
  new PostgresUnitOfWork(
    pool,
    pool,
    { ports: new Map([[Raw, (session: Session) => ({ session })]]), uniqueFaults: new Map() },
    new CountingTelemetry(),
  );

describe('a connection that is of no use any more', () => {
  const INSERT = `INSERT INTO rejections (gateway, reason, received_at, remote_address) VALUES ('a', 'b', now(), 'c')`;

  test.each([true, false])(
    'is replaced after it turned read-only: one transaction fails and the next succeeds (pipelined: %s)',
    async (pipelined) => {
      const source = await open();
      await source.query('SET default_transaction_read_only = on');
      const before = await pidOf(source);
      const write = () =>
        unitOfWorkOn(source).run((tx) => tx.of(Raw).session.prepared.change(INSERT, []), { pipelined });
      await expect(write()).rejects.toThrow(Unavailable);
      await write();
      expect(await pidOf(source)).not.toBe(before);
    },
  );

  test('is replaced after it turned read-only, also for a statement outside a transaction', async () => {
    const source = await open();
    await source.query('SET default_transaction_read_only = on');
    const sql = boundedSql(source, 5_000);
    await expect(sql.execute(INSERT)).rejects.toThrow(Unavailable);
    expect(await sql.execute(INSERT)).toBe(1);
  });

  test('prepares a limited number of different reads, and answers the others as well', async () => {
    const source = await open();
    const sql = boundedReads(source, 5_000);
    for (let each = 0; each < 120; each++)
      expect(await sql.query(`SELECT ${each} + $1::int AS sum`, [1])).toEqual([{ sum: each + 1 }]);
    const [prepared] = await sql.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_prepared_statements WHERE statement LIKE '%AS sum'`,
    );
    expect(prepared!.count).toBe(100);
  });

  test('is replaced if a migration has changed the rows that a prepared statement returns', async () => {
    const source = await open();
    await source.query('CREATE TABLE marks (id integer)');
    const read = () =>
      unitOfWorkOn(source).run((tx) => tx.of(Raw).session.prepared.query('SELECT * FROM marks', []));
    await read();
    await source.query('ALTER TABLE marks ADD name text');
    await expect(read()).rejects.toThrow(Unavailable);
    expect(await read()).toEqual([]);
  });

  test('is replaced if its prepared statements are gone', async () => {
    const source = await open();
    const read = () => unitOfWorkOn(source).run((tx) => tx.of(Raw).session.prepared.query('SELECT 1', []));
    await read();
    await source.query('DEALLOCATE ALL');
    await expect(read()).rejects.toThrow(Unavailable);
    expect(await read()).toHaveLength(1);
  });
});

describe('a deadline that passes while work waits for a connection', () => {
  const occupied = async (source: DataSource) => {
    const runner = source.createQueryRunner();
    await connectionOf(runner);
    return runner;
  };

  test('ends the work at its deadline, and cuts no healthy connection', async () => {
    const source = await open();
    const before = await pidOf(source);
    for (let round = 0; round < 20; round += 1) {
      const runner = await occupied(source);
      const since = performance.now();
      const late = [
        boundedQuery(source, since + 20, 'SELECT 1'),
        unitOfWorkOn(source).run(async () => undefined, { deadline: since + 20 }),
      ];
      for (const each of await Promise.allSettled(late))
        expect(each).toMatchObject({ status: 'rejected', reason: expect.any(Unavailable) });
      expect(performance.now() - since).toBeLessThan(1_000);
      await runner.release();
    }
    expect(await pidOf(source)).toBe(before);
  });

  test('sends nothing, not even when a connection becomes free later', async () => {
    const source = await open();
    const runner = await occupied(source);
    const insert = `INSERT INTO rejections (gateway, reason, received_at, remote_address) VALUES ('late', 'b', now(), 'c')`;
    await expect(boundedQuery(source, performance.now() + 20, insert)).rejects.toThrow(Unavailable);
    await runner.release();
    expect(await source.query(`SELECT FROM rejections WHERE gateway = 'late'`)).toHaveLength(0);
  });
});
