import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { PostgresReadinessProbe } from '../../src/adapters/postgres/readiness-probe.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { type EmbeddedPostgres, startPostgres } from '../../src/development/embedded-postgres.js';
import { PostgresBinaries } from '../../src/development/postgres-binaries.js';
import { SmallDisk } from '../../tools/chaos/small-disk.js';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

const RECOVERED_WITHIN_MS = 15_000;
const DISK_SIZE = '64m';

const folder = mkdtempSync(path.join(tmpdir(), 'quittance-readiness-'));
// PostgreSQL does not run as root, and its user must be able to enter the folder.
chmodSync(folder, 0o755);
/** A disk for the tables, or null where this process may not mount one. */
const disk = SmallDisk.whyMissing() === null ? await mountDisk().catch(() => null) : null;

let postgres: EmbeddedPostgres;
let service: Service;
/** A session of the operator. */
let operator: Client;
beforeAll(async () => {
  postgres = await startServer();
  await connectOperator();
  if (disk) {
    await operator.query(`CREATE TABLESPACE small LOCATION '${disk.tables}'`);
    await operator.query('ALTER DATABASE quittance SET TABLESPACE small');
  }
  await migrate(postgres.url());
  service = await startService({ databaseUrl: postgres.url(), logLevel: 'info' });
});
afterAll(async () => {
  await service.close();
  await operator.end();
  await postgres.stop();
  await disk?.unmount();
  rmSync(folder, { recursive: true, force: true });
});

async function mountDisk(): Promise<SmallDisk> {
  return SmallDisk.mount(path.join(folder, 'disk'), await PostgresBinaries.find(), DISK_SIZE);
}

const startServer = () =>
  startPostgres({ dir: path.join(folder, 'postgres'), flags: { fsync: 'off', full_page_writes: 'off' } });

async function connectOperator(): Promise<void> {
  operator = new Client({ connectionString: postgres.url('postgres') });
  operator.on('error', () => undefined);
  await operator.connect();
}

async function readiness(): Promise<{ status: number; codes: string[] | undefined; text: string }> {
  const reply = await fetch(`${service.url}/health/ready`);
  const text = await reply.text();
  return { status: reply.status, codes: (JSON.parse(text) as { codes?: string[] }).codes, text };
}

const isReady = async () => (await readiness()).status === 200;
const isUnready = (code: string) => async () => (await readiness()).codes?.[0] === code;

const changesOfReadiness = (): string[] =>
  service.log.lines
    .map(({ text }) => /ready again|not ready/.exec(text)?.[0])
    .filter((each) => each !== undefined);

interface Fault {
  readonly code: string;
  readonly make: () => Promise<unknown>;
  readonly mend: () => Promise<unknown>;
}

/**
 * Makes the fault, and mends it when readiness has noticed it. In between nothing is acknowledged that is not stored, and afterwards what was
 * refused is settled when it is sent again.
 */
async function expectRecovery({ code, make, mend }: Fault): Promise<void> {
  await waitUntil(isReady);
  const logged = changesOfReadiness().length;
  const payments = [await service.openPayment('stripe'), await service.openPayment('stripe')];
  const [before, after] = payments.map(({ paymentNumber }) => service.sign('stripe', { paymentNumber }));
  expect((await service.sendRaw(before!)).status).toBe(200);

  await make();
  const refused = await service.sendRaw(after!);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  await waitUntil(isUnready(code));
  const { text } = await readiness();
  expect(text).not.toMatch(
    new RegExp([new URL(service.databaseUrl).password, '127.0.0.1', 'postgres:'].join('|')),
  );

  const sinceMend = stopwatch();
  await mend();
  await waitUntil(isReady);
  expect((await service.sendRaw(after!)).status).toBe(200);
  expect(sinceMend()).toBeLessThan(RECOVERED_WITHIN_MS);
  const stored = await service.sql(`SELECT outcome FROM callbacks WHERE payment_number = ANY($1)`, [
    payments.map(({ paymentNumber }) => paymentNumber),
  ]);
  expect(stored).toEqual([{ outcome: 'settled' }, { outcome: 'settled' }]);
  // The reason may become more exact while it is not ready.
  const changes = changesOfReadiness().slice(logged);
  expect(changes[0]).toBe('not ready');
  expect(changes.filter((change) => change === 'ready again')).toHaveLength(1);
}

test('while the server is read-only the service is not ready, and it recovers without a restart', async () => {
  const set = async (value: string) => {
    await operator.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await operator.query('SELECT pg_reload_conf()');
    await waitUntil(
      async () =>
        (
          await operator.query<{ is: string }>(
            `SELECT current_setting('default_transaction_read_only') AS is`,
          )
        ).rows[0]!.is === value,
    );
  };
  await expectRecovery({ code: 'read_only', make: () => set('on'), mend: () => set('off') });
});

