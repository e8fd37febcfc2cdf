import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client, Pool } from 'pg';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

/** How long WeChat Pay waits for an answer. */
const ANSWER_WITHIN_MS = 5_000;

let database: FreshDatabase;
let proxy: TcpProxy;
let service: Service;
let direct: Client;
let reader: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  const proxied = await TcpProxy.before(database.url);
  proxy = proxied.proxy;
  service = await startService({ databaseUrl: proxied.url });
  direct = new Client({ connectionString: database.url });
  await direct.connect();
  reader = new Pool({ connectionString: database.url, max: 2 });
});
afterAll(async () => {
  await direct.end();
  await reader.end();
  // Otherwise the stop would wait for the silent connections.
  proxy.cut();
  await service.close();
  await proxy.close();
  await database.drop();
  // On a busy machine PostgreSQL has needed half a minute to drop a database whose connections were cut.
}, 90_000);
beforeEach(async () => {
  // Opens connections in the pools, so that a test can break them.
  await Promise.all(Array.from({ length: 8 }, () => service.admin('GET', '/orders?limit=1')));
});

const outcomeOf = async (paymentNumber: string): Promise<string | undefined> =>
  (await reader.query('SELECT outcome FROM callbacks WHERE payment_number = $1', [paymentNumber])).rows[0]
    ?.outcome;

const waitUntilSettled = (paymentNumber: string): Promise<void> =>
  waitUntil(async () => (await outcomeOf(paymentNumber)) === 'settled');

const timed = async <Result>(work: Promise<Result>): Promise<[Result, number]> => {
  const elapsed = stopwatch();
  return [await work, elapsed()];
};

/**
 * Causes the fault, delivers a callback and expects that it is acknowledged in time. Storing the receipt alone has about one
 * second. If the machine stalls in that second, the answer is a 503. So this tries up to three times.
 */
async function deliverAfter(gateway: 'stripe' | 'alipay', causeFault: () => unknown, repair?: () => unknown) {
  for (let attempt = 1; ; attempt += 1) {
    const payment = await service.openPayment(gateway);
    await causeFault();
    const [{ status, body }, ms] = await timed(
      service.deliver(gateway, { paymentNumber: payment.paymentNumber }),
    );
    expect(ms).toBeLessThan(ANSWER_WITHIN_MS);
    if (attempt === 3) expect(status).toBe(200);
    if (status === 200) return { ...payment, body };
    await repair?.();
  }
}

test('if every open connection goes silent, one batch finds it out for all: the callbacks after it settle at once', async () => {
  const before = (await service.openPayment('stripe')).paymentNumber;
  const after: string[] = [];
  for (let count = 0; count < 8; count += 1) after.push((await service.openPayment('stripe')).paymentNumber);
  proxy.silence();
  await service.deliver('stripe', { paymentNumber: before });
  const elapsed = stopwatch();
  for (const paymentNumber of after) {
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
    expect(await outcomeOf(paymentNumber)).toBe('settled');
  }
  // If each callback met a silent connection, two of them would already need longer.
  expect(elapsed()).toBeLessThan(ANSWER_WITHIN_MS);
});

test('if every open connection goes silent, callbacks are answered in time and the service recovers by itself', async () => {
  const numbers = [];
  for (let count = 0; count < 6; count += 1)
    numbers.push((await service.openPayment('wechat-pay')).paymentNumber);
  const silenced = proxy.silence();
  expect(silenced).toBeGreaterThan(0);
  const answers = await Promise.all(
    numbers.map((paymentNumber) => timed(service.deliver('wechat-pay', { paymentNumber }))),
  );
  for (const [{ status }, ms] of answers) {
    expect([204, 503]).toContain(status);
    expect(ms).toBeLessThan(ANSWER_WITHIN_MS);
  }
  // Acknowledged callbacks are stored. The others can be sent again.
  for (const [index, [{ status }]] of answers.entries()) {
    if (status === 503)
      expect((await service.deliver('wechat-pay', { paymentNumber: numbers[index]! })).status).toBe(204);
    await waitUntilSettled(numbers[index]!);
  }
  const [ready, ms] = await timed(fetch(`${service.url}/health/ready`));
  expect(ready.status).toBe(200);
  expect(ms).toBeLessThan(ANSWER_WITHIN_MS);
});

