import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';
import { type Service, startService, type TestCallback, unique } from './service.js';
import { waitUntil } from './wait-until.js';

// Tests that run at the same time share the machine, and each of them waits for the others.
jest.setTimeout(90_000);

/** A commit waits for a synchronous standby. While there is none, nothing may be acknowledged, because a failover would lose it. */

let database: FreshDatabase;
let admin: Client;
let service: Service;
/** What a gateway delivers again and again, until it is acknowledged. */
let callback: TestCallback & { readonly eventId: string };
beforeAll(async () => {
  database = await databaseOfItsOwnServer();
  admin = new Client({ connectionString: database.url });
  await admin.connect();
  service = await startService({ databaseUrl: database.url });
  const { paymentNumber } = await service.openPayment('stripe');
  callback = { paymentNumber, eventId: unique('E'), transactionId: unique('T'), at: new Date() };
  await requireStandby('absent');
});
afterAll(async () => {
  await service.close();
  await admin.end();
  await database.drop();
});

async function requireStandby(name: string): Promise<void> {
  await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
  await admin.query('SELECT pg_reload_conf()');
  await waitUntil(async () => {
    const { rows } = await admin.query(`SELECT current_setting('synchronous_standby_names') AS name`);
    return rows[0].name === name;
  });
}

const ready = async () => (await fetch(`${service.url}/health/ready`)).status;

// These two wait for different deadlines, so they wait at the same time.

test.concurrent(
  'without its standby no callback is acknowledged, neither the first time nor as a copy',
  async () => {
    expect(await service.deliver('stripe', callback)).toMatchObject({ status: 503 });
    // The wait of the first commit is cancelled. Then its row is visible, and still on no standby.
    await waitUntil(async () => {
      const { rowCount } = await admin.query('SELECT FROM callbacks WHERE event_id = $1', [callback.eventId]);
      return rowCount === 1;
    });
    const copies = [1, 2, 3].map(() => service.deliver('stripe', callback));
    for (const { status } of await Promise.all(copies)) expect(status).toBe(503);
    expect(await ready()).toBe(503);
  },
  60_000,
);

test.concurrent(
  'without its standby no admin write is confirmed',
  async () => {
    const order = { orderNumber: unique('O'), total: { amount: '100.00', currency: 'CNY' } };
    const { status } = await service.admin('POST', '/orders', order);
    expect(status).toBe(503);
  },
  60_000,
);

test('what was given up does not wait on: each attempt would take a connection of the server', async () => {
  const waiting = async () => {
    const { rows } = await admin.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
    return rows.length;
  };
  await waitUntil(async () => (await waiting()) <= 2);
  expect(await waiting()).toBeLessThanOrEqual(2);
});

test('with its standby the service is ready again, and the callback is acknowledged', async () => {
  await requireStandby('');
  await waitUntil(async () => (await ready()) === 200);
  expect(await service.deliver('stripe', callback)).toMatchObject({ status: 200 });
  const { rows } = await admin.query(`SELECT outcome FROM callbacks WHERE event_id = $1`, [callback.eventId]);
  expect(rows).toHaveLength(1);
}, 60_000);
