import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { DeliveryView, EndpointView } from '../../src/application/outbox.js';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';
import { HttpReceiver } from '../../chaos/http-receiver.js';
import { stopwatch } from '../stopwatch.js';
import { startService, type Service } from './service.js';

/** Two replicas on one database, and a shop's receiver. */
let replicas: Service[];
let database: FreshDatabase;
let receiver: HttpReceiver;
let endpoint: EndpointView & { secret: string };
beforeAll(async () => {
  database = await databaseOfItsOwnServer();
  const databaseUrl = database.url;
  replicas = [await startService({ databaseUrl }), await startService({ databaseUrl })];
});
afterAll(async () => {
  await replicas[1]!.close();
  await replicas[0]!.close();
  await database.drop();
});

beforeEach(async () => {
  receiver = await new HttpReceiver().open();
  endpoint = await added(receiver.url);
});
afterEach(async () => {
  await replicas[0]!.admin('DELETE', `/webhook-endpoints/${endpoint.id}`);
  await receiver.close();
});

async function added(url: string, events?: readonly string[]): Promise<typeof endpoint> {
  const { status, body } = await replicas[0]!.admin<typeof endpoint>('POST', '/webhook-endpoints', {
    url,
    events,
  });
  expect(status).toBe(201);
  return body;
}

/** An order that a genuine callback has paid. */
async function paidOrder(at = 0): Promise<string> {
  const service = replicas[at % 2]!;
  const { orderNumber, paymentNumber } = await service.given('standard-webhooks');
  const { status } = await service.deliver('standard-webhooks', { paymentNumber });
  expect(status).toBe(200);
  return orderNumber;
}

const move = (orderNumber: string, to: string) =>
  replicas[1]!.admin('POST', `/orders/${orderNumber}/transitions`, { to });
const deliveries = async (id = endpoint.id) =>
  (await replicas[1]!.admin<{ items: DeliveryView[] }>('GET', `/webhook-endpoints/${id}/deliveries`)).body
    .items;
const shown = async () =>
  (await replicas[1]!.admin<EndpointView>('GET', `/webhook-endpoints/${endpoint.id}`)).body;

