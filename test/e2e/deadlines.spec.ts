import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client, Pool } from 'pg';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { stopwatch } from '../stopwatch.js';
import { startService, type Service } from './service.js';
import { TcpProxy } from '../../chaos/tcp-proxy.js';

/** What WeChat Pay waits for its answer. */
const PATIENCE_MS = 5_000;

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
  await service.close();
  await proxy.close();
  await database.drop();
});
beforeEach(async () => {
  // So that the pools hold connections which a test can make fail.
  await Promise.all(Array.from({ length: 8 }, () => service.admin('GET', '/orders?limit=1')));
});

const outcomeOf = async (paymentNumber: string): Promise<string | undefined> =>
  (await reader.query('SELECT outcome FROM callbacks WHERE payment_number = $1', [paymentNumber])).rows[0]
    ?.outcome;

async function settles(paymentNumber: string): Promise<void> {
  while ((await outcomeOf(paymentNumber)) !== 'settled')
    await new Promise((resolve) => setImmediate(resolve));
}

const timed = async <Result>(work: Promise<Result>): Promise<[Result, number]> => {
  const elapsed = stopwatch();
  return [await work, elapsed()];
};

/**
 * Delivers one callback after what goes wrong, and expects that it is acknowledged in time. Between the end of settling and the answer there
 * is little more than a second, and a machine that stands still in it makes a 503 of what could be stored: then it is tried anew.
 */
async function acknowledged(gateway: 'stripe' | 'alipay', goWrong: () => unknown, putRight?: () => unknown) {
  for (let attempt = 1; ; attempt += 1) {
    const given = await service.given(gateway);
    await goWrong();
    const [{ status, body }, ms] = await timed(
      service.deliver(gateway, { paymentNumber: given.paymentNumber }),
    );
    expect(ms).toBeLessThan(PATIENCE_MS);
    if (attempt === 3) expect(status).toBe(200);
    if (status === 200) return { ...given, body };
    await putRight?.();
  }
}

test('where the network goes silent on every open connection, one group finds out for all: what comes after it settles at once', async () => {
  const before = (await service.given('stripe')).paymentNumber;
  const after: string[] = [];
  for (let count = 0; count < 8; count += 1) after.push((await service.given('stripe')).paymentNumber);
  proxy.silence();
  await service.deliver('stripe', { paymentNumber: before });
  const elapsed = stopwatch();
  for (const paymentNumber of after) {
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
    expect(await outcomeOf(paymentNumber)).toBe('settled');
  }
  // Two of them would need longer, if each met a silent connection.
  expect(elapsed()).toBeLessThan(PATIENCE_MS);
});

test('where the network goes silent on every open connection, callbacks are answered in time and the service recovers by itself', async () => {
  const numbers = [];
  for (let count = 0; count < 6; count += 1) numbers.push((await service.given('wechat-pay')).paymentNumber);
  const silenced = proxy.silence();
  expect(silenced).toBeGreaterThan(0);
  const answers = await Promise.all(
    numbers.map((paymentNumber) => timed(service.deliver('wechat-pay', { paymentNumber }))),
  );
  for (const [{ status }, ms] of answers) {
    expect([204, 503]).toContain(status);
    expect(ms).toBeLessThan(PATIENCE_MS);
  }
  // What was acknowledged is stored, and what was not can be sent again.
  for (const [index, [{ status }]] of answers.entries()) {
    if (status === 503)
      expect((await service.deliver('wechat-pay', { paymentNumber: numbers[index]! })).status).toBe(204);
    await settles(numbers[index]!);
  }
  const [ready, ms] = await timed(fetch(`${service.url}/health/ready`));
  expect(ready.status).toBe(200);
  expect(ms).toBeLessThan(PATIENCE_MS);
});

test('a COMMIT that the network swallows: the transaction is ended first, then the receipt is stored, and it settles once', async () => {
  const { paymentNumber, orderNumber } = await acknowledged('stripe', () => {
    proxy.swallow = 'COMMIT';
  });
  await settles(paymentNumber);
  const paid = await direct.query(`SELECT FROM events WHERE type = 'order.paid' AND order_number = $1`, [
    orderNumber,
  ]);
  expect(paid.rowCount).toBe(1);
});

test('settling that cannot finish in time is ended, and the bare receipt is stored as pending and acknowledged', async () => {
  const hold = async () => {
    await direct.query('BEGIN');
    await direct.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
  };
  const { paymentNumber, body } = await acknowledged('alipay', hold, () => direct.query('ROLLBACK'));
  expect(body).toBe('success');
  expect(await outcomeOf(paymentNumber)).toBe('pending');
  await direct.query('COMMIT');
  await settles(paymentNumber);
});

test('where nothing can be stored at all, everybody is told so in time, however many wait', async () => {
  const { paymentNumber } = await service.given('stripe');
  await direct.query('BEGIN');
  await direct.query('LOCK TABLE callbacks IN ACCESS EXCLUSIVE MODE');
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => timed(service.deliver('stripe', { paymentNumber }))),
  );
  await direct.query('COMMIT');
  expect(new Set(answers.map(([{ status, headers }]) => `${status} ${headers.get('retry-after')}`))).toEqual(
    new Set(['503 1']),
  );
  expect(Math.max(...answers.map(([, ms]) => ms))).toBeLessThan(PATIENCE_MS);
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
});

test('an inbox key that somebody else is writing holds up its own callback and nobody else', async () => {
  const busy = (await service.given('standard-webhooks')).paymentNumber;
  const others = await Promise.all(Array.from({ length: 80 }, () => service.given('standard-webhooks')));
  await direct.query('BEGIN');
  await direct.query(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, notice, key_id, headers, body, received_at, judged_at, outcome, settled_at)
     VALUES ('standard-webhooks', 'busy', 'f', 'ignored', '{}', 'k', '{}', '', now(), now(), 'ignored', now())`,
  );
  const [[mine], ...answers] = await Promise.all([
    timed(service.deliver('standard-webhooks', { paymentNumber: busy, eventId: 'busy' })),
    ...others.map(({ paymentNumber }) => timed(service.deliver('standard-webhooks', { paymentNumber }))),
  ]);
  await direct.query('ROLLBACK');
  expect(answers.map(([{ status }]) => status)).toEqual(others.map(() => 200));
  expect(mine.status).toBe(503);
});

test('operators who wait for one order leave the callbacks of other orders their connections', async () => {
  const hot = await service.given('standard-webhooks');
  const others = await Promise.all(Array.from({ length: 20 }, () => service.given('standard-webhooks')));
  await direct.query('BEGIN');
  await direct.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [hot.orderNumber]);
  const writes = Array.from({ length: 12 }, () =>
    service.admin('POST', `/orders/${hot.orderNumber}/transitions`, { to: 'cancelled' }),
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
