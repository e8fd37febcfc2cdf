import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { OrderQueries, type OrderView } from '../../src/application/orders/order-queries.js';
import type { Page } from '../../src/application/page.js';
import { type Reply, type Service, OPERATOR, VIEWER, startService } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const NO_ORDERS: Page<OrderView> = { items: [], next: null };

/** The lists of orders that have been begun. Each one ends when the test ends it. */
const begun: { readonly customerId: string | undefined; readonly end: () => void }[] = [];
let arrived: () => void = () => undefined;
beforeAll(() => {
  const queries = service.memory.query(OrderQueries);
  queries.list = ({ customerId }) =>
    new Promise((resolve) => {
      begun.push({ customerId, end: () => resolve(NO_ORDERS) });
      arrived();
    });
});

const unanswered: Promise<unknown>[] = [];
afterEach(async () => {
  arrived = endAll;
  endAll();
  await Promise.allSettled(unanswered.splice(0));
  arrived = () => undefined;
});
function endAll(): void {
  for (const { end } of begun.splice(0)) end();
}

function list(customerId: string): Promise<Reply> {
  const reply = service.call('GET', `/admin/v1/orders?customerId=${customerId}`, { token: VIEWER });
  unanswered.push(reply);
  return reply;
}

/** Begins two reads that last until the test ends them. */
async function occupyBothPlaces(): Promise<void> {
  const both = new Promise<void>((resolve) => {
    arrived = () => void (begun.length === 2 && resolve());
  });
  void list('first');
  void list('second');
  await both;
}

/** Lets as many reads wait as may wait. The requests that are sent beyond that are refused. */
async function fillTheLine(): Promise<void> {
  await occupyBothPlaces();
  const sent = Array.from({ length: 257 }, () => list('waiting'));
  expect((await Promise.race(sent)).status).toBe(503);
}

test('two reads run at once and 256 wait; the next is answered 503 busy at once, and those that wait are served in time', async () => {
  await occupyBothPlaces();
  const sent = Array.from({ length: 257 }, () => list('waiting'));
  const refused = await Promise.race(sent);
  expect(refused).toMatchObject({ status: 503, body: { status: 503, code: 'busy' } });
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(begun.map(({ customerId }) => customerId)).toEqual(['first', 'second']);

  arrived = endAll;
  endAll();
  const statuses = (await Promise.all(sent)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(256);
});

test('every reading route of the admin API waits in this line', async () => {
  await fillTheLine();
  const paths = Object.entries(service.document.paths).filter(
    ([path, { get }]) => path.startsWith('/admin/') && get !== undefined,
  );
  expect(paths.length).toBeGreaterThan(10);
  for (const [path] of paths) {
    const { status, body } = await service.call('GET', path.replace(/\{\w+\}/g, '1'));
    expect({ path, status, code: body.code }).toEqual({ path, status: 503, code: 'busy' });
  }
});

test('while the line is full, metrics are shown without the gauges of the database', async () => {
  expect((await service.call('GET', '/metrics')).text).toMatch(/^quittance_inbox_pending 0$/m);
  await fillTheLine();
  const { status, text } = await service.call('GET', '/metrics');
  expect(status).toBe(200);
  expect(text).toContain('quittance_callbacks_total');
  expect(text).not.toMatch(/^quittance_inbox_pending \d/m);
});

test('a request without a token, a probe and a write need no place in the line', async () => {
  await fillTheLine();
  expect((await service.call('GET', '/admin/v1/orders', { token: null })).status).toBe(401);
  expect((await service.call('GET', '/health/live')).status).toBe(200);
  const order = { orderNumber: 'A-1', total: { amount: '1.00', currency: 'CNY' } };
  expect((await service.call('POST', '/admin/v1/orders', { body: order })).status).toBe(201);
});

test('a read whose client leaves while it waits is never made, and those behind it move up', async () => {
  await occupyBothPlaces();
  const client = new AbortController();
  const headers = { authorization: `Bearer ${OPERATOR}` };
  const leaving = fetch(`${service.url}/admin/v1/orders?customerId=left`, { headers, signal: client.signal });
  const filling = Array.from({ length: 256 }, () => list('waiting'));
  // The line is full, so this client waits in it.
  expect((await Promise.race(filling)).status).toBe(503);
  client.abort();
  await expect(leaving).rejects.toThrow('aborted');
  // What the server has received by the second answer includes the end of the client's connection.
  for (const _ of [1, 2]) await service.call('GET', '/health/live');
  const served = new Set<string | undefined>();
  arrived = () => {
    for (const { customerId, end } of begun.splice(0)) {
      served.add(customerId);
      end();
    }
  };
  arrived();
  await Promise.all(filling);
  expect(served).toEqual(new Set(['first', 'second', 'waiting']));
});
