import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { stopwatch } from '../stopwatch.js';
import { startService, unique, type Service } from './service.js';

let service: Service;
let stranger: Client;
beforeAll(async () => {
  service = await startService();
  stranger = new Client({ connectionString: service.databaseUrl });
  await stranger.connect();
});
afterAll(async () => {
  await stranger.end();
  await service.close();
});

const outcomeOf = async (paymentNumber: string): Promise<string | undefined> =>
  (
    await service.sql<{ outcome: string }>('SELECT outcome FROM callbacks WHERE payment_number = $1', [
      paymentNumber,
    ])
  )[0]?.outcome;

async function settles(paymentNumber: string): Promise<void> {
  while ((await outcomeOf(paymentNumber)) !== 'settled')
    await new Promise((resolve) => setImmediate(resolve));
}

test.each(['payments', 'orders'])(
  'a lock held elsewhere on a row of %s holds up nobody else, does not empty the pool, and loses nothing',
  async (table) => {
    const held = await Promise.all(Array.from({ length: 8 }, () => service.given('standard-webhooks')));
    const free = await Promise.all(Array.from({ length: 40 }, () => service.given('standard-webhooks')));
    const column = table === 'orders' ? 'orderNumber' : 'paymentNumber';
    await stranger.query('BEGIN');
    await stranger.query(`SELECT FROM ${table} WHERE number = ANY($1) FOR UPDATE`, [
      held.map((each) => each[column]),
    ]);

    const elapsed = stopwatch();
    const heldAnswers = held.map(({ paymentNumber }) =>
      service.deliver('standard-webhooks', { paymentNumber }),
    );
    const freeAnswers = await Promise.all(
      free.map(({ paymentNumber }) => service.deliver('standard-webhooks', { paymentNumber })),
    );
    expect(freeAnswers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    // An operator's request finds a connection too.
    expect((await service.admin('GET', '/orders?limit=1')).status).toBe(200);
    const answered = elapsed();
    expect(await Promise.all(free.map(({ paymentNumber }) => outcomeOf(paymentNumber)))).toEqual(
      Array(40).fill('settled'),
    );

    // The held ones are stored and acknowledged within the gateway's patience, pending and never unmatched.
    expect((await Promise.all(heldAnswers)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    const waited = elapsed();
    expect(await Promise.all(held.map(({ paymentNumber }) => outcomeOf(paymentNumber)))).toEqual(
      Array(8).fill('pending'),
    );
    expect(answered).toBeLessThan(waited);
    expect(waited).toBeLessThan(5_000);

    await stranger.query('COMMIT');
    await Promise.all(held.map(({ paymentNumber }) => settles(paymentNumber)));
    const discrepancies = await service.sql('SELECT FROM discrepancies WHERE payment_number = ANY($1)', [
      held.map(({ paymentNumber }) => paymentNumber),
    ]);
    expect(discrepancies).toEqual([]);
  },
);

test('a callback that waits for its payment to be created settles before it is answered, whenever in its wait that commits', async () => {
  for (let round = 0; round < 20; round += 1) {
    const { orderNumber } = await service.given('stripe');
    const paymentNumber = unique('P');
    await stranger.query('BEGIN');
    await stranger.query('SELECT pg_advisory_xact_lock(1, hashtext($1))', [paymentNumber]);
    await stranger.query(
      `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
       VALUES ($1, $2, 'stripe', 100, 'CNY', 'init', now() + interval '1 hour')`,
      [paymentNumber, orderNumber],
    );
    const answer = service.deliver('stripe', { paymentNumber });
    while ((await outcomeOf(paymentNumber)) !== 'pending')
      await new Promise((resolve) => setImmediate(resolve));
    await stranger.query('COMMIT');
    expect((await answer).status).toBe(200);
    expect(await outcomeOf(paymentNumber)).toBe('settled');
  }
});

test('a callback that waits for a lock settles as soon as it is released, before it is answered', async () => {
  const { paymentNumber } = await service.given('alipay');
  await stranger.query('BEGIN');
  await stranger.query('SELECT FROM payments WHERE number = $1 FOR UPDATE', [paymentNumber]);
  const answer = service.deliver('alipay', { paymentNumber });
  while ((await outcomeOf(paymentNumber)) !== 'pending')
    await new Promise((resolve) => setImmediate(resolve));
  await stranger.query('COMMIT');
  expect((await answer).body).toBe('success');
  expect(await outcomeOf(paymentNumber)).toBe('settled');
});

test('a pending callback that comes again is settled by its copy', async () => {
  const { paymentNumber, orderNumber } = await service.given('stripe');
  const signed = service.sign('stripe', { paymentNumber });
  await stranger.query('BEGIN');
  await stranger.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [orderNumber]);
  expect((await service.sendRaw(signed)).status).toBe(200);
  expect(await outcomeOf(paymentNumber)).toBe('pending');
  // No worker may have it in the meantime, so that the copy is what settles it.
  await stranger.query(
    `UPDATE callbacks SET next_attempt_at = now() + interval '1 hour' WHERE payment_number = $1`,
    [paymentNumber],
  );
  await stranger.query('COMMIT');
  expect((await service.sendRaw(signed)).status).toBe(200);
  const rows = await service.sql('SELECT outcome, deliveries FROM callbacks WHERE payment_number = $1', [
    paymentNumber,
  ]);
  expect(rows).toEqual([{ outcome: 'settled', deliveries: 2 }]);
});

test('an unmatched callback settles by itself once its payment exists, and its case closes with the reason', async () => {
  const orderNumber = unique('O');
  const paymentNumber = unique('P');
  await service.deliver('wechat-pay', { paymentNumber });
  expect(await outcomeOf(paymentNumber)).toBe('unmatched');
  await service.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
  await service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'wechat-pay', paymentNumber });
  await settles(paymentNumber);
  const cases = await service.sql('SELECT kind, status FROM discrepancies WHERE payment_number = $1', [
    paymentNumber,
  ]);
  expect(cases).toEqual([{ kind: 'unmatched', status: 'resolved' }]);
  const events = await service.sql<{ data: object }>(
    `SELECT data FROM events WHERE payment_number = $1 AND type = 'discrepancy.resolved'`,
    [paymentNumber],
  );
  expect(events).toMatchObject([{ data: { kind: 'unmatched', reason: 'the payment has come' } }]);
});
