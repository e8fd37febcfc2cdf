import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { FAULTS } from '../../src/adapters/postgres/engine/explain-fault.js';
import { OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { PostgresReadinessProbe } from '../../src/adapters/postgres/readiness-probe.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../database.js';

const PASSWORD = 'a7f3c0e9';

let database: FreshDatabase;
let owner: Client;
let name: string;
/** The probe of a role that owns nothing. */
let probed: PostgresReadinessProbe;
const opened: DataSource[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  name = new URL(database.url).pathname.slice(1);
  await owner.query(`CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`);
  await owner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${name}`);
  await owner.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${name}`);
  await owner.query(`GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO ${name}`);
  probed = new PostgresReadinessProbe(await open(urlOfRole()));
});
afterAll(async () => {
  await Promise.all(opened.map((dataSource) => dataSource.destroy()));
  await owner.query(`DROP OWNED BY ${name}`);
  await owner.query(`DROP ROLE ${name}`);
  await owner.end();
  await database.drop();
});

async function open(url: string): Promise<DataSource> {
  const dataSource = await new DataSource(dataSourceOptions(SCHEMA, url, 2, { maxUses: 1 })).initialize();
  opened.push(dataSource);
  return dataSource;
}

const urlOfRole = (): string => {
  const url = new URL(database.url);
  url.username = name;
  url.password = PASSWORD;
  return url.href;
};

test('a probe finds no fault in a healthy database and leaves no row', async () => {
  expect(await probed.run()).toEqual([]);
  expect((await owner.query('SELECT FROM callbacks')).rowCount).toBe(0);
});

test('every table of the schema is one that a start and a probe look at', async () => {
  const { rows } = await owner.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname`,
  );
  expect(rows.map((row) => row.name)).toEqual(Object.keys(OWN_TABLES).toSorted());
});

/** Each state of the database, how it is mended, and the fault of the probe in between. */
const STATES: readonly (readonly [state: string, breaking: string, mending: string, fault: string])[] = [
  [
    'the role lacks rights on a table',
    'REVOKE INSERT, UPDATE ON callbacks FROM :role',
    'GRANT INSERT, UPDATE ON callbacks TO :role',
    'the database role lacks rights: INSERT, UPDATE on callbacks. Run as the owner of the tables the GRANT statements that the log shows',
  ],
  [
    'the role lacks the right on a sequence',
    'REVOKE ALL ON SEQUENCE callbacks_id_seq FROM :role',
    'GRANT USAGE ON SEQUENCE callbacks_id_seq TO :role',
    'the database role lacks rights: USAGE on callbacks_id_seq. Run as the owner of the tables the GRANT statements that the log shows',
  ],
  [
    'the role may not call a function',
    'REVOKE ALL ON FUNCTION rotate_callback_contents FROM :role',
    'GRANT EXECUTE ON FUNCTION rotate_callback_contents TO :role',
    'the database role lacks rights: EXECUTE on rotate_callback_contents(interval). Run as the owner of the tables the GRANT statements that the log shows',
  ],
  [
    'the role may not use the schema',
    'REVOKE USAGE ON SCHEMA public FROM PUBLIC',
    'GRANT USAGE ON SCHEMA public TO PUBLIC',
    FAULTS.no_schema,
  ],
  [
    'row security hides the table from the role',
    'ALTER TABLE callbacks ENABLE ROW LEVEL SECURITY',
    'ALTER TABLE callbacks DISABLE ROW LEVEL SECURITY',
    FAULTS.rights,
  ],
  [
    'the role is read-only',
    'ALTER ROLE :role SET default_transaction_read_only = on',
    'ALTER ROLE :role RESET default_transaction_read_only',
    FAULTS.read_only,
  ],
  [
    'the database is read-only',
    'ALTER DATABASE :database SET default_transaction_read_only = on',
    'ALTER DATABASE :database RESET default_transaction_read_only',
    FAULTS.read_only,
  ],
  [
    'keys and triggers are switched off',
    'ALTER DATABASE :database SET session_replication_role = replica',
    'ALTER DATABASE :database RESET session_replication_role',
    FAULTS.replica_role,
  ],
  ['the role may not log in', 'ALTER ROLE :role NOLOGIN', 'ALTER ROLE :role LOGIN', FAULTS.log_in],
  [
    'the password was changed',
    `ALTER ROLE :role PASSWORD 'another'`,
    `ALTER ROLE :role PASSWORD 'secret'`,
    FAULTS.log_in,
  ],
  [
    'the role has no connection left',
    'ALTER ROLE :role CONNECTION LIMIT 0',
    'ALTER ROLE :role CONNECTION LIMIT -1',
    FAULTS.no_connection,
  ],
  [
    'a migration is due',
    `CREATE TABLE set_aside AS SELECT * FROM migrations; DELETE FROM migrations WHERE name LIKE 'PlainChecks%'`,
    `INSERT INTO migrations (timestamp, name) SELECT timestamp, name FROM set_aside WHERE name LIKE 'PlainChecks%'; DROP TABLE set_aside`,
    FAULTS.schema,
  ],
  [
    'another transaction has locked the table',
    'BEGIN; LOCK TABLE callbacks IN ACCESS EXCLUSIVE MODE',
    'ROLLBACK',
    FAULTS.locked,
  ],
];

test.each(STATES)(
  'while %s, a probe says what to do, and after the mend it finds no fault',
  async (...state) => {
    const [, breaking, mending, fault] = state;
    const run = (text: string) =>
      owner.query(text.replaceAll(/:role|:database/g, name).replaceAll('secret', PASSWORD));
    await run(breaking);
    const since = performance.now();
    const faults = await probed.run();
    expect(performance.now() - since).toBeLessThan(2_000);
    await run(mending);
    expect(faults.map(({ text }) => text)).toEqual([fault]);
    expect(JSON.stringify(faults)).not.toContain(PASSWORD);
    expect(await probed.run()).toEqual([]);
  },
);

test('the log has one GRANT statement for all tables that lack the same rights, and it mends the role as it is', async () => {
  await owner.query(`REVOKE SELECT, INSERT ON orders, payments FROM ${name}`);
  await owner.query(`REVOKE ALL ON SEQUENCE callbacks_id_seq FROM ${name}`);
  const [fault, ...others] = await probed.run();
  expect(others).toEqual([]);
  expect(fault!.text).toContain('SELECT, INSERT on orders, payments; USAGE on callbacks_id_seq');
  expect(fault!.text).not.toContain(name);
  expect(fault!.detail).toBe(
    `GRANT SELECT, INSERT ON TABLE public.orders, public.payments TO ${name}; ` +
      `GRANT USAGE ON SEQUENCE public.callbacks_id_seq TO ${name};`,
  );
  await owner.query(fault!.detail!);
  expect(await probed.run()).toEqual([]);
});

test('a probe of a database that does not answer ends within two seconds', async () => {
  const { proxy, url } = await TcpProxy.before(urlOfRole());
  const beyond = new PostgresReadinessProbe(await open(url));
  proxy.dropFrom = 'INSERT INTO callbacks';
  const since = performance.now();
  const faults = await beyond.run();
  expect(performance.now() - since).toBeLessThan(2_000);
  expect(faults.map(({ code }) => code)).toEqual([expect.stringMatching(/^(unreachable|starting|slow)$/)]);
  expect(await beyond.run()).toEqual([]);
  await proxy.close();
});
