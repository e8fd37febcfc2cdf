import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { MIGRATION_LOCK } from '../../src/adapters/postgres/engine/migrate.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { waitUntil } from '../e2e/wait-until.js';
import { restoreDump } from './fixtures/restored-dump.js';

let database: FreshDatabase;
let other: Client;
beforeEach(async () => {
  database = await freshDatabase();
  other = new Client({ connectionString: database.url });
  await other.connect();
});
afterEach(async () => {
  await other.end();
  await database.drop();
});

/** What the next test migrates: the schema of 0.1.0 with its rows. */
const restoreOldSchema = () => restoreDump(database.url);

/** The backend of the migration, if it waits while it builds an index. */
async function builder(): Promise<{ pid: number; locks: string[] } | undefined> {
  const { rows } = await other.query<{ pid: number; locks: string[] }>(
    `SELECT pid, ARRAY(SELECT objid::text FROM pg_locks WHERE pg_locks.pid = activity.pid AND locktype = 'advisory') AS locks
       FROM pg_stat_activity AS activity
      WHERE datname = current_database() AND query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock'`,
  );
  return rows[0];
}

test('a start whose schema is current does not wait for the lock of a process that was lost during its migration', async () => {
  await other.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  expect(await migrate(database.url)).toEqual([]);
});

test('of two processes that start together one migrates, and the other waits without blocking its concurrent builds', async () => {
  await other.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const lines: string[] = [];
  const ran = await Promise.all([1, 2].map(() => migrate(database.url, (line) => lines.push(line))));
  expect(ran.map((each) => each.length).toSorted((a, b) => a - b)).toEqual([0, SCHEMA.migrations.length]);
  expect(lines.filter((line) => line.endsWith(' …'))).toHaveLength(SCHEMA.migrations.length);
});

test('a process that waits for another one says so, and ends when the other has done the work', async () => {
  await restoreOldSchema();
  await other.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
  const lines: string[] = [];
  const waiting = migrate(database.url, (line) => lines.push(line));
  await waitUntil(async () => lines.length > 0);
  expect(lines).toEqual(['Another process is migrating this database. Waiting for it (0 s).']);
  for (const Migration of SCHEMA.migrations)
    await other.query('INSERT INTO migrations (timestamp, name) VALUES (0, $1)', [new Migration().name]);
  expect(await waiting).toEqual([]);
});

test('a build that is killed in the middle leaves an invalid index, and the next run mends it', async () => {
  await restoreOldSchema();
  // The build waits for a transaction that has changed the table.
  const writer = new Client({ connectionString: database.url });
  await writer.connect();
  await writer.query(`BEGIN; UPDATE discrepancies SET details = details`);
  const migrating = migrate(database.url).catch((error: Error) => error);
  await waitUntil(async () => (await builder()) !== undefined);
  const { pid, locks } = (await builder())!;
  // The lock is on the connection that builds, so that none is lost without the other.
  expect(locks).toEqual([String(MIGRATION_LOCK % 2 ** 32)]);
  await other.query('SELECT pg_terminate_backend($1)', [pid]);
  expect(await migrating).toMatchObject({
    name: 'MigrationFailed',
    message: expect.stringContaining('its next run removes what is unfinished'),
  });
  await writer.end();
  const invalid = `SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid`;
  expect((await other.query(invalid)).rows).toEqual([{ name: 'discrepancies_by_callback' }]);
  expect(await migrate(database.url)).toContain('CasesByCallback1763900000007');
  expect((await other.query(invalid)).rows).toEqual([]);
});

test('a change whose table is locked stops those behind it for half a second at most, and tries again', async () => {
  await restoreOldSchema();
  await other.query('BEGIN; SELECT FROM subscribers');
  const lines: string[] = [];
  const migrating = migrate(database.url, (line) => lines.push(line));
  const slowest = { ms: 0 };
  const reader = new Client({ connectionString: database.url });
  await reader.connect();
  while (!lines.some((line) => line.includes('tries again'))) {
    const begun = performance.now();
    await reader.query('SELECT FROM subscribers');
    slowest.ms = Math.max(slowest.ms, performance.now() - begun);
  }
  await reader.end();
  expect(slowest.ms).toBeLessThan(1_500);
  expect(lines.at(-1)).toMatch(
    /^RestoredDatabases\d+ needs a lock that another transaction has, and nothing was changed/,
  );
  await other.query('COMMIT');
  expect(await migrating).toContain('RestoredDatabases1763900000010');
});

test('a database of another application, and one that is read-only, are refused before anything is changed', async () => {
  await other.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE orders (a integer)');
  await expect(migrate(database.url)).rejects.toThrow('belongs to another application');
  await other.query(
    `DROP TABLE orders; ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET default_transaction_read_only = on`,
  );
  await expect(migrate(database.url)).rejects.toThrow('the database is read-only');
  expect((await other.query(`SELECT to_regclass('migrations') AS made`)).rows).toEqual([{ made: null }]);
});

test('a signal to stop cancels the build that is running in the server, and the next run does all of it', async () => {
  await restoreOldSchema();
  const writer = new Client({ connectionString: database.url });
  await writer.connect();
  await writer.query(`BEGIN; UPDATE discrepancies SET details = details`);
  const stopping = new AbortController();
  const migrating = migrate(database.url, undefined, stopping.signal).catch((error: Error) => error);
  await waitUntil(async () => (await builder()) !== undefined);
  stopping.abort();
  expect(await migrating).toMatchObject({ name: 'MigrationFailed' });
  // The writer still keeps its lock, so only the cancellation can have ended the build.
  await waitUntil(async () => (await builder()) === undefined);
  await writer.end();
  expect((await migrate(database.url)).length).toBeGreaterThan(0);
  expect(await migrate(database.url)).toEqual([]);
});
