import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import path from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { type Build, start } from '../../tools/chaos/built-service.js';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { buildOfRun } from './build-of-run.js';
import { prepareCallbacks, sendAll } from './load.js';
import { waitUntil } from './wait-until.js';

// Tests that run at the same time share the machine, and each of them waits for the others.
jest.setTimeout(90_000);

let built: Build;
let database: FreshDatabase;
let client: Client;
beforeAll(async () => {
  [built, database] = await Promise.all([buildOfRun(), freshDatabase()]);
  client = new Client({ connectionString: database.url });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client.end();
  await database.drop();
  built.remove();
});

const outcomes = async (paymentNumbers: readonly string[]) => {
  const { rows } = await client.query<{ payment_number: string; outcome: string }>(
    'SELECT payment_number, outcome FROM callbacks WHERE payment_number = ANY($1)',
    [paymentNumbers],
  );
  return new Map(rows.map((row) => [row.payment_number, row.outcome]));
};

test('SIGTERM under load: exactly the stored callbacks are acknowledged, the others are refused, and the exit is clean within ten seconds', async () => {
  const service = await start(built, database.url);
  const all = await prepareCallbacks(database.url, 6_000);
  let ending: ReturnType<typeof service.end> | undefined;
  let since = 0;
  const timer = setTimeout(() => {
    since = performance.now();
    ending = service.end('SIGTERM');
  }, 700);
  const answers = await sendAll(service.url, [...all], () => service.child.exitCode === null);
  clearTimeout(timer);
  expect(await ending).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(service.output()).not.toContain('"level":"error"');

  const stored = await outcomes(all.map(({ paymentNumber }) => paymentNumber));
  const acknowledged = [...answers].filter(([, status]) => status === 200).map(([number]) => number);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.length).toBeLessThan(all.length);
  // Every stored callback was answered, and every acknowledged one is stored.
  expect(new Set(stored.keys())).toEqual(new Set(acknowledged));
  const refused = [...answers.values()].filter((status) => status !== 200);
  expect(refused.filter((status) => status !== 503 && status !== null)).toEqual([]);
});

// These three wait for different deadlines, so they wait at the same time.

test.concurrent(
  'SIGTERM while a callback waits for a lock: it is acknowledged before the exit, and settles after the next start',
  async () => {
    const service = await start(built, database.url);
    const [callback] = await prepareCallbacks(database.url, 1);
    const otherSession = new Client({ connectionString: database.url });
    await otherSession.connect();
    await otherSession.query('BEGIN');
    await otherSession.query('SELECT FROM payments WHERE number = $1 FOR UPDATE', [callback!.paymentNumber]);
    const answer = sendAll(service.url, [callback!]);
    await waitUntil(async () => (await outcomes([callback!.paymentNumber])).has(callback!.paymentNumber));
    const exit = service.end('SIGTERM');
    expect([...(await answer).values()]).toEqual([200]);
    expect(await exit).toBe(0);
    await otherSession.query('COMMIT');
    await otherSession.end();
    expect([...(await outcomes([callback!.paymentNumber])).values()]).toEqual(['pending']);

    const next = await start(built, database.url);
    await waitUntil(
      async () => (await outcomes([callback!.paymentNumber])).get(callback!.paymentNumber) === 'settled',
    );
    expect(await next.end('SIGTERM')).toBe(0);
  },
);

test.concurrent('a client that never completes its request does not prevent a clean stop', async () => {
  const service = await start(built, database.url);
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /callbacks/standard-webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  // The answer on another connection shows that the service has read the first bytes of this one.
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  const since = performance.now();
  expect(await service.end('SIGTERM')).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
  socket.destroy();
});

test.concurrent(
  'if the database stops answering during the start, the start fails and the error says why',
  async () => {
    const { proxy, url } = await TcpProxy.before(database.url);
    proxy.dropFrom = `SELECT current_setting('server_version_num')`;
    await expect(start(built, url)).rejects.toThrow(
      'Quittance could not start: the database cannot be reached',
    );
    await proxy.close();
  },
);

const PRODUCTION = {
  NODE_ENV: 'production',
  ADMIN_TOKENS: 'shop:operator:4f1c9a7e2b8d6053a1e7',
  STANDARD_WEBHOOKS_SECRETS: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  LOG_LEVEL: 'info',
};

interface Line {
  readonly level: string;
  readonly message: string;
}

