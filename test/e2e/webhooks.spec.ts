import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { DeliveryView, EndpointView } from '../../src/application/events/delivery-queries.js';
import type { TestAttempt } from '../../src/application/events/test-endpoint.js';
import { Semaphore } from '../../src/application/semaphore.js';
import { HttpReceiver } from '../../tools/chaos/http-receiver.js';
import { type FreshDatabase, databaseOfItsOwnServer } from '../database.js';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

/** Two replicas on one database, and a shop's webhook receiver. */
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
  endpoint = await addEndpoint(receiver.url);
});
afterEach(async () => {
  await replicas[0]!.admin('DELETE', `/webhook-endpoints/${endpoint.id}`);
  await receiver.close();
});

async function addEndpoint(url: string, events?: readonly string[]): Promise<typeof endpoint> {
  const { status, body } = await replicas[0]!.admin<typeof endpoint>('POST', '/webhook-endpoints', {
    url,
    events,
  });
  expect(status).toBe(201);
  return body;
}

/** Places an order and pays it by a callback, at one of the replicas. */
async function createPaidOrder(replica = 0, number = unique('O')): Promise<string> {
  const service = replicas[replica % 2]!;
  const { orderNumber, paymentNumber } = await service.openPayment('standard-webhooks', {
    orderNumber: number,
  });
  const { status } = await service.deliver('standard-webhooks', { paymentNumber });
  expect(status).toBe(200);
  return orderNumber;
}

/** The service refuses writes when too many wait. */
const moving = new Semaphore({ running: 32, waiting: 1_000, waitMs: 60_000 }, (why) => new Error(why));
const move = (orderNumber: string, to: string) =>
  moving.run(() => replicas[1]!.admin('POST', `/orders/${orderNumber}/transitions`, { to }));
const deliveries = async (id = endpoint.id) =>
  (await replicas[1]!.admin<{ items: DeliveryView[] }>('GET', `/webhook-endpoints/${id}/deliveries`)).body
    .items;
const showEndpoint = async () =>
  (await replicas[1]!.admin<EndpointView>('GET', `/webhook-endpoints/${endpoint.id}`)).body;

