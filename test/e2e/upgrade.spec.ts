import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { type ChildProcess, execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { type Build, start } from '../../tools/chaos/built-service.js';
import { HttpReceiver } from '../../tools/chaos/http-receiver.js';
import { databaseOfItsOwnServer, freshDatabase, type FreshDatabase } from '../database.js';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { differencesOfLists } from '../postgres/fixtures/rows-by-status.js';
import { DUMPED_AT, restoreDump } from '../postgres/fixtures/restored-dump.js';
import { buildOfRun } from './build-of-run.js';
import { prepareCallbacks, type PreparedCallback } from './load.js';
import { hasOldRelease, oldRelease, type OldRelease } from './old-release.js';
import { GATEWAYS, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

/** Each release replaces the one before it, and this one replaces the last. */
const RELEASES: readonly OldRelease[] = [
  { version: '0.1.0', commit: '325f2fd' },
  { version: '0.4.0', commit: '91478b4' },
];

const PER_SECOND = 40;
/** A gateway waits for three seconds or more. */
const SLOWEST_MS = 2_500;

let built: Build;
beforeAll(async () => {
  built = await buildOfRun();
}, 60_000);
afterAll(() => built.remove());

interface Finished {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command to its end. `onOutput` is called with all that it has written so far. */
function run(
  command: readonly string[],
  {
    env = {},
    cwd,
    onOutput,
  }: { env?: Record<string, string>; cwd?: string; onOutput?: (text: string) => void },
): Promise<Finished> {
  return new Promise((resolve) => {
    const [file, ...args] = command;
    const child = execFile(
      file!,
      args,
      { cwd, env: { PATH: process.env.PATH, ...env } },
      (error, output, errors) => resolve({ code: error ? Number(error.code) : 0, output, errors }),
    );
    let text = '';
    child.stdout!.on('data', (chunk: string) => onOutput?.((text += chunk)));
  });
}

const migrateCommand = (
  databaseUrl: string,
  onOutput?: (text: string) => void,
  folder: string = built.folder,
) =>
  run([process.execPath, path.join(folder, 'src/migrate.js')], {
    env: { DATABASE_URL: databaseUrl },
    ...(onOutput && { onOutput }),
  });

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each();
});

async function restored(open: () => Promise<FreshDatabase>): Promise<{ url: string; sql: Client }> {
  const database = await open();
  undo.push(() => database.drop());
  await restoreDump(database.url);
  const sql = new Client({ connectionString: database.url });
  await sql.connect();
  undo.push(() => sql.end());
  return { url: database.url, sql };
}

interface Answer {
  readonly what: string;
  readonly status: number;
  readonly ms: number;
}

/** Sends callbacks and, for every fourth of them, an order, at a steady rate, however slow the answers are. */
class Traffic {
  private readonly pending: Promise<void>[] = [];
  private isOver = false;
  private readonly sending: Promise<void>;
  readonly answers: Answer[] = [];
  readonly sent: PreparedCallback[] = [];

  constructor(
    private readonly callbacks: PreparedCallback[],
    private readonly targets: string[],
  ) {
    this.sending = this.send();
  }

  addTarget(url: string): void {
    this.targets.push(url);
  }

  removeTarget(url: string): Promise<unknown> {
    this.targets.splice(this.targets.indexOf(url), 1);
    return Promise.all(this.pending);
  }

  /** Waits until this many seconds of traffic are answered. */
  goesOnFor(seconds: number): Promise<void> {
    const enough = this.answers.length + seconds * PER_SECOND;
    return waitUntil(async () => this.answers.length >= enough);
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.sending;
    await Promise.all(this.pending);
  }

  private async send(): Promise<void> {
    for (let count = 0; !this.isOver; count += 1) {
      const callback = this.callbacks.shift();
      if (!callback) throw new Error('There are not enough callbacks.');
      const target = this.targets[count % this.targets.length]!;
      const { path, headers, body } = callback.signed;
      this.sent.push(callback);
      this.post(`callback at ${target}`, `${target}${path}`, { headers, body: new Uint8Array(body) });
      if (count % 4 === 0)
        this.post(`order at ${target}`, `${target}/admin/v1/orders`, {
          headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json' },
          body: JSON.stringify({ orderNumber: unique('U'), total: { amount: '5.00', currency: 'CNY' } }),
        });
      await rest(1_000 / PER_SECOND);
    }
  }

  private post(what: string, url: string, request: RequestInit): void {
    const begun = performance.now();
    const answered = async () => {
      const { status } = await fetch(url, { method: 'POST', ...request });
      this.answers.push({ what, status, ms: performance.now() - begun });
    };
    this.pending.push(
      answered().catch((error: Error) => {
        this.answers.push({ what: `${what}: ${error.message}`, status: 0, ms: performance.now() - begun });
      }),
    );
  }
}

const upgradeTest = RELEASES.every(hasOldRelease) ? test : test.skip;

/** Migrates while a report of an operator reads a table that a migration changes. */
async function migrateBesideReport(sql: Client, url: string, folder: string): Promise<Finished> {
  const report = new Client({ connectionString: url });
  await report.connect();
  await report.query('BEGIN; SELECT FROM subscribers, orders LIMIT 1');
  let progress = '';
  const migrating = migrateCommand(url, (text) => (progress = text), folder);
  // A change of a table gives up and tries again, and the drop of an index waits.
  const waits = `SELECT FROM pg_stat_activity WHERE application_name = 'quittance migrate' AND wait_event_type = 'Lock'`;
  await waitUntil(
    async () => progress.includes('tries again') || ((await sql.query(waits)).rowCount ?? 0) > 0,
  );
  await report.end();
  return migrating;
}

upgradeTest(
  `each release goes on working while the next one migrates, and both settle beside each other (${RELEASES.map(({ version }) => version).join(', ')}; skipped without their commits)`,
  async () => {
    const folders = await Promise.all(RELEASES.map(oldRelease));
    const { url, sql } = await restored(freshDatabase);
    const callbacks = await prepareCallbacks(url, 3_000);
    const children = new Set<ChildProcess>();
    undo.push(() => children.forEach((child) => child.kill('SIGKILL')));
    const first = await start({ folder: folders[0]!, children }, url);
    const traffic = new Traffic(callbacks, [first.url]);
    await traffic.goesOnFor(1);
    const urls = [first.url];
    let old = first;
    for (const folder of [...folders.slice(1), built.folder]) {
      const { code, errors, output } = await migrateBesideReport(sql, url, folder);
      expect({ code, errors, isCurrent: output.includes('The schema is current: ') }).toEqual({
        code: 0,
        errors: '',
        isCurrent: true,
      });
      const next = await start({ folder, children }, url);
      urls.push(next.url);
      traffic.addTarget(next.url);
      await traffic.goesOnFor(2);
      expect((await fetch(`${old.url}/health/ready`)).status).toBe(200);
      await traffic.removeTarget(old.url);
      expect(await old.end('SIGTERM')).toBe(0);
      old = next;
    }
    await traffic.end();
    expect(await old.end('SIGTERM')).toBe(0);

    expect(traffic.answers.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
    expect(traffic.answers.filter(({ ms }) => ms > SLOWEST_MS)).toEqual([]);
    for (const target of urls)
      expect(traffic.answers.some(({ what }) => what === `callback at ${target}`)).toBe(true);
    const { rows } = await sql.query(
      `SELECT outcome, count(*)::int FROM callbacks WHERE payment_number = ANY($1) GROUP BY outcome`,
      [traffic.sent.map(({ paymentNumber }) => paymentNumber)],
    );
    expect(rows).toEqual([{ outcome: 'settled', count: traffic.sent.length }]);
    expect(await differencesOfLists(sql)).toEqual([]);
    expect((await auditOf(url)).broken).toEqual([]);
  },
  90_000,
);

const TABLES = [
  'orders',
  'payments',
  'callbacks',
  'events',
  'discrepancies',
  'discrepancy_notes',
  'idempotency_keys',
  'rejections',
  'subscribers',
  'deliveries',
] as const;

/** The columns of each table. */
async function columnsOf(sql: Client): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ name: string; columns: string }>(
    `SELECT table_name AS name, string_agg(column_name, ', ' ORDER BY ordinal_position) AS columns
       FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name`,
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

async function contentOf(sql: Client, columns: Map<string, string>): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const table of TABLES) {
    const { rows } = await sql.query<{ row: string }>(
      `SELECT (found.*)::text AS row FROM (SELECT ${columns.get(table)} FROM ${table}) AS found ORDER BY 1`,
    );
    content[table] = rows.map(({ row }) => row);
  }
  return content;
}

