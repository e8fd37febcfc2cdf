import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from './load.js';
import { startService, unique, type Service } from './service.js';

let shop: Service;
let door: Service;
beforeAll(async () => {
  shop = await startService();
  // The replica that takes the callbacks is another than the one that creates the payments.
  door = await startService({ databaseUrl: shop.databaseUrl });
});
afterAll(async () => {
  await door.close();
  await shop.close();
});

const ROUNDS = 1_000;
const AT_ONCE = 10;

test('created and called back at the same instant, a thousand times: each payment settles, and no callback is left unmatched', async () => {
  const numbers = Array.from({ length: ROUNDS }, () => unique('P'));
  await shop.sql(
    `INSERT INTO orders (number, total, currency, status) SELECT number, 100, 'CNY', 'pending' FROM unnest($1::text[]) AS asked (number)`,
    [numbers],
  );
  const created: string[] = [];
  const left = [...numbers];
  const oneAfterAnother = async () => {
    for (let paymentNumber = left.pop(); paymentNumber; paymentNumber = left.pop()) {
      const create = () =>
        shop.admin<{ status: string }>('POST', `/orders/${paymentNumber}/payments`, {
          gateway: 'standard-webhooks',
          paymentNumber,
        });
      // The creation is the longer way, so that half of the callbacks get a start of up to a few milliseconds.
      const start = left.length % 2 === 0 ? 0 : Math.random() * 10;
      const [{ body }] = await Promise.all([
        rest(start).then(create),
        door.deliver('standard-webhooks', { paymentNumber }),
      ]);
      created.push(body.status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterAnother));
  const outcomes = () =>
    shop.sql<{ outcome: string; count: number }>(
      'SELECT outcome, count(*)::int FROM callbacks WHERE payment_number = ANY($1) GROUP BY outcome',
      [numbers],
    );
  // A callback that met the creation itself may be pending still, and the inbox worker settles it.
  await until(async () => (await outcomes()).every(({ outcome }) => outcome !== 'pending'));
  expect(await outcomes()).toEqual([{ outcome: 'settled', count: ROUNDS }]);
  const paid = await shop.sql(
    `SELECT FROM payments JOIN orders ON orders.number = order_number
      WHERE payments.number = ANY($1) AND payments.status = 'succeeded' AND orders.status = 'paid'`,
    [numbers],
  );
  expect(paid).toHaveLength(ROUNDS);
  expect(await shop.sql(`SELECT FROM discrepancies WHERE status = 'open'`)).toEqual([]);
  // What had been unmatched settled in the very transaction that created its payment, and nothing is the work of the net.
  const later = await shop.sql(
    `SELECT FROM events AS waited JOIN events AS created USING (payment_number) JOIN events AS settled USING (payment_number)
      WHERE waited.type = 'callback.unmatched' AND created.type = 'payment.created' AND settled.type = 'payment.succeeded'
        AND settled.tx <> created.tx`,
  );
  expect(later).toEqual([]);
  // Both were first at times, else this was no race.
  expect(new Set(created)).toEqual(new Set(['init', 'succeeded']));
}, 120_000);

test('a copy of the waiting callback that comes while its payment is created holds up neither, and nothing is left unmatched', async () => {
  for (let round = 0; round < 50; round += 1) {
    const [orderNumber, paymentNumber] = [unique('O'), unique('P')];
    await shop.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
    const signed = door.sign('alipay', { paymentNumber });
    await door.sendRaw(signed);
    const [{ status, body }, copy] = await Promise.all([
      shop.admin<{ status: string }>('POST', `/orders/${orderNumber}/payments`, {
        gateway: 'alipay',
        paymentNumber,
      }),
      door.sendRaw(signed),
    ]);
    expect([status, body.status, copy.body]).toEqual([201, 'succeeded', 'success']);
  }
  expect(await shop.sql(`SELECT FROM callbacks WHERE outcome <> 'settled'`)).toEqual([]);
});

test('the answer to the creation shows the payment settled, with all that happened in its log', async () => {
  const [orderNumber, paymentNumber, transactionId] = [unique('O'), unique('P'), unique('T')];
  await door.deliver('wechat-pay', { paymentNumber, transactionId });
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
