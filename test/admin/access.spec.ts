import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { declarationOf } from '../../src/adapters/http/server/needs.js';
import { addCallback } from '../application/fixtures/world.js';
import { CNY, OPERATOR, type Service, VIEWER, startService, uniqueNumber } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const READS = [
  'orders',
  'orders/A',
  'payments',
  'payments/A',
  'callbacks',
  'callbacks/1',
  'callbacks/1/explain',
  'payments/A/log',
  'payments/A/timeline',
  'orders/A/history',
  'discrepancies',
  'discrepancies/1',
  'rejections',
  'event-streams',
];
const WRITES = [
  'orders',
  'orders/A/transitions',
  'orders/A/payments',
  'payments/A/transitions',
  'callbacks/1/replay',
  'discrepancies/1/resolve',
  'discrepancies/1/notes',
  'discrepancies/1/assign',
  'webhook-endpoints',
  'webhook-endpoints/1/test',
  'webhook-endpoints/1/replay',
];

describe('without a known token', () => {
  const authorizations = {
    'no header': undefined,
    'another scheme': `Basic ${OPERATOR}`,
    'an empty token': 'Bearer ',
    'an unknown token': 'Bearer nobody',
    'the beginning of a token': `Bearer ${OPERATOR.slice(0, -1)}`,
    'a token with more after it': `Bearer ${OPERATOR}x`,
    'two tokens': `Bearer ${OPERATOR} ${VIEWER}`,
  };
  let clients = 0;
  const calls = [
    ...READS.map((path) => ['GET', path] as const),
    ...WRITES.map((path) => ['POST', path] as const),
  ];

  test.each(calls)(
    '%s %s is answered 401 with a challenge, whatever is wrong with the token',
    async (method, path) => {
      for (const authorization of Object.values(authorizations)) {
        // An address of its own for each request: one address may fail only so often.
        const headers = {
          'x-forwarded-for': `2001:db8:0:${(clients += 1).toString(16)}::1`,
          ...(authorization === undefined ? {} : { authorization }),
        };
        const answer = await service.call(method, `/admin/v1/${path}`, { token: null, headers });
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="quittance"');
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(answer.body).toMatchObject({ status: 401, title: 'Unauthorized' });
      }
    },
  );
});

test('a viewer reads every list', async () => {
  for (const path of ['orders', 'payments', 'callbacks', 'discrepancies', 'rejections']) {
    const { status, body } = await service.call('GET', `/admin/v1/${path}`, { token: VIEWER });
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(body).toEqual({ items: expect.any(Array), nextCursor: null });
  }
});

test.each(WRITES)('a viewer may not POST %s', async (path) => {
  const { status, body } = await service.call('POST', `/admin/v1/${path}`, { token: VIEWER, body: {} });
  expect(status).toBe(403);
  expect(body).toMatchObject({ status: 403, title: 'Forbidden' });
});

test('a route that declares no role serves nobody', () => {
  expect(() => declarationOf(function undeclared() {})).toThrow(
    '"undeclared" of the admin API declares no role',
  );
});

test('a refused write of a viewer changes nothing', async () => {
  const orderNumber = uniqueNumber();
  const body = { orderNumber, total: CNY('1.00') };
  await service.call('POST', '/admin/v1/orders', { token: VIEWER, body });
  expect((await service.call('GET', `/admin/v1/orders/${orderNumber}`)).status).toBe(404);
});

test('the authentication scheme is case-insensitive, as in HTTP', async () => {
  const headers = { authorization: `bearer ${OPERATOR}` };
  expect((await service.call('GET', '/admin/v1/orders', { token: null, headers })).status).toBe(200);
});

describe('a single callback', () => {
  const body = Buffer.from([0xff, 0x00, 0x7b]);
  let id: string;

  beforeAll(async () => {
    const at = new Date('2026-11-23T08:00:00Z');
    const blank = {
      paymentNumber: null,
      transactionId: null,
      money: null,
      charged: null,
      paidAt: null,
      foreign: null,
      refund: null,
      dispute: null,
    };
    const notification = { gateway: 'stripe', kind: 'unreadable' as const, reason: null, ...blank };
    const times = { receivedAt: at, judgedAt: at };
    const headers = { 'user-agent': 'Stripe/1.0' };
    const receipt = { eventId: 'evt_1', notification, fingerprint: 'f', keyId: 'k', headers, body, ...times };
    const callback = { receipt, outcome: 'unreadable' as const, at, deliveries: 2 };
    id = await service.memory.run((tx) => addCallback(tx, callback));
  });

  test('is shown to an operator with its headers and its bytes', async () => {
    const { status, body: view } = await service.call('GET', `/admin/v1/callbacks/${id}`);
    expect(status).toBe(200);
    expect(view).toEqual({
      id,
      gateway: 'stripe',
      eventId: 'evt_1',
      kind: 'unreadable',
      paymentNumber: null,
      outcome: 'unreadable',
      deliveries: 2,
      receivedAt: '2026-11-23T08:00:00.000Z',
      settledAt: '2026-11-23T08:00:00.000Z',
      transactionId: null,
      amount: null,
      charged: null,
      refund: null,
      dispute: null,
      headers: { 'user-agent': 'Stripe/1.0' },
      bodyBase64: body.toString('base64'),
    });
  });

  test('is shown to a viewer without either', async () => {
    const { status, body: view } = await service.call('GET', `/admin/v1/callbacks/${id}`, { token: VIEWER });
    expect(status).toBe(200);
    expect(view).toMatchObject({ id, outcome: 'unreadable' });
    expect(Object.keys(view)).not.toContain('headers');
    expect(Object.keys(view)).not.toContain('bodyBase64');
  });

  test('is listed without either, also for an operator', async () => {
    const { text } = await service.call('GET', '/admin/v1/callbacks');
    expect(text).toContain('evt_1');
    expect(text).not.toContain('headers');
    expect(text).not.toContain('bodyBase64');
  });

  test.each(['0', '-1', '1e3', '99999999999999999999', 'x', '%00'])(
    'with the id "%s" is answered 404',
    async (unknownId) => {
      expect((await service.call('GET', `/admin/v1/callbacks/${unknownId}`)).status).toBe(404);
    },
  );
});
