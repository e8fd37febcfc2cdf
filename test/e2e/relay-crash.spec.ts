import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Build, type RunningService, start } from '../../tools/chaos/built-service.js';
import { HttpReceiver } from '../../tools/chaos/http-receiver.js';
import { type FreshDatabase, databaseOfItsOwnServer } from '../database.js';
import { buildOfRun } from './build-of-run.js';
import { sendAll, prepareCallbacks } from './load.js';

let built: Build;
let database: FreshDatabase;
let client: Client;
let receiver: HttpReceiver;
let service: RunningService;
beforeAll(async () => {
  [built, database] = await Promise.all([buildOfRun(), databaseOfItsOwnServer()]);
  client = new Client({ connectionString: database.url });
  await client.connect();
  receiver = await new HttpReceiver().open();
}, 60_000);
afterAll(async () => {
  if (service.child.exitCode === null && service.child.signalCode === null) await service.end('SIGKILL');
  await receiver.close();
  await client.end();
  await database.drop();
  built.remove();
});

const launch = (): Promise<RunningService> =>
  start(built, database.url, { WEBHOOK_ALLOW_PRIVATE_TARGETS: 'true' });

async function countUndelivered(): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int FROM deliveries WHERE next_attempt_at IS NOT NULL',
  );
  return rows[0]!.count;
}

/** Waits for this many further webhooks. The process is at a random point of its work then. */
const waitForFurtherWebhooks = (count: number): Promise<void> => {
  const enough = receiver.requests.length + count;
  return receiver.until((had) => had.length >= enough, 30_000);
};

test('kill -9 of the relay, four times: every event is delivered, and the events of each order come in order', async () => {
  service = await launch();
  const added = await fetch(`${service.url}/admin/v1/webhook-endpoints`, {
    method: 'POST',
    headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  });
  expect(added.status).toBe(201);
  // While the endpoint is paused, events collect, so that the relay has enough work for four crashes.
  await client.query(
    `UPDATE subscribers SET status = 'paused', paused_because = 'the test', paused_at = now()`,
  );
  const all = await prepareCallbacks(database.url, 1_500);
  const answers = await sendAll(service.url, [...all]);
  expect(new Set(answers.values())).toEqual(new Set([200]));

  await client.query(`UPDATE subscribers SET status = 'active', paused_because = NULL, paused_at = NULL`);
  for (let crash = 0; crash < 4; crash += 1) {
    await waitForFurtherWebhooks(50 + Math.floor(Math.random() * 200));
    await service.end('SIGKILL');
    // Its leases would end after half a minute. The test does not wait for that.
    await client.query(`UPDATE deliveries SET next_attempt_at = now() WHERE status = 'sending'`);
    service = await launch();
  }
  while (receiver.requests.length < 3_000 || (await countUndelivered()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await service.end('SIGTERM')).toBe(0);

  const firstDeliveries = new Map<string, string[]>();
  for (const { body } of receiver.requests) {
    const types = firstDeliveries.get(body.data.orderNumber as string) ?? [];
    if (!types.includes(body.type)) types.push(body.type);
    firstDeliveries.set(body.data.orderNumber as string, types);
  }
  expect(firstDeliveries.size).toBe(all.length);
  const wrong = [...firstDeliveries.values()].filter(
    (types) => types.join() !== 'payment.succeeded,order.paid',
  );
  expect(wrong).toEqual([]);
  const ids = new Set(receiver.requests.map(({ headers }) => headers['webhook-id']));
  expect(ids.size).toBe(3_000);
  // Only deliveries that were in flight at a crash, or whose result was not yet stored, are sent twice.
  expect(receiver.requests.length - ids.size).toBeLessThanOrEqual(4 * 100);
}, 120_000);