test('an upgrade changes no order, payment, callback, case or event, and leaves every constraint and index valid', async () => {
  const { url, sql } = await restored(freshDatabase);
  const columns = await columnsOf(sql);
  const before = await contentOf(sql, columns);
  await migrate(url);
  expect(await contentOf(sql, columns)).toEqual(before);
  expect(before.callbacks!.length).toBeGreaterThan(150);
  const { rows } = await sql.query(
    `SELECT conname AS name FROM pg_constraint WHERE NOT convalidated AND connamespace = 'public'::regnamespace
     UNION ALL SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`,
  );
  expect(rows).toEqual([]);
});

test('a dump of 0.1.0 that is restored on a new server is settled, told to its webhooks once, and answered as before', async () => {
  const { url, sql } = await restored(databaseOfItsOwnServer);
  await migrate(url);
  const receiver = await new HttpReceiver().open();
  undo.push(() => receiver.close());
  await sql.query(`UPDATE subscribers SET url = $1 WHERE id = 1`, [receiver.url]);
  await sql.query(`UPDATE subscribers SET status = 'removed' WHERE id = 2`);
  const { rows: done } = await sql.query<{ id: string }>(
    `SELECT 'evt_' || event_id AS id FROM deliveries WHERE subscriber_id = 1 AND status = 'delivered'`,
  );
  const begun = performance.now();
  const clock = { now: () => new Date(DUMPED_AT.getTime() + 60_000 + performance.now() - begun) };
  const service = await startService({ databaseUrl: url }, { clock });
  undo.push(() => service.close());

  const settled: unknown[] = [];
  for (const gateway of GATEWAYS) {
    const { rows } = await sql.query<{ number: string; order: string }>(
      `SELECT payments.number, order_number AS order FROM payments JOIN orders ON orders.number = order_number
        WHERE payments.gateway = $1 AND payments.status = 'init' AND orders.status = 'pending' AND expires_at > $2
        ORDER BY payments.id LIMIT 1`,
      [gateway, clock.now()],
    );
    const { number, order } = rows[0]!;
    const { status } = await service.deliver(gateway, { paymentNumber: number, at: clock.now() });
    const { body } = await service.admin<{ status: string }>('GET', `/orders/${order}`);
    settled.push([gateway, status < 300, body.status]);
  }
  expect(settled).toEqual(GATEWAYS.map((gateway) => [gateway, true, 'paid']));

  const repeated = await service.admin(
    'POST',
    '/orders/O-alipay-662/payments',
    { gateway: 'alipay', paymentNumber: 'P-alipay-664' },
    { 'idempotency-key': 'a-key-of-the-shop' },
  );
  expect(repeated).toMatchObject({ status: 201, body: { paymentNumber: 'P-alipay-664' } });

  const undecided = `SELECT FROM callbacks WHERE outcome = 'pending'`;
  await waitUntil(async () => (await sql.query(undecided)).rowCount === 0);
  const { rows: all } = await sql.query<{ id: string }>(
    `SELECT 'evt_' || id AS id FROM events WHERE type = ANY($1) ORDER BY id`,
    [PUBLISHED_TYPES],
  );
  const delivered = new Set(done.map(({ id }) => id));
  const expected = all.map(({ id }) => id).filter((id) => !delivered.has(id));
  await receiver.until((requests) => requests.length >= expected.length);
  const told = receiver.requests.map(({ headers }) => String(headers['webhook-id']));
  expect(told.toSorted()).toEqual(expected.toSorted());
});

