import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { checkServer, DatabaseRefused } from '../../src/adapters/postgres/engine/server-checks.js';
import { OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { type FreshDatabase, freshDatabase } from '../database.js';

let migrated: FreshDatabase;
let server: Client;
let isOld: boolean;
const created: string[] = [];
beforeAll(async () => {
  migrated = await freshDatabase();
  server = new Client({ connectionString: migrated.url });
  await server.connect();
  const { rows } = await server.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  isOld = rows[0]!.version < 150_000;
});
afterAll(async () => {
  for (const name of created) await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await server.end();
  await migrated.drop();
});

/** The URL of a new, empty database in which these statements have run. */
async function databaseWith(statements: string, encoding = 'UTF8'): Promise<string> {
  const url = new URL(migrated.url);
  const name = `${url.pathname.slice(1)}_${created.length}`;
  // The embedded server's own locale is only for UTF8. Before PostgreSQL 15 no other provider can be named.
  const provider = isOld ? '' : 'LOCALE_PROVIDER libc';
  await server.query(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING '${encoding}' ${provider} LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  created.push(name);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(statements.replaceAll(':database', name));
  await client.end();
  return url.href;
}

/** What a start does with this database: the warnings. */
async function check(url: string): Promise<readonly string[]> {
  const open = () => new DataSource(dataSourceOptions(SCHEMA, url, 1)).initialize();
  const [first, second] = await Promise.all([open(), open()]);
  try {
    return await checkServer({ first, second }, OWN_TABLES);
  } finally {
    await Promise.all([first.destroy(), second.destroy()]);
  }
}

/** Those of these settings that the server of the tests has switched off. */
async function switchedOff(settings: readonly string[]): Promise<string[]> {
  const { rows } = await server.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS asked (name) WHERE current_setting(name) = 'off'`,
    [settings],
  );
  return rows.map(({ name }) => name);
}

/** Why a start refuses this database. */
async function refusal(url: string): Promise<readonly string[]> {
  const error: unknown = await check(url).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseRefused);
  const [, ...reasons] = (error as Error).message.split('\n');
  return reasons.map((reason) => reason.replace(/^ *- /, ''));
}

test('a migrated database and an empty one are accepted, and a server that may lose commits is warned of', async () => {
  const off = await switchedOff(['fsync', 'full_page_writes']);
  const warnings = off.map((name) => expect.stringMatching(`^${name} is off`));
  expect(await check(migrated.url)).toEqual(warnings);
  expect(await check(await databaseWith(''))).toEqual(warnings);
});

const USE_OWN = 'use a database or a schema of its own for this service';

test.each([
  [
    'a table of another application',
    'CREATE TABLE payments (id serial, amount money)',
    `the table "payments" in the schema "public" belongs to another application (it has no column number, order_number, gateway, status, transaction_id): ${USE_OWN}`,
  ],
  [
    'a view with the name of a table',
    'CREATE VIEW orders AS SELECT 1 AS number',
    `"orders" in the schema "public" is not a table but a view, a foreign table or something else: ${USE_OWN}`,
  ],
  [
    'a foreign table with the name of a table',
    `CREATE FOREIGN DATA WRAPPER theirs; CREATE SERVER theirs FOREIGN DATA WRAPPER theirs;
     CREATE FOREIGN TABLE events (id bigint) SERVER theirs`,
    `"events" in the schema "public" is not a table but a view, a foreign table or something else: ${USE_OWN}`,
  ],
  [
    'the table of migrations of another framework',
    'CREATE TABLE migrations (id serial, migration text, batch integer)',
    `the table "migrations" in the schema "public" belongs to another application (it has no column timestamp, name): ${USE_OWN}`,
  ],
  [
    'the table of migrations of another application with the same framework',
    `CREATE TABLE migrations (id serial, timestamp bigint, name text);
     INSERT INTO migrations (timestamp, name) VALUES (1, 'Theirs1')`,
    `the table "migrations" in the schema "public" has the migrations of another application: ${USE_OWN}`,
  ],
  [
    'tables of another application in a schema that comes first in the search_path',
    `CREATE SCHEMA theirs; CREATE TABLE theirs.callbacks (url text);
     ALTER DATABASE :database SET search_path = theirs, public`,
    `the table "callbacks" in the schema "theirs" belongs to another application (it has no column id, gateway, event_id, payment_number, outcome, notice): ${USE_OWN}`,
  ],
  [
    'a database that switches keys and triggers off',
    'ALTER DATABASE :database SET session_replication_role = replica',
    'session_replication_role is "replica" for the role or the database, which switches keys and triggers off: reset it',
  ],
])('%s is refused in words', async (_what, statements, expected) => {
  expect(await refusal(await databaseWith(statements))).toEqual([expected]);
});

test.each(['SQL_ASCII', 'LATIN1'])(
  'a database with the encoding %s is refused in words, by the migration as well',
  async (encoding) => {
    const url = await databaseWith('', encoding);
    await expect(migrate(url)).rejects.toThrow(`its encoding is ${encoding}`);
    expect(await refusal(url)).toEqual([
      `its encoding is ${encoding}, which cannot store every text of a callback: create a database with ENCODING 'UTF8'`,
    ]);
  },
);

test('all reasons are named at once', async () => {
  const url = await databaseWith(
    'CREATE TABLE orders (id serial); CREATE VIEW relay AS SELECT 1',
    'SQL_ASCII',
  );
  expect(await refusal(url)).toHaveLength(3);
});

test('a search_path without a schema that exists is refused in words', async () => {
  const url = await databaseWith('ALTER DATABASE :database SET search_path = nowhere');
  await expect(check(url)).rejects.toMatchObject({
    code: '3F000',
    message: expect.stringMatching('create the schema'),
  });
});