test('a COMMIT that is lost in the network: the transaction is ended, then the receipt is stored, and the callback settles once', async () => {
  const { paymentNumber, orderNumber } = await deliverAfter('stripe', () => {
    proxy.dropFrom = 'COMMIT';
  });
  await waitUntilSettled(paymentNumber);
  const paid = await direct.query(`SELECT FROM events WHERE type = 'order.paid' AND order_number = $1`, [
    orderNumber,
  ]);
  expect(paid.rowCount).toBe(1);
});

test('settling that cannot finish in time is cancelled, and the receipt alone is stored as pending and acknowledged', async () => {
  const lockEvents = async () => {
    await direct.query('BEGIN');
    await direct.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
  };
  const { paymentNumber, body } = await deliverAfter('alipay', lockEvents, () => direct.query('ROLLBACK'));
  expect(body).toBe('success');
  expect(await outcomeOf(paymentNumber)).toBe('pending');
  await direct.query('COMMIT');
  await waitUntilSettled(paymentNumber);
});

test('if nothing can be stored, a hundred waiting callbacks are all refused in time, and afterwards callbacks are stored again', async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  await direct.query('BEGIN');
  await direct.query('LOCK TABLE callbacks IN ACCESS EXCLUSIVE MODE');
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => timed(service.deliver('stripe', { paymentNumber }))),
  );
  await direct.query('COMMIT');
  expect(new Set(answers.map(([{ status, headers }]) => `${status} ${headers.get('retry-after')}`))).toEqual(
    new Set(['503 1']),
  );
  expect(Math.max(...answers.map(([, ms]) => ms))).toBeLessThan(ANSWER_WITHIN_MS);
  await waitUntil(async () => (await service.deliver('stripe', { paymentNumber })).status === 200);
});

test('an inbox key that another transaction is writing delays its own callback and no other', async () => {
  const contended = (await service.openPayment('standard-webhooks')).paymentNumber;
  const others = await Promise.all(
    Array.from({ length: 80 }, () => service.openPayment('standard-webhooks')),
  );
  await direct.query('BEGIN');
  await direct.query(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, notice, key_id, headers, body, received_at, judged_at, outcome, settled_at)
     VALUES ('standard-webhooks', 'busy', 'f', 'ignored', '{}', 'k', '{}', '', now(), now(), 'ignored', now())`,
  );
  const [[contendedAnswer], ...answers] = await Promise.all([
    timed(service.deliver('standard-webhooks', { paymentNumber: contended, eventId: 'busy' })),
    ...others.map(({ paymentNumber }) => timed(service.deliver('standard-webhooks', { paymentNumber }))),
  ]);
  await direct.query('ROLLBACK');
  expect(answers.map(([{ status }]) => status)).toEqual(others.map(() => 200));
  expect(contendedAnswer.status).toBe(503);
});

test('operators who wait for one locked order do not take the connections that callbacks of other orders need', async () => {
  const lockedOrder = await service.openPayment('standard-webhooks');
  const others = await Promise.all(
    Array.from({ length: 20 }, () => service.openPayment('standard-webhooks')),
  );
  await direct.query('BEGIN');
  await direct.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [lockedOrder.orderNumber]);
  const writes = Array.from({ length: 12 }, () =>
    service.admin('POST', `/orders/${lockedOrder.orderNumber}/transitions`, { to: 'cancelled' }),
  );
  const answers = await Promise.all(
    others.map(({ paymentNumber }) => service.deliver('standard-webhooks', { paymentNumber })),
  );
  expect(answers.map(({ status }) => status)).toEqual(others.map(() => 200));
  expect(await Promise.all(others.map(({ paymentNumber }) => outcomeOf(paymentNumber)))).toEqual(
    others.map(() => 'settled'),
  );
  await direct.query('COMMIT');
  const statuses = (await Promise.all(writes)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
});
