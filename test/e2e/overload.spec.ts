import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { GATEWAYS, type HttpReply, type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

/** One callback is being settled, 512 fit into the queue, and the others are too many. */
const CALLBACKS = 600;

let service: Service;
let otherSession: Client;
beforeAll(async () => {
  service = await startService();
  otherSession = new Client({ connectionString: service.databaseUrl });
  await otherSession.connect();
});
afterAll(async () => {
  await otherSession.end();
  await service.close();
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

test("callbacks beyond the queue's limit are refused at once in their gateway's format, and the others settle once", async () => {
  const { paymentNumber, orderNumber } = await service.openPayment('stripe');
  const transactionId = unique('T');
  await otherSession.query('BEGIN');
  await otherSession.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
  let onRefused: (reply: HttpReply) => void;
  const firstRefused = new Promise<HttpReply>((resolve) => (onRefused = resolve));
  const sent = Array.from({ length: CALLBACKS }, async () => {
    const reply = await service.deliver('stripe', { paymentNumber, transactionId });
    if (reply.status === 503) onRefused(reply);
    return reply;
  });
  expect(replyParts(await firstRefused)).toEqual(REPLIES.stripe);
  const refused = await Promise.all(
    GATEWAYS.map(async (gateway) => [
      gateway,
      replyParts(await service.deliver(gateway, { paymentNumber: 'P1' })),
    ]),
  );
  expect(Object.fromEntries(refused)).toEqual(REPLIES);
  // Other requests are served, and an unknown gateway is still answered 404.
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${service.url}/callbacks/nobody`, { method: 'POST' })).status).toBe(404);
  await otherSession.query('COMMIT');

  const stored = (await Promise.all(sent)).filter(({ status }) => status === 200).length;
  expect(stored).toBeGreaterThan(0);
  const paid = () =>
    service.sql(`SELECT FROM events WHERE type = 'order.paid' AND order_number = $1`, [orderNumber]);
  // If the lock took too long, a worker settles the payment: soon, or when a lease of thirty seconds has ended.
  await waitUntil(async () => (await paid()).length > 0);
  expect(await paid()).toHaveLength(1);
  const [inbox] = await service.sql<{ count: string }>(
    'SELECT count(*) FROM callbacks WHERE payment_number = $1',
    [paymentNumber],
  );
  expect(Number(inbox!.count)).toBe(stored);
}, 90_000);
