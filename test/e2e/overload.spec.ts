import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { GATEWAYS, startService, unique, type Answered, type Service } from './service.js';

/** One is at work, 512 wait for it, and the rest is more than there is room for. */
const CROWD = 600;

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

const WORDS = {
  stripe: ['503 1 application/json', '{"error":"not stored, please send again"}'],
  'wechat-pay': ['503 1 application/json', '{"code":"FAIL","message":"not stored, please send again"}'],
  alipay: ['503 1 text/plain', 'fail'],
  'standard-webhooks': ['503 1 application/json', '{"error":"not stored, please send again"}'],
};

function wordsOf({ status, body, headers }: Answered): string[] {
  return [`${status} ${headers.get('retry-after')} ${headers.get('content-type')?.split(';')[0]}`, body];
}

test('what comes beyond the room for waiting is turned away at once in its gateway’s words, and the rest settles once', async () => {
  const { paymentNumber, orderNumber } = await service.given('stripe');
  const transactionId = unique('T');
  await stranger.query('BEGIN');
  await stranger.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
  let refusal: (answered: Answered) => void;
  const refused = new Promise<Answered>((resolve) => (refusal = resolve));
  const crowd = Array.from({ length: CROWD }, async () => {
    const answered = await service.deliver('stripe', { paymentNumber, transactionId });
    if (answered.status === 503) refusal(answered);
    return answered;
  });
  expect(wordsOf(await refused)).toEqual(WORDS.stripe);
  const turnedAway = await Promise.all(
    GATEWAYS.map(async (gateway) => [
      gateway,
      wordsOf(await service.deliver(gateway, { paymentNumber: 'P1' })),
    ]),
  );
  expect(Object.fromEntries(turnedAway)).toEqual(WORDS);
  // What is no callback has room, and a path that is no gateway's is not mistaken for one.
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${service.url}/callbacks/nobody`, { method: 'POST' })).status).toBe(404);
  await stranger.query('COMMIT');

  const stored = (await Promise.all(crowd)).filter(({ status }) => status === 200).length;
  expect(stored).toBeGreaterThan(0);
  const paid = () =>
    service.sql(`SELECT FROM events WHERE type = 'order.paid' AND order_number = $1`, [orderNumber]);
  // Where the lock was held for too long a worker settles it: soon, or when a lease of thirty seconds is over that it could not shorten.
  while ((await paid()).length === 0) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(await paid()).toHaveLength(1);
  const [inbox] = await service.sql<{ count: string }>(
    'SELECT count(*) FROM callbacks WHERE payment_number = $1',
    [paymentNumber],
  );
  expect(Number(inbox!.count)).toBe(stored);
}, 90_000);