/** Asks again until it is so; for what nobody announces. */
async function until(isSo: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it did not come to be so');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('webhooks, by two replicas', () => {
  test('a paid order is told within two seconds, once by each event, signed so that the library verifies it', async () => {
    const orderNumber = await paidOrder();
    const elapsed = stopwatch();
    await receiver.until((had) => had.length >= 1);
    expect(elapsed()).toBeLessThan(2_000);
    await receiver.until((had) => had.length >= 2);
    expect(receiver.typesOf(orderNumber)).toEqual(['payment.succeeded', 'order.paid']);
    const { text, headers } = receiver.had[1]!;
    const verified = new Webhook(endpoint.secret).verify(text, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: 'order.paid',
      timestamp: expect.stringMatching(/Z$/),
      data: { orderNumber, from: 'pending', to: 'paid', move: 'pay' },
    });
    await until(async () => (await deliveries()).every(({ status }) => status === 'delivered'));
    expect((await deliveries()).map(({ type, attempts }) => [type, attempts])).toEqual([
      ['order.paid', 1],
      ['payment.succeeded', 1],
    ]);
  });

  test('a hundred orders that move at both replicas are told once each, and each in its order', async () => {
    const numbers = await Promise.all(Array.from({ length: 100 }, (_, index) => paidOrder(index)));
    await Promise.all(numbers.map((number) => move(number, 'shipped').then(() => move(number, 'completed'))));
    await receiver.until((had) => had.length >= 400, 25_000);
    for (const number of numbers)
      expect(receiver.typesOf(number)).toEqual([
        'payment.succeeded',
        'order.paid',
        'order.shipped',
        'order.completed',
      ]);
    expect(new Set(receiver.had.map(({ headers }) => headers['webhook-id'])).size).toBe(400);
  });

  test('a failed event is sent again after five seconds, under its id, and only its own order waits for it', async () => {
    let isDown = true;
    const answered: number[] = [];
    receiver.answer = ({ body, at }, response) => {
      const fails = isDown && body.data.orderNumber === failing;
      if (body.data.orderNumber === failing) answered.push(at);
      response.writeHead(fails ? 500 : 200).end();
    };
    const failing = await paidOrder();
    await receiver.until(() => answered.length > 0);
    const other = await paidOrder(1);
    await receiver.until(() => receiver.typesOf(other).length === 2, 4_000);
    expect(receiver.typesOf(failing)).toEqual(['payment.succeeded']);
    isDown = false;
    await receiver.until(() => receiver.typesOf(failing).length === 3);
    expect(receiver.typesOf(failing)).toEqual(['payment.succeeded', 'payment.succeeded', 'order.paid']);
    const wait = answered[1]! - answered[0]!;
    expect(wait).toBeGreaterThanOrEqual(4_900);
    // The second wait would be ten seconds.
    expect(wait).toBeLessThan(9_900);
    const ids = receiver.had
      .filter(({ body }) => body.data.orderNumber === failing)
      .map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
  });

  test('a receiver that never answers holds up its own order, and other orders go on', async () => {
    receiver.answer = ({ body }, response) => {
      if (body.data.orderNumber !== hanging) response.end();
    };
    const hanging = await paidOrder();
    await receiver.until(() => receiver.typesOf(hanging).length === 1);
    const elapsed = stopwatch();
    const other = await paidOrder(1);
    await receiver.until(() => receiver.typesOf(other).length === 2);
    expect(elapsed()).toBeLessThan(3_000);
    await until(async () =>
      (await deliveries()).some(({ lastError }) => lastError === 'no answer within 5 s'),
    );
  });

  test('an endpoint that says 410 is paused, gathers what happens, and gets all of it when it is resumed', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    const numbers = [await paidOrder()];
    await until(async () => (await shown()).status === 'paused');
    expect(await shown()).toMatchObject({ pausedBecause: 'it answered 410 Gone', failures: 1 });
    const metrics = await (await fetch(`${replicas[0]!.url}/metrics`)).text();
    expect(metrics).toContain(`quittance_subscriber_paused{subscriber="${endpoint.id}"} 1`);
    expect(metrics).toMatch(new RegExp(`quittance_relay_lag_seconds\\{subscriber="${endpoint.id}"\\} \\d`));
    numbers.push(await paidOrder(1));
    await move(numbers[0]!, 'shipped');
    await until(async () => (await deliveries()).length === 5);
    const had = receiver.had.length;
    receiver.answer = (_, response) => void response.end();
    const resumed = await replicas[1]!.admin<EndpointView>(
      'POST',
      `/webhook-endpoints/${endpoint.id}/resume`,
    );
    expect(resumed).toMatchObject({
      status: 200,
      body: { status: 'active', failures: 0, pausedBecause: null },
    });
    await receiver.until((all) => all.length >= had + 5);
    expect(receiver.typesOf(numbers[0]!).slice(-3)).toEqual([
      'payment.succeeded',
      'order.paid',
      'order.shipped',
    ]);
    expect(receiver.typesOf(numbers[1]!)).toEqual(['payment.succeeded', 'order.paid']);
  });

  test('after a change of secret both verify, and the new one is shown once', async () => {
    const { status, body } = await replicas[1]!.admin<typeof endpoint>(
      'POST',
      `/webhook-endpoints/${endpoint.id}/secret`,
    );
    expect(status).toBe(200);
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body.secret).not.toBe(endpoint.secret);
    expect(Date.parse(String(body.oldSecretUntil)) - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
    await paidOrder();
    await receiver.until((had) => had.length >= 2);
    const { text, headers } = receiver.had[0]!;
    for (const secret of [body.secret, endpoint.secret])
      expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toBeTruthy();
    const list = await replicas[0]!.admin<object>('GET', '/webhook-endpoints');
    expect(JSON.stringify([list.body, await shown(), await deliveries()])).not.toContain('whsec_');
  });

  test('a delivered event is sent again when an operator asks for it', async () => {
    await paidOrder();
    await receiver.until((had) => had.length >= 2);
    await until(async () => (await deliveries()).every(({ status }) => status === 'delivered'));
    const [{ eventId } = { eventId: '' }] = await deliveries();
    const route = `/webhook-endpoints/${endpoint.id}/deliveries/${eventId}/redeliver`;
    const again = await replicas[1]!.admin<DeliveryView>('POST', route);
    expect(again).toMatchObject({ status: 200, body: { eventId, status: 'waiting', attempts: 1 } });
    await receiver.until((had) => had.length >= 3);
    expect(receiver.had[2]!.headers['webhook-id']).toBe(eventId);
  });

  test('a claim whose process is gone is taken over when its lease has ended', async () => {
    const { orderNumber, paymentNumber } = await replicas[0]!.given('standard-webhooks');
    await receiver.close();
    await replicas[0]!.deliver('standard-webhooks', { paymentNumber });
    await until(async () => (await deliveries()).some(({ attempts }) => attempts > 0));
    // As a process leaves it that was killed between its claim and its note of what came of it, 29 seconds ago.
    await replicas[0]!.sql(
      `UPDATE deliveries SET status = 'sending', next_attempt_at = now() + interval '1 second' WHERE subscriber_id = $1 AND attempts > 0`,
      [endpoint.id],
    );
    const again = await new HttpReceiver().open();
    await replicas[0]!.sql('UPDATE subscribers SET url = $1 WHERE id = $2', [again.url, endpoint.id]);
    await again.until((had) => had.length >= 2);
    expect(again.typesOf(orderNumber)).toEqual(['payment.succeeded', 'order.paid']);
    await again.close();
    receiver = await new HttpReceiver().open();
  });
});