/** What a start has printed in the format json, of which each line must be JSON. */
const linesOf = (output: string): readonly Line[] =>
  output
    .replace(/^the service did not start:\n/, '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** Runs work with an empty database. */
async function withEmptyDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const url = new URL(database.url);
  url.pathname += '_empty';
  const name = url.pathname.slice(1);
  await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
  try {
    await work(url.href);
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
}

test('a service whose database lacks the schema listens and says why it is not ready, and greets only after the migration', async () => {
  await withEmptyDatabase(async (url) => {
    const logFile = path.join(built.folder, 'unready.log');
    const logged = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
    const starting = start(built, url, PRODUCTION, { logFile });
    await waitUntil(async () => logged().includes('is not ready'));
    expect(logged()).toContain(
      'the schema is not current: run \\"npm run migrate\\" with the DATABASE_URL of',
    );
    expect(logged()).not.toContain('Quittance is ready');
    await migrate(url);
    const service = await starting;
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(await service.end('SIGTERM')).toBe(0);
  });
});

test('a start on the database of another application ends with one message that says why, and without a stack', async () => {
  await withEmptyDatabase(async (url) => {
    const other = new Client({ connectionString: url });
    await other.connect();
    await other.query('CREATE TABLE payments (id integer); CREATE VIEW orders AS SELECT 1');
    await other.end();
    const output = await start(built, url, PRODUCTION).then(
      () => 'started',
      ({ message }: Error) => message,
    );
    const { level, message } = linesOf(output).at(-1)!;
    expect(level).toBe('fatal');
    expect(message).toMatch(/^The database cannot be used as it is:\n/);
    expect(message).toContain('the table "payments" in the schema "public" belongs to another application');
    expect(message).toContain('"orders" in the schema "public" is not a table');
    expect(message).not.toMatch(/\n +at /);
  });
});

test('a start on a port that is taken ends in one line after the mode and the version, with what to do and without a stack', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const output = await start(built, database.url, { ...PRODUCTION, PORT: String(port) }).then(
    () => 'started',
    ({ message }: Error) => message,
  );
  other.close();
  expect(linesOf(output).map(({ message }) => message)).toEqual([
    'Quittance 0.0.0 starts in production mode: NODE_ENV=production',
    `Quittance cannot listen, and nothing was started: another process uses PORT ${port} of 127.0.0.1: stop it, or set PORT to a free port.`,
  ]);
});

test('a start with a wrong password ends in one line, without what the framework logs about it', async () => {
  const url = Object.assign(new URL(database.url), { username: 'no_such_role', password: 'wrong' }).href;
  const output = await start(built, url, PRODUCTION).then(
    () => 'started',
    ({ message }: Error) => message,
  );
  const lines = linesOf(output);
  expect(lines.map(({ level }) => level)).toEqual(['log', 'fatal']);
  expect(lines[1]!.message).toMatch(
    /^Quittance could not start: the database refuses the log-in: correct user and password/,
  );
  expect(output).not.toMatch(/\\n +at |"stack"/);
});

const refusedStart = (url: string, env: Record<string, string>, logFile?: string): Promise<string> =>
  start(built, url, env, logFile ? { logFile } : {}).then(
    () => 'started',
    ({ message }: Error) => message,
  );

test('in the format json every start prints nothing but lines of JSON, whatever LOG_LEVEL is', async () => {
  const [service, misconfigured] = await Promise.all([
    start(built, database.url),
    refusedStart('postgres://', PRODUCTION),
  ]);
  expect(linesOf(service.output()).map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^Quittance is ready at .* Development mode\. Never expose this mode to the internet: its admin token is "dev-token"\.$/,
    ),
  ]);
  expect(linesOf(misconfigured)).toEqual([
    expect.objectContaining({ level: 'fatal', message: expect.stringContaining(CONFIGURATION_FAULT) }),
  ]);
  expect(await service.end('SIGTERM')).toBe(0);
});

test('in the format json, what the embedded PostgreSQL reports is a line of JSON, too', async () => {
  const dataDir = path.join(built.folder, 'data');
  mkdirSync(dataDir);
  // This process seems to start the server at the moment, so that the service waits and says so.
  writeFileSync(path.join(dataDir, 'postgres.starting'), String(process.pid));
  const logFile = path.join(built.folder, 'embedded.log');
  const logged = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const starting = refusedStart('', { DATA_DIR: dataDir }, logFile);
  await waitUntil(async () => logged().includes('\n'));
  expect(linesOf(logged())).toEqual([
    expect.objectContaining({ message: expect.stringContaining('Waiting for another process') }),
  ]);
  built.children.forEach((child) => child.kill('SIGKILL'));
  await starting;
});

const CONFIGURATION_FAULT =
  'The configuration cannot be used:\n  - DATABASE_URL has neither a host nor a database';

test('--check says whether the configuration can be used, starts nothing and asks no database, and any other argument is refused', async () => {
  const run = (argument: string, databaseUrl: string) =>
    new Promise<{ readonly code: unknown; readonly messages: readonly string[] }>((resolve) => {
      const env = { PATH: process.env.PATH, ...PRODUCTION, DATABASE_URL: databaseUrl };
      const main = path.join(built.folder, 'src/main.js');
      execFile(process.execPath, [main, argument], { env }, (error, output, errors) =>
        resolve({ code: error?.code ?? 0, messages: linesOf(output + errors).map(({ message }) => message) }),
      );
    });
  // Nothing listens on port 1.
  const nowhere = 'postgres://user:pw@127.0.0.1:1/quittance';
  const [usable, faulty, mistyped] = await Promise.all([
    run('--check', nowhere),
    run('--check', 'postgres://'),
    run('--chekc', nowhere),
  ]);
  expect(usable).toEqual({
    code: 0,
    messages: [
      'Quittance 0.0.0 checks its configuration for production mode: NODE_ENV=production',
      'The configuration can be used. Nothing was started.',
    ],
  });
  expect(faulty).toEqual({ code: 1, messages: [expect.stringContaining(CONFIGURATION_FAULT)] });
  expect(mistyped).toEqual({
    code: 1,
    messages: [
      'Quittance has no such argument as "--chekc", and nothing was started. The only one is --check.',
    ],
  });
});

test('in the format pretty, what ends a start is text', async () => {
  const output = await refusedStart('postgres://', { ...PRODUCTION, LOG_FORMAT: 'pretty' });
  expect(output).toContain(`\n${CONFIGURATION_FAULT}`);
});