describe('webhooks of two replicas', () => {
  test('a paid order is reported within two seconds, each event once, with a signature that the standardwebhooks library verifies', async () => {
    const orderNumber = await createPaidOrder();
    const elapsed = stopwatch();
    await receiver.until((requests) => requests.length >= 1);
    expect(elapsed()).toBeLessThan(2_000);
    await receiver.until((requests) => requests.length >= 2);
    expect(receiver.typesOf(orderNumber)).toEqual(['payment.succeeded', 'order.paid']);
    const { text, headers } = receiver.requests[1]!;
    const verified = new Webhook(endpoint.secret).verify(text, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: 'order.paid',
      timestamp: expect.stringMatching(/Z$/),
      data: {
        orderNumber,
        to: 'paid',
        amount: { amount: '100.00', currency: 'CNY' },
        gateway: 'standard-webhooks',
      },
    });
    await waitUntil(async () => (await deliveries()).every(({ status }) => status === 'delivered'));
    expect((await deliveries()).map(({ type, attempts }) => [type, attempts])).toEqual([
      ['order.paid', 1],
      ['payment.succeeded', 1],
    ]);
  });

  test('a hundred orders that change at both replicas: each event is sent once, and the events of each order in their order', async () => {
    const numbers = await Promise.all(Array.from({ length: 100 }, (_, index) => createPaidOrder(index)));
    await Promise.all(numbers.map((number) => move(number, 'shipped').then(() => move(number, 'completed'))));
    await receiver.until((requests) => requests.length >= 400, 25_000);
    for (const number of numbers)
      expect(receiver.typesOf(number)).toEqual([
        'payment.succeeded',
        'order.paid',
        'order.shipped',
        'order.completed',
      ]);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(400);
  });

  test('a failed event is sent again after five seconds with the same id, and only the later events of its order wait for it', async () => {
    const failing = unique('O');
    let isDown = true;
    const receivedAt: number[] = [];
    receiver.answer = ({ body, at }, response) => {
      const isFailing = body.data.orderNumber === failing;
      if (isFailing) receivedAt.push(at);
      response.writeHead(isFailing && isDown ? 500 : 200).end();
    };
    await createPaidOrder(0, failing);
    await receiver.until(() => receivedAt.length > 0);
    const other = await createPaidOrder(1);
    await receiver.until(() => receiver.typesOf(other).length === 2, 4_000);
    expect(receiver.typesOf(failing)).toEqual(['payment.succeeded']);
    isDown = false;
    await receiver.until(() => receiver.typesOf(failing).length === 3);
    expect(receiver.typesOf(failing)).toEqual(['payment.succeeded', 'payment.succeeded', 'order.paid']);
    const wait = receivedAt[1]! - receivedAt[0]!;
    expect(wait).toBeGreaterThanOrEqual(4_900);
    // The wait after a second failure would be ten seconds.
    expect(wait).toBeLessThan(9_900);
    const ids = receiver.requests
      .filter(({ body }) => body.data.orderNumber === failing)
      .map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
  });

  test('a receiver that does not answer delays the events of that order only', async () => {
    const hanging = unique('O');
    receiver.answer = ({ body }, response) => {
      if (body.data.orderNumber !== hanging) response.end();
    };
    await createPaidOrder(0, hanging);
    await receiver.until(() => receiver.typesOf(hanging).length === 1);
    const elapsed = stopwatch();
    const other = await createPaidOrder(1);
    await receiver.until(() => receiver.typesOf(other).length === 2);
    expect(elapsed()).toBeLessThan(3_000);
    await waitUntil(async () =>
      (await deliveries()).some(({ lastError }) => lastError === 'no answer within 5 s'),
    );
  });

  test('an endpoint that answers 410 is paused, its events collect, and all of them are sent when it is resumed', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    const numbers = [await createPaidOrder()];
    await waitUntil(async () => (await showEndpoint()).status === 'paused');
    expect(await showEndpoint()).toMatchObject({ pausedBecause: 'it answered 410 Gone', failures: 1 });
    const metrics = await (await fetch(`${replicas[0]!.url}/metrics`)).text();
    expect(metrics).toContain(`quittance_subscriber_paused{subscriber="${endpoint.id}"} 1`);
    expect(metrics).toMatch(new RegExp(`quittance_relay_lag_seconds\\{subscriber="${endpoint.id}"\\} \\d`));
    numbers.push(await createPaidOrder(1));
    await move(numbers[0]!, 'shipped');
    await waitUntil(async () => (await deliveries()).length === 5);
    const before = receiver.requests.length;
    receiver.answer = (_, response) => void response.end();
    const resumed = await replicas[1]!.admin<EndpointView>(
      'POST',
      `/webhook-endpoints/${endpoint.id}/resume`,
    );
    expect(resumed).toMatchObject({
      status: 200,
      body: { status: 'active', failures: 0, pausedBecause: null },
    });
    await receiver.until((requests) => requests.length >= before + 5);
    expect(receiver.typesOf(numbers[0]!).slice(-3)).toEqual([
      'payment.succeeded',
      'order.paid',
      'order.shipped',
    ]);
    expect(receiver.typesOf(numbers[1]!)).toEqual(['payment.succeeded', 'order.paid']);
  });

  test('after a change of the secret both secrets verify, and the new one is shown once', async () => {
    const { status, body } = await replicas[1]!.admin<typeof endpoint>(
      'POST',
      `/webhook-endpoints/${endpoint.id}/secret`,
    );
    expect(status).toBe(200);
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body.secret).not.toBe(endpoint.secret);
    expect(Date.parse(String(body.oldSecretUntil)) - Date.now()).toBeGreaterThan(23.9 * 3_600_000);
    await createPaidOrder();
    await receiver.until((requests) => requests.length >= 2);
    const { text, headers } = receiver.requests[0]!;
    for (const secret of [body.secret, endpoint.secret])
      expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toBeTruthy();
    const list = await replicas[0]!.admin<object>('GET', '/webhook-endpoints');
    expect(JSON.stringify([list.body, await showEndpoint(), await deliveries()])).not.toContain('whsec_');
  });

  test('a delivered event is sent again when an operator asks for it', async () => {
    await createPaidOrder();
    await receiver.until((requests) => requests.length >= 2);
    await waitUntil(async () => (await deliveries()).every(({ status }) => status === 'delivered'));
    const [{ eventId } = { eventId: '' }] = await deliveries();
    const route = `/webhook-endpoints/${endpoint.id}/deliveries/${eventId}/redeliver`;
    const again = await replicas[1]!.admin<DeliveryView>('POST', route);
    expect(again).toMatchObject({ status: 200, body: { eventId, status: 'waiting', attempts: 1 } });
    await receiver.until((requests) => requests.length >= 3);
    expect(receiver.requests[2]!.headers['webhook-id']).toBe(eventId);
  });

  test('a delivery whose process was killed is taken over when its lease has ended', async () => {
    const { orderNumber, paymentNumber } = await replicas[0]!.openPayment('standard-webhooks');
    await receiver.close();
    await replicas[0]!.deliver('standard-webhooks', { paymentNumber });
    await waitUntil(async () => (await deliveries()).some(({ attempts }) => attempts > 0));
    // The state that a process leaves which leased the delivery 29 seconds ago and was killed before it recorded the result.
    await replicas[0]!.sql(
      `UPDATE deliveries SET status = 'sending', next_attempt_at = now() + interval '1 second' WHERE subscriber_id = $1 AND attempts > 0`,
      [endpoint.id],
    );
    const restarted = await new HttpReceiver().open();
    await replicas[0]!.sql('UPDATE subscribers SET url = $1 WHERE id = $2', [restarted.url, endpoint.id]);
    await restarted.until((requests) => requests.length >= 2);
    expect(restarted.typesOf(orderNumber)).toEqual(['payment.succeeded', 'order.paid']);
    await restarted.close();
    receiver = await new HttpReceiver().open();
  });

  test('four endpoints on one host that never answer delay no event of a fifth one beside them', async () => {
    const hangingUrl = `${receiver.url}/hanging`;
    receiver.answer = ({ path }, response) => {
      if (!path.endsWith('/hanging')) response.end();
    };
    const hanging = await Promise.all(Array.from({ length: 4 }, () => addEndpoint(hangingUrl)));
    await Promise.all(Array.from({ length: 20 }, (_, index) => createPaidOrder(index)));
    const healthy = () => receiver.requests.filter(({ path }) => !path.endsWith('/hanging')).length;
    const elapsed = stopwatch();
    await receiver.until(() => healthy() >= 40);
    expect(elapsed()).toBeLessThan(4_000);
    for (const { id } of hanging) await replicas[0]!.admin('DELETE', `/webhook-endpoints/${id}`);
  });

  test('an endpoint is tried with its headers, moved, deleted and made anew, and a replay sends what was lost, under the same ids', async () => {
    const headers = { Authorization: 'Bearer of-the-shop' };
    const route = `/webhook-endpoints/${endpoint.id}`;
    expect(await replicas[1]!.admin('PATCH', route, { headers })).toMatchObject({ status: 200 });
    const attempt = await replicas[0]!.admin<TestAttempt>('POST', `${route}/test`);
    expect(attempt).toMatchObject({ status: 200, body: { delivered: true, status: 200, error: null } });
    const [test] = receiver.requests;
    expect(test!.headers).toMatchObject({
      authorization: headers.Authorization,
      'webhook-id': attempt.body.eventId,
    });
    expect(
      new Webhook(endpoint.secret).verify(test!.text, test!.headers as Record<string, string>),
    ).toMatchObject({
      type: 'endpoint.test',
      data: { endpointId: endpoint.id },
    });

    const from = new Date(Date.now() - 1_000).toISOString();
    const orderNumber = await createPaidOrder();
    await receiver.until(() => receiver.typesOf(orderNumber).length === 2);
    await replicas[0]!.admin('DELETE', route);
    const lost = await createPaidOrder(1);
    endpoint = await addEndpoint(receiver.url);
    const to = new Date(Date.now() + 1_000).toISOString();
    const replayed = await replicas[0]!.admin('POST', `/webhook-endpoints/${endpoint.id}/replay`, {
      from,
      to,
    });
    expect(replayed).toMatchObject({ status: 200, body: { nextCursor: null } });
    await receiver.until(
      () => receiver.typesOf(lost).length === 2 && receiver.typesOf(orderNumber).length === 4,
    );
    expect(receiver.typesOf(lost)).toEqual(['payment.succeeded', 'order.paid']);
    const ids = receiver.requests
      .filter(({ body }) => body.data.orderNumber === orderNumber)
      .map((request) => request.headers['webhook-id']);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));

    const deeds = await replicas[0]!.sql<{ type: string; actor: string; data: { endpointId: string } }>(
      `SELECT type, actor, data FROM events WHERE type LIKE 'endpoint.%' ORDER BY id DESC LIMIT 6`,
    );
    expect(deeds.map(({ type }) => type).toReversed()).toEqual([
      'endpoint.created',
      'endpoint.changed',
      'endpoint.tested',
      'endpoint.deleted',
      'endpoint.created',
      'endpoint.replay_requested',
    ]);
    expect(deeds.every(({ actor }) => actor.startsWith('admin:'))).toBe(true);
    expect(JSON.stringify(deeds)).not.toMatch(/of-the-shop|whsec_|\/hook/);
  });

  test('an endpoint that was paused for seven days is disabled by one of the replicas, and a replay after its resume sends what it has missed', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    const from = new Date(Date.now() - 1_000).toISOString();
    const waiting = await createPaidOrder();
    await waitUntil(async () => (await showEndpoint()).status === 'paused');
    await replicas[0]!.sql(`UPDATE subscribers SET paused_at = now() - interval '7 days' WHERE id = $1`, [
      endpoint.id,
    ]);
    await waitUntil(async () => (await showEndpoint()).status === 'disabled');
    await waitUntil(async () => (await deliveries()).every(({ status }) => status !== 'waiting'));
    const missed = await createPaidOrder(1);
    const lags = await (await fetch(`${replicas[0]!.url}/metrics`)).text();
    expect(lags).toContain(`quittance_subscriber_paused{subscriber="${endpoint.id}"} 1`);
    receiver.answer = (_, response) => void response.end();
    const route = `/webhook-endpoints/${endpoint.id}`;
    const to = new Date(Date.now() + 1_000).toISOString();
    expect(await replicas[0]!.admin('POST', `${route}/replay`, { from, to })).toMatchObject({
      status: 409,
      body: { code: 'endpoint_disabled' },
    });
    expect(await replicas[0]!.admin('POST', `${route}/resume`)).toMatchObject({ body: { status: 'active' } });
    expect((await replicas[0]!.admin('POST', `${route}/replay`, { from, to })).status).toBe(200);
    for (const orderNumber of [waiting, missed])
      await receiver.until(() => receiver.typesOf(orderNumber).at(-1) === 'order.paid');
    const announced = await replicas[0]!.sql(
      `SELECT actor, data ->> 'pausedBecause' AS because FROM events WHERE type = 'endpoint.disabled' AND data ->> 'endpointId' = $1`,
      [endpoint.id],
    );
    expect(announced).toEqual([{ actor: 'clock', because: 'it answered 410 Gone' }]);
  });
});
