import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { GATEWAYS, type HttpReply, type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

/** One callback is being settled, 512 fit into the queue, and the others are too many. */
const CALLBACKS = 600;

let service: Service;
let database: FreshDatabase;
let proxy: TcpProxy;
beforeAll(async () => {
  database = await freshDatabase();
  const proxied = await TcpProxy.before(database.url);
  proxy = proxied.proxy;
  service = await startService({ databaseUrl: proxied.url });
});
afterAll(async () => {
  await service.close();
  await proxy.close();
  await database.drop();
});

const REPLIES = {
  stripe: ['503 1 application/json', '{"error":"not stored, please send again"}'],
  'wechat-pay': ['503 1 application/json', '{"code":"FAIL","message":"not stored, please send again"}'],
  alipay: ['503 1 text/plain', 'fail'],
  'standard-webhooks': ['503 1 application/json', '{"error":"not stored, please send again"}'],
};

function replyParts({ status, body, headers }: HttpReply): string[] {
  return [`${status} ${headers.get('retry-after')} ${headers.get('content-type')?.split(';')[0]}`, body];
}

test("callbacks beyond the queue's limit are refused at once in their gateway's format, and all settle once when those are sent again", async () => {
  const { paymentNumber, orderNumber } = await service.openPayment('stripe');
  const transactionId = unique('T');
  const callbacks = Array.from({ length: CALLBACKS }, () =>
    service.sign('stripe', { paymentNumber, transactionId }),
  );
  const countStored = async (): Promise<number> =>
    (await service.sql('SELECT FROM callbacks WHERE payment_number = $1', [paymentNumber])).length;
  // Nothing can be settled until the proxy passes data again, so the queue fills and stays full.
  proxy.stall();
  const replies = callbacks.map((callback) => service.sendRaw(callback));
  expect(replyParts(await firstRefused(replies))).toEqual(REPLIES.stripe);
  const refusals = GATEWAYS.map(async (gateway) => {
    const reply = await service.deliver(gateway, { paymentNumber: 'P1' });
    return [gateway, replyParts(reply)] as const;
  });
  expect(Object.fromEntries(await Promise.all(refusals))).toEqual(REPLIES);
  // Other requests are served, and an unknown gateway is still answered 404.
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${service.url}/callbacks/nobody`, { method: 'POST' })).status).toBe(404);
  proxy.resume();

  const statuses = (await Promise.all(replies)).map(({ status }) => status);
  // The refused callback for P1 is counted, too.
  const refusedAtOnce = (await countOverloaded()) - 1;
  expect(refusedAtOnce).toBeGreaterThan(0);
  expect(await countStored()).toBeGreaterThanOrEqual(statuses.filter((status) => status === 200).length);
  expect(await countStored()).toBeLessThanOrEqual(CALLBACKS - refusedAtOnce);

  for (const refused of callbacks.filter((_callback, index) => statuses[index] === 503))
    await waitUntil(async () => (await service.sendRaw(refused)).status === 200);
  expect(await countStored()).toBe(CALLBACKS);
  const paid = () =>
    service.sql(`SELECT FROM events WHERE type = 'order.paid' AND order_number = $1`, [orderNumber]);
  // If settling took too long, a worker settles the payment: soon, or when a lease of thirty seconds has ended.
  await waitUntil(async () => (await paid()).length > 0);
  expect(await paid()).toHaveLength(1);
}, 90_000);

function firstRefused(replies: readonly Promise<HttpReply>[]): Promise<HttpReply> {
  const refused = replies.map(async (reply) => {
    if ((await reply).status !== 503) throw new Error('the callback was not refused');
    return reply;
  });
  return Promise.any(refused);
}

async function countOverloaded(): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const count = /quittance_callbacks_total\{gateway="stripe",outcome="overloaded"\} (\d+)/.exec(metrics);
  return Number(count![1]);
}
