import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';
import { HttpReceiver } from '../../chaos/http-receiver.js';
import { build, start, type Build, type Running } from '../../chaos/built-service.js';
import { fire, shots } from './load.js';

let built: Build;
let database: FreshDatabase;
let client: Client;
let receiver: HttpReceiver;
let service: Running;
beforeAll(async () => {
  [built, database] = await Promise.all([build(), databaseOfItsOwnServer()]);
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

const launch = (): Promise<Running> => start(built, database.url, { WEBHOOK_ALLOW_PRIVATE_TARGETS: 'true' });

async function undone(): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'SELECT count(*)::int FROM deliveries WHERE next_attempt_at IS NOT NULL',
  );
  return rows[0]!.count;
}

/** So many further webhooks; wherever the process is then in what it does, there it is killed. */
const furtherWebhooks = (count: number): Promise<void> => {
  const enough = receiver.had.length + count;
  return receiver.until((had) => had.length >= enough, 30_000);
};

test('kill -9 of the relay, again and again: every event is delivered, none is skipped, and each order keeps its order', async () => {
  service = await launch();
  const added = await fetch(`${service.url}/admin/v1/webhook-endpoints`, {
    method: 'POST',
    headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver.url }),
  });
  expect(added.status).toBe(201);
  // Everything gathers first, so that there is enough to be killed at.
  await client.query(
    `UPDATE subscribers SET status = 'paused', paused_because = 'the test', paused_at = now()`,
  );
  const all = await shots(database.url, 1_500);
  const answers = await fire(service.url, [...all]);
  expect(new Set(answers.values())).toEqual(new Set([200]));

  await client.query(`UPDATE subscribers SET status = 'active', paused_because = NULL, paused_at = NULL`);
  for (let crash = 0; crash < 4; crash += 1) {
    await furtherWebhooks(50 + Math.floor(Math.random() * 200));
    await service.end('SIGKILL');
    // What it had leased is anybody's after half a minute, which this test does not wait for.
    await client.query(`UPDATE deliveries SET next_attempt_at = now() WHERE status = 'sending'`);
    service = await launch();
  }
  while (receiver.had.length < 3_000 || (await undone()) > 0)
    await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await service.end('SIGTERM')).toBe(0);

  const firstTold = new Map<string, string[]>();
  for (const { body } of receiver.had) {
    const told = firstTold.get(body.data.orderNumber as string) ?? [];
    if (!told.includes(body.type)) told.push(body.type);
    firstTold.set(body.data.orderNumber as string, told);
  }
  expect(firstTold.size).toBe(all.length);
  const wrong = [...firstTold.values()].filter((told) => told.join() !== 'payment.succeeded,order.paid');
  expect(wrong).toEqual([]);
  const ids = new Set(receiver.had.map(({ headers }) => headers['webhook-id']));
  expect(ids.size).toBe(3_000);
  // Sent twice is only what was under way at a crash, or answered and not yet written down.
  expect(receiver.had.length - ids.size).toBeLessThanOrEqual(4 * 100);
}, 120_000);
