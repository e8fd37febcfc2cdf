import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

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
afterEach(() => otherSession.query('ROLLBACK'));

async function lockOrder(orderNumber: string): Promise<void> {
  await otherSession.query('BEGIN');
  await otherSession.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [orderNumber]);
}

const orderWaitsForLock = () =>
  waitUntil(async () => {
    const [waiting] = await service.sql<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
    );
    return waiting!.count > 0;
  });

const cancel = (orderNumber: string) =>
  service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });

const placeOrder = () =>
  service.admin('POST', '/orders', { orderNumber: unique('O'), total: { amount: '1.00', currency: 'CNY' } });

/** A cancelling whose client can leave. */
function cancelAs(client: AbortController, orderNumber: string): Promise<unknown> {
  return fetch(`${service.url}/admin/v1/orders/${orderNumber}/transitions`, {
    method: 'POST',
    headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json' },
    body: JSON.stringify({ to: 'cancelled' }),
    signal: client.signal,
  }).catch((error: unknown) => error);
}

const statusOf = async (orderNumber: string) =>
  (await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status;

describe('admin writes', () => {
  test('for an order whose row another transaction has locked do not hold back the writes for other orders', async () => {
    const { orderNumber } = await service.openPayment('stripe');
    await lockOrder(orderNumber);
    const hot = Array.from({ length: 30 }, () => cancel(orderNumber));
    await orderWaitsForLock();
    const elapsed = stopwatch();
    const placed = await Promise.all(Array.from({ length: 10 }, placeOrder));
    expect(elapsed()).toBeLessThan(1_000);
    expect(new Set(placed.map(({ status }) => status))).toEqual(new Set([201]));

    await otherSession.query('ROLLBACK');
    const answers = await Promise.all(hot);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await statusOf(orderNumber)).toBe('cancelled');
  });

  test('for a payment, a callback and a case wait for the write of their order that is running', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment('stripe');
    await service.deliver('stripe', { paymentNumber, amount: '1.00' });
    const [row] = await service.sql<{ callbackId: string; discrepancyId: string }>(
      `SELECT callback_id AS "callbackId", id AS "discrepancyId" FROM discrepancies WHERE payment_number = $1`,
      [paymentNumber],
    );
    await lockOrder(orderNumber);
    const answered: string[] = [];
    const write = async (route: string, body?: object): Promise<number> => {
      const { status } = await service.admin('POST', route, body);
      answered.push(route);
      return status;
    };
    const first = write(`/orders/${orderNumber}/payments`, { gateway: 'stripe' });
    await orderWaitsForLock();
    const others = [
      write(`/payments/${paymentNumber}/transitions`, { to: 'processing' }),
      write(`/callbacks/${row!.callbackId}/replay`),
      write(`/discrepancies/${row!.discrepancyId}/notes`, { note: 'looked at' }),
    ];
    // Writes for other orders, sent later, are answered before them.
    for (const _ of [1, 2, 3]) expect((await placeOrder()).status).toBe(201);
    expect(answered).toEqual([]);
    await otherSession.query('ROLLBACK');
    expect(await first).toBe(201);
    expect(await Promise.all(others)).toEqual([200, 200, 201]);
  });

  test('whose client leaves while they wait for their turn are never carried out', async () => {
    const { orderNumber } = await service.openPayment('stripe');
    await lockOrder(orderNumber);
    const client = new AbortController();
    const first = service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'stripe' });
    await orderWaitsForLock();
    const left = cancelAs(client, orderNumber);
    // A probe that is answered shows that the service has received the request before it.
    await fetch(`${service.url}/health/ready`);
    client.abort();
    await left;
    await fetch(`${service.url}/health/ready`);
    await otherSession.query('ROLLBACK');
    expect((await first).status).toBe(201);
    // This write comes after the one that was left, so that one is over.
    expect(
      (await service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'stripe' })).status,
    ).toBe(201);
    expect(await statusOf(orderNumber)).toBe('pending');
  });

  test('whose client leaves while they wait for a locked row are rolled back', async () => {
    const { orderNumber } = await service.openPayment('stripe');
    await lockOrder(orderNumber);
    const client = new AbortController();
    const left = cancelAs(client, orderNumber);
    await orderWaitsForLock();
    client.abort();
    await left;
    await fetch(`${service.url}/health/ready`);
    await otherSession.query('ROLLBACK');
    expect(
      (await service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'stripe' })).status,
    ).toBe(201);
    expect(await statusOf(orderNumber)).toBe('pending');
  });
});