test('the migration says in one line what an operator has to mend, without a stack', async () => {
  const { url, sql } = await restored(freshDatabase);
  const at = (change: (url: URL) => void): string => {
    const changed = new URL(url);
    change(changed);
    return changed.href;
  };
  const role = unique('stranger_').toLowerCase();
  await sql.query(`CREATE ROLE ${role} LOGIN PASSWORD 'right'`);
  undo.push(() => sql.query(`DROP ROLE ${role}`));
  const cases: [string, RegExp][] = [
    [
      at((each) => (each.pathname = '/missing')),
      /^Nothing was changed: the database of DATABASE_URL does not exist: create it/,
    ],
    [at((each) => (each.port = '1')), /^Nothing was changed: the database cannot be reached: start it/],
    [
      at((each) => ([each.username, each.password] = [`${role}_x`, 'wrong'])),
      /^Nothing was changed: the database refuses the log-in/,
    ],
    [
      at((each) => ([each.username, each.password] = [role, 'right'])),
      /^Nothing was changed: the role lacks a right: run the migration with the role that owns the tables.*\(permission denied for table migrations\)/,
    ],
    ['', /^Nothing was changed: DATABASE_URL is not set/],
  ];
  for (const [databaseUrl, line] of cases) {
    const { code, output, errors } = await migrateCommand(databaseUrl);
    expect({ code, output, lines: errors.trim().split('\n').length }).toEqual({
      code: 1,
      output: '',
      lines: 1,
    });
    expect(errors).toMatch(line);
  }
});

test.each(['migrate', 'start:prod'])(
  'npm run %s builds nothing: without a build it says in one line what to do',
  async (script) => {
    const cwd = mkdtempSync(path.join(tmpdir(), 'quittance-clone-'));
    undo.push(() => rmSync(cwd, { recursive: true }));
    copyFileSync('package.json', path.join(cwd, 'package.json'));
    const { code, output, errors } = await run(['npm', 'run', '--silent', script], {
      cwd,
      env: { npm_config_update_notifier: 'false' },
    });
    expect({ code, output, errors }).toEqual({
      code: 1,
      output: '',
      errors: 'There is no build yet: run npm run build first.\n',
    });
  },
);
