import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as rest } from 'node:timers/promises';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

let shop: Service;
let receiver: Service;
beforeAll(async () => {
  shop = await startService();
  // One replica creates the payments, the other receives the callbacks.
  receiver = await startService({ databaseUrl: shop.databaseUrl });
});
afterAll(async () => {
  await receiver.close();
  await shop.close();
});

const ROUNDS = 1_000;
const CONCURRENCY = 10;

/** Sends the creation as a shop has to: again while the service is temporarily unavailable. */
async function createPayment(paymentNumber: string): Promise<{ body: { status: string } }> {
  const request = { gateway: 'standard-webhooks', paymentNumber };
  const create = () => shop.admin<{ status: string }>('POST', `/orders/${paymentNumber}/payments`, request);
  let reply = await create();
  for (let repeats = 0; reply.status === 503 && repeats < 5; repeats += 1) reply = await create();
  if (reply.status !== 201)
    throw new Error(`${paymentNumber}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply;
}

test('a payment is created while its callback arrives, a thousand times: each payment settles, and no callback stays unmatched', async () => {
  const numbers = Array.from({ length: ROUNDS }, () => unique('P'));
  await shop.sql(
    `INSERT INTO orders (number, total, currency, status) SELECT number, 100, 'CNY', 'pending' FROM unnest($1::text[]) AS new (number)`,
    [numbers],
  );
  const created: string[] = [];
  const left = [...numbers];
  const createAndDeliver = async () => {
    for (let paymentNumber = left.pop(); paymentNumber; paymentNumber = left.pop()) {
      const create = () => createPayment(paymentNumber);
      // Creating takes longer than receiving, so half of the creations start at once and the others up to 10 ms later.
      const delay = left.length % 2 === 0 ? 0 : Math.random() * 10;
      const [{ body }] = await Promise.all([
        rest(delay).then(create),
        receiver.deliver('standard-webhooks', { paymentNumber }),
      ]);
      created.push(body.status);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, createAndDeliver));
  const outcomes = () =>
    shop.sql<{ outcome: string; count: number }>(
      'SELECT outcome, count(*)::int FROM callbacks WHERE payment_number = ANY($1) GROUP BY outcome',
      [numbers],
    );
  // A callback that waited for the lock of the creation may still be pending. The worker settles it.
  await waitUntil(async () => (await outcomes()).every(({ outcome }) => outcome !== 'pending'));
  expect(await outcomes()).toEqual([{ outcome: 'settled', count: ROUNDS }]);
  const paid = await shop.sql(
    `SELECT FROM payments JOIN orders ON orders.number = order_number
      WHERE payments.number = ANY($1) AND payments.status = 'succeeded' AND orders.status = 'paid'`,
    [numbers],
  );
  expect(paid).toHaveLength(ROUNDS);
  expect(await shop.sql(`SELECT FROM discrepancies WHERE status = 'open'`)).toEqual([]);
  // Every unmatched callback settled in the transaction that created its payment, not later by the worker.
  const settledLater = await shop.sql(
    `SELECT FROM events AS unmatched JOIN events AS created USING (payment_number) JOIN events AS settled USING (payment_number)
      WHERE unmatched.type = 'callback.unmatched' AND created.type = 'payment.created' AND settled.type = 'payment.succeeded'
        AND settled.tx <> created.tx`,
  );
  expect(settledLater).toEqual([]);
  // Each side came first at least once. Otherwise this test has met no race.
  expect(new Set(created)).toEqual(new Set(['init', 'succeeded']));
}, 120_000);

test('a copy of an unmatched callback that arrives while the payment is created blocks neither request, and no callback stays unmatched', async () => {
  for (let round = 0; round < 50; round += 1) {
    const [orderNumber, paymentNumber] = [unique('O'), unique('P')];
    await shop.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
    const signed = receiver.sign('alipay', { paymentNumber });
    await receiver.sendRaw(signed);
    const [{ status, body }, copy] = await Promise.all([
      shop.admin<{ status: string }>('POST', `/orders/${orderNumber}/payments`, {
        gateway: 'alipay',
        paymentNumber,
      }),
      receiver.sendRaw(signed),
    ]);
    expect([status, body.status, copy.body]).toEqual([201, 'succeeded', 'success']);
  }
  expect(await shop.sql(`SELECT FROM callbacks WHERE outcome <> 'settled'`)).toEqual([]);
});

test('if the callback came first, the answer to the creation shows the settled payment with its whole log', async () => {
  const [orderNumber, paymentNumber, transactionId] = [unique('O'), unique('P'), unique('T')];
  await receiver.deliver('wechat-pay', { paymentNumber, transactionId });
  await shop.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
  const { status, body } = await shop.admin<{ log: { event: string }[] }>(
    'POST',
    `/orders/${orderNumber}/payments`,
    { gateway: 'wechat-pay', paymentNumber },
  );
  expect([status, body]).toMatchObject([201, { status: 'succeeded', transactionId, orderNumber }]);
  expect(body.log.map(({ event }) => event)).toEqual([
    'callback.unmatched',
    'discrepancy.opened',
    'payment.created',
    'payment.succeeded',
    'order.paid',
    'discrepancy.resolved',
  ]);
  expect((await shop.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
});
