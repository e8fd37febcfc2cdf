import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as rest } from 'node:timers/promises';
import { Client } from 'pg';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const statusOf = async (orderNumber: string): Promise<string> =>
  (await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status;
/** Waits for pending callbacks: if the machine stalls, the wait for a lock times out and a worker decides the callback later. */
async function outcomesOf(paymentNumber: string): Promise<string[]> {
  for (;;) {
    const sql = 'SELECT outcome FROM callbacks WHERE payment_number = $1 ORDER BY id';
    const rows = await service.sql<{ outcome: string }>(sql, [paymentNumber]);
    if (rows.every(({ outcome }) => outcome !== 'pending')) return rows.map(({ outcome }) => outcome);
    await rest(100);
  }
}
const countEvents = async (type: string, orderNumber: string): Promise<number> =>
  (await service.sql('SELECT FROM events WHERE type = $1 AND order_number = $2', [type, orderNumber])).length;

/** Runs `work` while a transaction of another session holds the locks that `sql` takes. */
async function whileLocked<Result>(
  sql: string,
  values: unknown[],
  work: (otherSession: Client) => Promise<Result>,
): Promise<Result> {
  const otherSession = new Client({ connectionString: service.databaseUrl });
  await otherSession.connect();
  try {
    await otherSession.query('BEGIN');
    await otherSession.query(sql, values);
    return await work(otherSession);
  } finally {
    await otherSession.end();
  }
}

/** Waits until a backend of the service waits for a lock, so that the race certainly happens. */
function waitUntilBlocked(): Promise<void> {
  const blocked = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  return waitUntil(async () => (await service.sql(blocked)).length > 0, 0);
}

test('fifty copies of one callback at once settle once, and all are acknowledged', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('wechat-pay');
  const signed = service.sign('wechat-pay', { paymentNumber });
  const answers = await Promise.all(Array.from({ length: 50 }, () => service.sendRaw(signed)));
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(204));
  expect(await statusOf(orderNumber)).toBe('paid');
  expect([
    await countEvents('order.paid', orderNumber),
    await countEvents('payment.succeeded', orderNumber),
  ]).toEqual([1, 1]);
  const rows = await service.sql('SELECT outcome, deliveries FROM callbacks WHERE payment_number = $1', [
    paymentNumber,
  ]);
  expect(rows).toEqual([{ outcome: 'settled', deliveries: 50 }]);
});

test('fifty different events of one transaction at once settle once', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('alipay');
  const transactionId = unique('T');
  await Promise.all(
    Array.from({ length: 50 }, () => service.deliver('alipay', { paymentNumber, transactionId })),
  );
  expect(await countEvents('order.paid', orderNumber)).toBe(1);
  const outcomes = await outcomesOf(paymentNumber);
  expect(outcomes.toSorted()).toEqual([...Array<string>(49).fill('duplicate'), 'settled']);
});

test('two payments of one order succeed at once: one pays the order, the money of the other opens a case', async () => {
  for (let round = 0; round < 10; round += 1) {
    const first = await service.openPayment('stripe');
    const { body: second } = await service.admin<{ paymentNumber: string }>(
      'POST',
      `/orders/${first.orderNumber}/payments`,
      {
        gateway: 'alipay',
      },
    );
    await Promise.all([
      service.deliver('stripe', { paymentNumber: first.paymentNumber }),
      service.deliver('alipay', { paymentNumber: second.paymentNumber }),
    ]);
    const outcomes = [
      ...(await outcomesOf(first.paymentNumber)),
      ...(await outcomesOf(second.paymentNumber)),
    ];
    expect(outcomes.toSorted()).toEqual(['order_not_payable', 'settled']);
    expect(await countEvents('order.paid', first.orderNumber)).toBe(1);
  }
});

test('a callback that waits for a cancellation finds the order cancelled, and does not pay it', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('stripe');
  const sql = `UPDATE orders SET status = 'cancelled' WHERE number = $1`;
  const { status } = await whileLocked(sql, [orderNumber], async (otherSession) => {
    const answer = service.deliver('stripe', { paymentNumber });
    await waitUntilBlocked();
    await otherSession.query('COMMIT');
    return answer;
  });
  expect(status).toBe(200);
  expect([await statusOf(orderNumber), await outcomesOf(paymentNumber)]).toEqual([
    'cancelled',
    ['order_not_payable'],
  ]);
});

test('a callback and a cancellation at once: the order is cancelled and the money opens a case, whichever commits first', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { orderNumber, paymentNumber } = await service.openPayment('stripe');
    const [cancelled] = await Promise.all([
      service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' }),
      service.deliver('stripe', { paymentNumber }),
    ]);
    expect([cancelled.status, await statusOf(orderNumber)]).toEqual([200, 'cancelled']);
    const { body } = await service.admin<{ items: { kind: string }[] }>(
      'GET',
      `/discrepancies?paymentNumber=${paymentNumber}`,
    );
    const settled = (await outcomesOf(paymentNumber))[0] === 'settled';
    expect(body.items.map(({ kind }) => kind)).toEqual([settled ? 'refund_due' : 'order_not_payable']);
  }
});

test('one transaction for two payments at once settles one of them', async () => {
  for (let round = 0; round < 10; round += 1) {
    const [first, second] = [
      await service.openPayment('wechat-pay'),
      await service.openPayment('wechat-pay'),
    ];
    const transactionId = unique('T');
    await Promise.all([
      service.deliver('wechat-pay', { paymentNumber: first.paymentNumber, transactionId }),
      service.deliver('wechat-pay', { paymentNumber: second.paymentNumber, transactionId }),
    ]);
    const outcomes = [
      ...(await outcomesOf(first.paymentNumber)),
      ...(await outcomesOf(second.paymentNumber)),
    ];
    expect(outcomes.toSorted()).toEqual(['settled', 'transaction_reused']);
  }
});

test('a callback that arrives while its payment is created waits for it and settles, and never becomes unmatched', async () => {
  const { orderNumber } = await service.openPayment('stripe');
  const paymentNumber = unique('P');
  const create = `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
    SELECT $1, $2, 'stripe', 100, 'CNY', 'init', now() + interval '1 hour' FROM pg_advisory_xact_lock(1, hashtext($1))`;
  const { status } = await whileLocked(create, [paymentNumber, orderNumber], async (creator) => {
    const answer = service.deliver('stripe', { paymentNumber });
    await waitUntilBlocked();
    await creator.query('COMMIT');
    return answer;
  });
  expect([status, await outcomesOf(paymentNumber), await statusOf(orderNumber)]).toEqual([
    200,
    ['settled'],
    'paid',
  ]);
});
