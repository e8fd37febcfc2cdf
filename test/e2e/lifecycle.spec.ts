import { connect } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { build, start, type Build } from '../../chaos/built-service.js';
import { TcpProxy } from '../../chaos/tcp-proxy.js';
import { fire, shots, until } from './load.js';

let built: Build;
let database: FreshDatabase;
let client: Client;
beforeAll(async () => {
  [built, database] = await Promise.all([build(), freshDatabase()]);
  client = new Client({ connectionString: database.url });
  await client.connect();
});
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

test('SIGTERM under load: each callback that was stored is acknowledged and each that was not is refused, the exit is clean and in time', async () => {
  const service = await start(built, database.url);
  const all = await shots(database.url, 6_000);
  let ending: ReturnType<typeof service.end> | undefined;
  let since = 0;
  const timer = setTimeout(() => {
    since = performance.now();
    ending = service.end('SIGTERM');
  }, 700);
  const answers = await fire(service.url, [...all], () => service.child.exitCode === null);
  clearTimeout(timer);
  expect(await ending).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(service.output()).not.toContain('"level":"error"');

  const stored = await outcomes(all.map(({ paymentNumber }) => paymentNumber));
  const acknowledged = [...answers].filter(([, status]) => status === 200).map(([number]) => number);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(acknowledged.length).toBeLessThan(all.length);
  // Neither more nor less: nobody is left waiting for the answer to what is stored.
  expect(new Set(stored.keys())).toEqual(new Set(acknowledged));
  const refused = [...answers.values()].filter((status) => status !== 200);
  expect(refused.filter((status) => status !== 503 && status !== null)).toEqual([]);
});

test('SIGTERM while a callback waits for a lock: it is answered first, and settles after the next start', async () => {
  const service = await start(built, database.url);
  const [shot] = await shots(database.url, 1);
  await client.query('BEGIN');
  await client.query('SELECT FROM payments WHERE number = $1 FOR UPDATE', [shot!.paymentNumber]);
  const answer = fire(service.url, [shot!]);
  await until(async () => (await outcomes([shot!.paymentNumber])).has(shot!.paymentNumber));
  const exit = service.end('SIGTERM');
  expect([...(await answer).values()]).toEqual([200]);
  expect(await exit).toBe(0);
  await client.query('COMMIT');
  expect([...(await outcomes([shot!.paymentNumber])).values()]).toEqual(['pending']);

  const next = await start(built, database.url);
  await until(async () => (await outcomes([shot!.paymentNumber])).get(shot!.paymentNumber) === 'settled');
  expect(await next.end('SIGTERM')).toBe(0);
});

test('a client that never ends its request does not keep the service from stopping cleanly', async () => {
  const service = await start(built, database.url);
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write('POST /callbacks/standard-webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
  // An answer on another connection shows that the first bytes are in.
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  const since = performance.now();
  expect(await service.end('SIGTERM')).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
  socket.destroy();
});

test('a start whose database goes silent in the middle of it gives up and says why', async () => {
  const { proxy, url } = await TcpProxy.before(database.url);
  proxy.swallow = `SELECT current_setting('server_version_num')`;
  await expect(start(built, url)).rejects.toThrow(
    'Quittance could not start: the database cannot be reached',
  );
  await proxy.close();
});
