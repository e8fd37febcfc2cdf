import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminClient } from '../../src/sandbox/admin-client.js';
import { type Play, parsePlay } from '../../src/sandbox/arguments.js';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import { type Played, playGateway } from '../../src/sandbox/play.js';
import { verdictOn } from '../../src/sandbox/report.js';

const dataDir = await mkdtemp(join(tmpdir(), 'play-'));
const keys = await sandboxKeys(dataDir);
await rm(dataDir, { recursive: true });

const money = { amount: '100.00', currency: 'CNY' };
const payment = { paymentNumber: 'P1', orderNumber: 'O1', status: 'succeeded', amount: money };
const history = [{ from: 'pending', to: 'paid', move: 'pay' }];
const order = { orderNumber: 'O1', status: 'paid', total: money, statusHistory: history };

/** Stands in for the service: it answers as the contract says and records the requests. */
let service: Server;
let url: string;
let asked: string[];
let bodies: string[];
let atOnce: number;
let mostAtOnce: number;
/** Callbacks are answered only when this many are in progress. */
let together: number;
let waiting: (() => void)[];
let replies: Record<string, () => { status: number; view: unknown }>;

beforeEach(async () => {
  asked = [];
  bodies = [];
  atOnce = mostAtOnce = 0;
  together = 1;
  waiting = [];
  replies = {
    'POST /admin/v1/orders': () => ({ status: 201, view: order }),
    'POST /admin/v1/orders/O1/payments': () => ({ status: 201, view: payment }),
    'GET /admin/v1/orders/O1': () => ({ status: 200, view: order }),
    'GET /admin/v1/payments/P1': () => ({ status: 200, view: payment }),
    'GET /admin/v1/callbacks': () => ({ status: 200, view: { items: [], nextCursor: null } }),
    'GET /admin/v1/refunds': () => ({ status: 200, view: { items: [], nextCursor: null } }),
    'GET /admin/v1/disputes': () => ({ status: 200, view: { items: [], nextCursor: null } }),
    'GET /admin/v1/discrepancies': () => ({ status: 200, view: { items: [], nextCursor: null } }),
    'POST /callbacks/standard-webhooks': () => ({ status: 200, view: { received: true } }),
  };
  service = createServer((request, response) => {
    const reply = async () => {
      const { status, view } = await answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(view));
    };
    void reply();
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterEach(() => {
  service.closeAllConnections();
  service.close();
});

test('copies have the same bytes, and as many are in progress at the same time as asked for', async () => {
  together = 5;
  const { answers } = await play('--order O1 --times 20 --concurrency 5');
  expect(answers.filter(({ status, expected }) => status === 200 && expected)).toHaveLength(20);
  expect(bodies).toHaveLength(20);
  expect(new Set(bodies).size).toBe(1);
  expect(mostAtOnce).toBe(5);
});

test('distinct callbacks have their own event ids, and the first has the id that was given', async () => {
  await play('--order O1 --times 3 --distinct --event-id E1');
  const ids = asked.filter((line) => line.startsWith('webhook-id')).map((line) => line.split(' ')[1]);
  expect(ids[0]).toBe('E1');
  expect(new Set(ids).size).toBe(3);
});

test('an order and a payment are created where none is given', async () => {
  replies = Object.fromEntries(
    Object.entries(replies).map(([route, reply]) => [
      route.replace('/orders/O1/payments', '/orders/*/payments'),
      reply,
    ]),
  );
  await play('--total 42.50');
  expect(asked[0]).toBe('POST /admin/v1/orders');
  expect(asked[1]).toMatch(/^POST \/admin\/v1\/orders\/sandbox-\d+\/payments$/);
  expect(JSON.parse(bodies[0]!)).toMatchObject({ data: { paymentNumber: 'P1', amount: '100.00' } });
});

test('the callback reports the amount of the payment, unless another is given', async () => {
  await play('--payment P1');
  await play('--payment P1 --amount 99.99 --currency EUR');
  const amounts = bodies
    .map((body) => JSON.parse(body).data)
    .map(({ amount, currency }) => `${amount} ${currency}`);
  expect(amounts).toEqual(['100.00 CNY', '99.99 EUR']);
});

test('a callback that is still pending is asked for again until it is settled', async () => {
  const outcomes = ['pending', 'pending', 'settled'];
  replies['GET /admin/v1/callbacks'] = () => {
    const items = [{ eventId: 'E1', outcome: outcomes.shift() ?? 'settled', deliveries: 1 }];
    return { status: 200, view: { items, nextCursor: null } };
  };
  const { callbacks } = await play('--payment P1 --event-id E1');
  expect(callbacks.map(({ outcome }) => outcome)).toEqual(['settled']);
});

test('a payment that does not exist can be played, and the verdict says that it does not exist', async () => {
  replies['GET /admin/v1/payments/P9'] = () => ({ status: 404, view: { title: 'Not Found' } });
  expect(verdictOn(await play('--payment P9'))).toContain('no payment P9 exists');
});

test('lists are read to their last page', async () => {
  const pages = [
    { items: [{ kind: 'unmatched' }], nextCursor: 'next page' },
    { items: [{ kind: 'foreign' }], nextCursor: null },
  ];
  replies['GET /admin/v1/discrepancies'] = () => ({ status: 200, view: pages.shift() });
  const { discrepancies } = await play('--payment P1');
  expect(discrepancies.map(({ kind }) => kind)).toEqual(['unmatched', 'foreign']);
});

test('a service that does not answer, a wrong token and a conflict are reported with what to do', async () => {
  const problem = { title: 'Conflict', detail: 'order O1 is paid' };
  replies['POST /admin/v1/orders/O1/payments'] = () => ({ status: 409, view: problem });
  await expect(play('--order O1')).rejects.toThrow(
    'The service answered POST /orders/O1/payments with 409: order O1 is paid. Change the options accordingly',
  );
  replies['GET /admin/v1/orders/O1'] = () => ({ status: 401, view: {} });
  await expect(play('--order O1')).rejects.toThrow('with --token');
  replies['GET /admin/v1/orders/O1'] = () => ({ status: 403, view: {} });
  await expect(play('--order O1')).rejects.toThrow('Give the token of an operator');
  service.closeAllConnections();
  service.close();
  await expect(play('--order O1')).rejects.toThrow('Start it with npm start');
});

describe('a refund', () => {
  const CASES = [
    // The amount that is left, and the next number.
    ['--status refund', '70.00 P1-R2'],
    ['--status refund --amount 20.00', '20.00 P1-R2'],
    ['--status refund --amount 20.00 --refund-number R-7', '20.00 R-7'],
    // A repetition of the first.
    ['--status refund --refund-number P1-R1', '30.00 P1-R1'],
  ] as const;

  test.each(CASES)('of %s gives back %s, with the transaction that has paid', async (options, expected) => {
    knowRefund('30.00');
    await play(`--payment P1 ${options}`);
    const { amount, refundNumber, transactionId } = JSON.parse(bodies[0]!).data;
    expect([`${amount} ${refundNumber}`, transactionId]).toEqual([expected, 'T1']);
  });

  test('adds what has gone back before where the gateway reports the sum, and a repetition adds nothing', async () => {
    knowRefund('30.00');
    const sums = async (options: string) => {
      await play(`--payment P1 --status refund ${options}`, 'alipay');
      const form = new URLSearchParams(bodies.at(-1));
      return [form.get('refund_fee'), form.get('total_amount')];
    };
    expect(await sums('--amount 20.00')).toEqual(['50.00', '100.00']);
    expect(await sums('--refund-number P1-R1')).toEqual(['30.00', '100.00']);
  });

  test('that the service lists without its number is counted too', async () => {
    knowRefund('30.00', 'T1-unnamed');
    await play('--payment P1 --status refund');
    expect(JSON.parse(bodies[0]!).data.refundNumber).toBe('P1-R2');
  });

  test('of a payment that has gone back whole needs an amount', async () => {
    knowRefund('100.00');
    await expect(play('--payment P1 --status refund')).rejects.toThrow(
      'Nothing is left to refund of payment P1',
    );
    expect(bodies).toEqual([]);
  });

  function knowRefund(amount: string, refundNumber = 'P1-R1'): void {
    const refunded = { amount, currency: 'CNY' };
    const refund = { refundNumber, amount: refunded, status: 'succeeded' };
    // The sandbox counts those of the gateway that it plays.
    const refunds = ['standard-webhooks', 'alipay'].map((gateway) => ({ ...refund, gateway }));
    const log = [{ event: 'payment.succeeded' }, { event: 'payment.refunded' }];
    const known = { ...payment, transactionId: 'T1', refunded, refunds, log };
    replies['GET /admin/v1/refunds'] = () => ({ status: 200, view: { items: refunds, nextCursor: null } });
    replies['GET /admin/v1/payments/P1'] = () => ({ status: 200, view: known });
    replies['POST /callbacks/alipay'] = () => ({ status: 200, view: 'success' });
  }
});

test('an amount that the gateway cannot report is refused before anything is sent', async () => {
  await expect(play('--payment P1 --amount 0.001', 'wechat-pay')).rejects.toThrow(
    'This cannot be played: the amount 0.001',
  );
  expect(bodies).toEqual([]);
});

function play(options: string, gateway = 'standard-webhooks'): Promise<Played> {
  const parsed = parsePlay(['pay', gateway, '--url', url, ...options.split(' ')]) as Play;
  return playGateway(parsed, { url, admin: new AdminClient(url, 'dev-token'), keys: async () => keys });
}

async function answer(request: IncomingMessage): Promise<{ status: number; view: unknown }> {
  const { pathname } = new URL(request.url!, url);
  asked.push(`${request.method} ${pathname}`);
  const body = Buffer.concat(await request.toArray()).toString();
  if (pathname.startsWith('/callbacks/')) {
    asked.push(`webhook-id ${String(request.headers['webhook-id'])}`);
    bodies.push(body);
    mostAtOnce = Math.max(mostAtOnce, ++atOnce);
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      // A slow service: whatever else the sandbox sends at the same time arrives before the first answer.
      if (waiting.length === together)
        setTimeout(() => waiting.splice(0).forEach((release) => release()), 20);
    });
    atOnce--;
  }
  const route = `${request.method} ${pathname}`;
  const reply = replies[route] ?? replies[route.replace(/sandbox-\d+/, '*')];
  return reply?.() ?? { status: 500, view: { title: `nothing stands in for ${route}` } };
}