const testOnSmallDisk = disk ? test : test.skip;

testOnSmallDisk(
  'on a full disk the service is not ready and acknowledges nothing that it cannot store',
  async () => {
    await expectRecovery({
      code: 'disk_full',
      make: async () => {
        await disk!.fill();
        // A page with free space still takes the body of a callback. Smaller rows fill it.
        const row = `INSERT INTO callback_contents SELECT slot, $1, '{}', '' FROM content_slots WHERE closed_at IS NULL`;
        for (let id = -1, isFull = false; !isFull; id -= 1)
          isFull = await service.sql(row, [id]).then(
            () => false,
            () => true,
          );
      },
      mend: async () => disk!.free(),
    });
  },
);

/** For a probe without a service. */
async function withProbe(work: (probe: PostgresReadinessProbe) => Promise<void>): Promise<void> {
  const options = dataSourceOptions(SCHEMA, postgres.url(), 2, { maxUses: 1 });
  const dataSource = await new DataSource(options).initialize();
  await work(new PostgresReadinessProbe(dataSource));
  await dataSource.destroy();
}

test('a probe finds out that a synchronous standby is missing, and leaves no session behind', async () => {
  const setNames = async (value: string) => {
    await operator.query(`ALTER SYSTEM SET synchronous_standby_names = '${value}'`);
    await operator.query('SELECT pg_reload_conf()');
  };
  await withProbe(async (probe) => {
    await setNames('nowhere');
    const elapsed = stopwatch();
    const faults = await probe.run();
    expect(elapsed()).toBeLessThan(2_000);
    expect(faults.map(({ code }) => code)).toEqual(['slow']);
    const waiting = `SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query LIKE '%SAVEPOINT probe%'`;
    await waitUntil(async () => (await operator.query(waiting)).rowCount === 0);
    await setNames('');
  });
});

test('a probe finds out that the server is a standby, and that it was promoted', async () => {
  await operator.end();
  await postgres.stop();
  writeFileSync(path.join(postgres.dir, 'standby.signal'), '', { mode: 0o644 });
  postgres = await startServer();
  await connectOperator();
  await withProbe(async (probe) => {
    expect((await probe.run()).map(({ code }) => code)).toEqual(['standby']);
    await operator.query('SELECT pg_promote()');
    expect(await probe.run()).toEqual([]);
  });
});

/** Settings of a database that change how dates, numbers, bytes and errors are written and what a statement may see. */
const HOSTILE_SETTINGS = {
  DateStyle: "'German, DMY'",
  IntervalStyle: 'sql_standard',
  TimeZone: "'Asia/Shanghai'",
  bytea_output: 'escape',
  extra_float_digits: '-15',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  // Long enough to set up a session, and shorter than a callback may take.
  statement_timeout: '300',
  lock_timeout: '1',
  enable_indexscan: 'off',
  jit_above_cost: '0',
  search_path: 'theirs',
};

test('settings of the database that change while the service runs do not reach it: callbacks settle as before', async () => {
  await waitUntil(isReady);
  const payment = await service.openPayment('wechat-pay');
  const tables = ['orders', 'payments', 'callbacks', 'events', 'discrepancies', 'migrations'];
  const decoys = tables.map((name) => `CREATE TABLE theirs.${name} (LIKE public.${name} INCLUDING ALL)`);
  await service.sql(`CREATE SCHEMA theirs; ${decoys.join('; ')}`);
  for (const [name, value] of Object.entries(HOSTILE_SETTINGS))
    await operator.query(`ALTER DATABASE quittance SET ${name} = ${value}`);
  await operator.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'quittance'`,
  );

  const signed = service.sign('wechat-pay', { paymentNumber: payment.paymentNumber });
  await waitUntil(async () => (await service.sendRaw(signed)).status === 204);
  const unknown = service.sign('stripe', { paymentNumber: unique('P') });
  expect((await service.sendRaw(unknown)).status).toBe(200);
  await waitUntil(isReady);

  const { body: order } = await service.admin<object>('GET', `/orders/${payment.orderNumber}`);
  expect(order).toMatchObject({
    status: 'paid',
    payments: [{ status: 'succeeded', amount: { amount: '100.00' } }],
  });
  const { body: list } = await service.admin<{ items: { id: string }[] }>('GET', '/callbacks?limit=1');
  const { body: stored } = await service.admin<object>('GET', `/callbacks/${list.items[0]!.id}`);
  expect(stored).toMatchObject({ bodyBase64: Buffer.from(unknown.body).toString('base64') });
  expect(await service.sql('SELECT FROM theirs.callbacks')).toEqual([]);
});
