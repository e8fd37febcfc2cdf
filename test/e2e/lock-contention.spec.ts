import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

// Tests that run at the same time share the machine, and each of them waits for the others.
jest.setTimeout(90_000);

let service: Service;
const sessions: Client[] = [];
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  for (const session of sessions) await session.end();
  await service.close();
});

async function openSession(): Promise<Client> {
  const session = new Client({ connectionString: service.databaseUrl });
  sessions.push(session);
  await session.connect();
  return session;
}

const outcomeOf = async (paymentNumber: string): Promise<string | undefined> =>
  (
    await service.sql<{ outcome: string }>('SELECT outcome FROM callbacks WHERE payment_number = $1', [
      paymentNumber,
    ])
  )[0]?.outcome;

const waitUntilPending = (paymentNumber: string, pauseMs?: number): Promise<void> =>
  waitUntil(async () => (await outcomeOf(paymentNumber)) === 'pending', pauseMs);
const waitUntilSettled = (paymentNumber: string): Promise<void> =>
  waitUntil(async () => (await outcomeOf(paymentNumber)) === 'settled');

// These three wait for the deadline of a callback, so they wait at the same time.

test.concurrent.each(['payments', 'orders'])(
  'rows of %s that another session has locked delay no other callback, do not exhaust the pool, and lose no callback',
  async (table) => {
    const contended = await Promise.all(
      Array.from({ length: 8 }, () => service.openPayment('standard-webhooks')),
    );
    const free = await Promise.all(
      Array.from({ length: 40 }, () => service.openPayment('standard-webhooks')),
    );
    const column = table === 'orders' ? 'orderNumber' : 'paymentNumber';
    const otherSession = await openSession();
    await otherSession.query('BEGIN');
    await otherSession.query(`SELECT FROM ${table} WHERE number = ANY($1) FOR UPDATE`, [
      contended.map((each) => each[column]),
    ]);

    const elapsed = stopwatch();
    const contendedAnswers = contended.map(({ paymentNumber }) =>
      service.deliver('standard-webhooks', { paymentNumber }),
    );
    const freeAnswers = await Promise.all(
      free.map(({ paymentNumber }) => service.deliver('standard-webhooks', { paymentNumber })),
    );
    expect(freeAnswers.map(({ status }) => status)).toEqual(Array(40).fill(200));
    // An operator's request gets a connection, too.
    expect((await service.admin('GET', '/orders?limit=1')).status).toBe(200);
    const answered = elapsed();
    expect(await Promise.all(free.map(({ paymentNumber }) => outcomeOf(paymentNumber)))).toEqual(
      Array(40).fill('settled'),
    );

    // The contended ones are stored as pending, never as unmatched, and acknowledged before the gateway's time-out.
    expect((await Promise.all(contendedAnswers)).map(({ status }) => status)).toEqual(Array(8).fill(200));
    const waited = elapsed();
    expect(await Promise.all(contended.map(({ paymentNumber }) => outcomeOf(paymentNumber)))).toEqual(
      Array(8).fill('pending'),
    );
    expect(answered).toBeLessThan(waited);
    expect(waited).toBeLessThan(5_000);

    await otherSession.query('COMMIT');
    await Promise.all(contended.map(({ paymentNumber }) => waitUntilSettled(paymentNumber)));
    const discrepancies = await service.sql('SELECT FROM discrepancies WHERE payment_number = ANY($1)', [
      contended.map(({ paymentNumber }) => paymentNumber),
    ]);
    expect(discrepancies).toEqual([]);
  },
);

test.concurrent('a copy of a pending callback settles it', async () => {
  const { paymentNumber, orderNumber } = await service.openPayment('stripe');
  const signed = service.sign('stripe', { paymentNumber });
  const otherSession = await openSession();
  await otherSession.query('BEGIN');
  await otherSession.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [orderNumber]);
  expect((await service.sendRaw(signed)).status).toBe(200);
  expect(await outcomeOf(paymentNumber)).toBe('pending');
  // Keeps the workers away, so that only the copy can settle it.
  await otherSession.query(
    `UPDATE callbacks SET next_attempt_at = now() + interval '1 hour' WHERE payment_number = $1`,
    [paymentNumber],
  );
  await otherSession.query('COMMIT');
  expect((await service.sendRaw(signed)).status).toBe(200);
  const rows = await service.sql('SELECT outcome, deliveries FROM callbacks WHERE payment_number = $1', [
    paymentNumber,
  ]);
  expect(rows).toEqual([{ outcome: 'settled', deliveries: 2 }]);
});

test('a callback that waits while its payment is created settles before it is answered, at whatever moment the creation commits', async () => {
  const otherSession = await openSession();
  for (let round = 0; round < 20; round += 1) {
    const { orderNumber } = await service.openPayment('stripe');
    const paymentNumber = unique('P');
    await otherSession.query('BEGIN');
    await otherSession.query('SELECT pg_advisory_xact_lock(1, hashtext($1))', [paymentNumber]);
    await otherSession.query(
      `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
       VALUES ($1, $2, 'stripe', 100, 'CNY', 'init', now() + interval '1 hour')`,
      [paymentNumber, orderNumber],
    );
    const answer = service.deliver('stripe', { paymentNumber });
    // Without a pause, so that the commit meets each moment between the batch and the wait for the lock.
    await waitUntilPending(paymentNumber, 0);
    await otherSession.query('COMMIT');
    expect((await answer).status).toBe(200);
    expect(await outcomeOf(paymentNumber)).toBe('settled');
  }
});

test('a callback that waits for a lock settles as soon as the lock is released, before it is answered', async () => {
  const { paymentNumber } = await service.openPayment('alipay');
  const otherSession = await openSession();
  await otherSession.query('BEGIN');
  await otherSession.query('SELECT FROM payments WHERE number = $1 FOR UPDATE', [paymentNumber]);
  const answer = service.deliver('alipay', { paymentNumber });
  await waitUntilPending(paymentNumber);
  await otherSession.query('COMMIT');
  expect((await answer).body).toBe('success');
  expect(await outcomeOf(paymentNumber)).toBe('settled');
});

test('an unmatched callback settles by itself when its payment is created, and its case closes with the reason', async () => {
  const orderNumber = unique('O');
  const paymentNumber = unique('P');
  await service.deliver('wechat-pay', { paymentNumber });
  expect(await outcomeOf(paymentNumber)).toBe('unmatched');
  await service.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
  await service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'wechat-pay', paymentNumber });
  await waitUntilSettled(paymentNumber);
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
