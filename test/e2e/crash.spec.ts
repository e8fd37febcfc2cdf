import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { build, start, type Build } from '../../chaos/built-service.js';
import { fire, shots, until, type Shot } from './load.js';

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

const rows = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await client.query(text, values)).rows as Row[];
const numbersOf = (all: readonly Shot[]): string[] => all.map(({ paymentNumber }) => paymentNumber);

/** Kills the service at a moment of its own choosing, while callbacks come in; returns those that were acknowledged. */
async function killUnderLoad(queue: Shot[]): Promise<Set<string>> {
  const service = await start(built, database.url);
  let killed: Promise<unknown> | undefined;
  const kill = () => {
    killed = service.end('SIGKILL');
  };
  const timer = setTimeout(kill, 50 + Math.random() * 500);
  const answers = await fire(service.url, queue, () => killed === undefined);
  clearTimeout(timer);
  await (killed ?? service.end('SIGKILL'));
  return new Set([...answers].flatMap(([number, status]) => (status === 200 ? [number] : [])));
}

/** What is left of the work of the killed: the rest of the test's time would go by until their leases end. */
const endLeases = () => rows(`UPDATE callbacks SET next_attempt_at = now() WHERE outcome = 'pending'`);

test('kill -9 under load, again and again: what was acknowledged is there, and in the end each callback is settled once', async () => {
  const all = await shots(database.url, 2_500);
  let left = all;
  for (let crash = 0; crash < 3; crash += 1) {
    const acknowledged = await killUnderLoad([...left]);
    const stored = await rows<{ payment_number: string }>('SELECT payment_number FROM callbacks');
    const there = new Set(stored.map((row) => row.payment_number));
    expect([...acknowledged].filter((number) => !there.has(number))).toEqual([]);
    // As a gateway does, what was not acknowledged is sent again, whether it is stored or not.
    left = left.filter(({ paymentNumber }) => !acknowledged.has(paymentNumber));
  }

  const service = await start(built, database.url);
  const answers = await fire(service.url, [...left]);
  expect(new Set(answers.values())).toEqual(new Set([200]));
  await endLeases();
  await until(async () => (await rows(`SELECT FROM callbacks WHERE outcome = 'pending'`)).length === 0);
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

test('kill -9 while the worker settles a backlog: another takes up what the killed one had leased, and settles each once', async () => {
  const all = await shots(database.url, 3_000);
  const numbers = numbersOf(all);
  await backlog(numbers);
  const undecided = async () =>
    (await rows(`SELECT FROM callbacks WHERE payment_number = ANY($1) AND outcome = 'pending'`, [numbers]))
      .length;
  for (let crash = 0; crash < 2; crash += 1) {
    const service = await start(built, database.url);
    const before = await undecided();
    await until(async () => (await undecided()) < before);
    await service.end('SIGKILL');
  }
  expect(await undecided()).toBeGreaterThan(0);
  await endLeases();
  const service = await start(built, database.url);
  await until(async () => (await undecided()) === 0);
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

/** Receipts that could only be stored, as an outage leaves them. */
async function backlog(paymentNumbers: readonly string[]): Promise<void> {
  await rows(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at,
                            judged_at, outcome, next_attempt_at)
     SELECT 'standard-webhooks', 'B-' || number, number, 'succeeded', number,
            jsonb_build_object('kind', 'succeeded', 'paymentNumber', number, 'transactionId', 'T-' || number, 'amount', '100.00',
              'currency', 'CNY', 'paidAt', NULL, 'reason', NULL, 'foreign', NULL),
            'key', '{}', 'body', now(), now(), 'pending', now()
       FROM unnest($1::text[]) AS asked (number)`,
    [paymentNumbers],
  );
}
