import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Build, start } from '../../tools/chaos/built-service.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { buildOfRun } from './build-of-run.js';
import { type PreparedCallback, prepareCallbacks, sendAll } from './load.js';
import { waitUntil } from './wait-until.js';

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

const rows = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await client.query(text, values)).rows as Row[];
const numbersOf = (all: readonly PreparedCallback[]): string[] =>
  all.map(({ paymentNumber }) => paymentNumber);

/** Starts the service, sends callbacks and kills it at a random moment. Returns the payment numbers that were acknowledged. */
async function killUnderLoad(queue: PreparedCallback[]): Promise<Set<string>> {
  const service = await start(built, database.url);
  let killed: Promise<unknown> | undefined;
  const kill = () => {
    killed = service.end('SIGKILL');
  };
  const timer = setTimeout(kill, 50 + Math.random() * 500);
  const answers = await sendAll(service.url, queue, () => killed === undefined);
  clearTimeout(timer);
  await (killed ?? service.end('SIGKILL'));
  return new Set([...answers].flatMap(([number, status]) => (status === 200 ? [number] : [])));
}

/** Ends the leases of killed processes, so that the test does not have to wait for half a minute. */
const expireLeases = () => rows(`UPDATE callbacks SET next_attempt_at = now() WHERE outcome = 'pending'`);

test('kill -9 under load, three times: every acknowledged callback is stored, and in the end each callback is settled once', async () => {
  const all = await prepareCallbacks(database.url, 2_500);
  let left = all;
  for (let crash = 0; crash < 3; crash += 1) {
    const acknowledged = await killUnderLoad([...left]);
    const stored = await rows<{ payment_number: string }>('SELECT payment_number FROM callbacks');
    const storedNumbers = new Set(stored.map((row) => row.payment_number));
    expect([...acknowledged].filter((number) => !storedNumbers.has(number))).toEqual([]);
    // A gateway sends everything again that was not acknowledged, stored or not.
    left = left.filter(({ paymentNumber }) => !acknowledged.has(paymentNumber));
  }

  const service = await start(built, database.url);
  const answers = await sendAll(service.url, [...left]);
  expect(new Set(answers.values())).toEqual(new Set([200]));
  await expireLeases();
  await waitUntil(async () => (await rows(`SELECT FROM callbacks WHERE outcome = 'pending'`)).length === 0);
  expect(await service.end('SIGTERM')).toBe(0);

  const numbers = numbersOf(all);
  const callbacks = await rows(
    `SELECT outcome, count(*)::int, count(DISTINCT payment_number)::int AS payments FROM callbacks
      WHERE payment_number = ANY($1) GROUP BY outcome`,
    [numbers],
  );
  expect(callbacks).toEqual([{ outcome: 'settled', count: numbers.length, payments: numbers.length }]);
  const events = await rows(
    `SELECT type, count(*)::int FROM events WHERE order_number = ANY($1) GROUP BY type ORDER BY type`,
    [numbers],
  );
  expect(events).toEqual([
    { type: 'order.paid', count: numbers.length },
    { type: 'payment.succeeded', count: numbers.length },
  ]);
  const orders = await rows(`SELECT status, count(*)::int FROM orders GROUP BY status`);
  expect(orders).toEqual([{ status: 'paid', count: numbers.length }]);
  expect(await rows('SELECT FROM discrepancies')).toEqual([]);
}, 90_000);

test('kill -9 while the worker settles a backlog: another process takes over its leases, and each callback is settled once', async () => {
  const all = await prepareCallbacks(database.url, 3_000);
  const numbers = numbersOf(all);
  await backlog(numbers);
  const undecided = async () =>
    (await rows(`SELECT FROM callbacks WHERE payment_number = ANY($1) AND outcome = 'pending'`, [numbers]))
      .length;
  for (let crash = 0; crash < 2; crash += 1) {
    const service = await start(built, database.url);
    const before = await undecided();
    await waitUntil(async () => (await undecided()) < before);
    await service.end('SIGKILL');
  }
  expect(await undecided()).toBeGreaterThan(0);
  await expireLeases();
  const service = await start(built, database.url);
  await waitUntil(async () => (await undecided()) === 0);
  expect(await service.end('SIGTERM')).toBe(0);
  const paid = await rows(
    `SELECT order_number FROM events WHERE type = 'order.paid' AND order_number = ANY($1)`,
    [numbers],
  );
  expect(paid).toHaveLength(numbers.length);
  expect(
    await rows(`SELECT FROM callbacks WHERE payment_number = ANY($1) AND outcome <> 'settled'`, [numbers]),
  ).toEqual([]);
}, 90_000);

/** Stores pending callbacks, as an outage leaves them. */
async function backlog(paymentNumbers: readonly string[]): Promise<void> {
  await rows(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at,
                            judged_at, outcome, next_attempt_at)
     SELECT 'standard-webhooks', 'B-' || number, number, 'succeeded', number,
            jsonb_build_object('kind', 'succeeded', 'paymentNumber', number, 'transactionId', 'T-' || number, 'amount', '100.00',
              'currency', 'CNY', 'paidAt', NULL, 'reason', NULL, 'foreign', NULL),
            'key', '{}', 'body', now(), now(), 'pending', now()
       FROM unnest($1::text[]) AS new (number)`,
    [paymentNumbers],
  );
}
