import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Service, startService, unique } from './service.js';

let service: Service;
let replica: Service;
beforeAll(async () => {
  service = await startService();
  replica = await startService({ databaseUrl: service.databaseUrl });
});
afterAll(async () => {
  await replica.close();
  await service.close();
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly payments?: readonly { readonly paymentNumber: string }[];
  };
}

const CNY = (amount: string) => ({ amount, currency: 'CNY' });
const gateway = 'standard-webhooks';

const place = (body: object, key?: string, at = service): Promise<Answer> =>
  at.admin('POST', '/orders', { total: CNY('100.00'), ...body }, key ? { 'idempotency-key': key } : {});
/** Places as a shop has to: with a key, and again while the service is temporarily unavailable. */
async function placeUntilTaken(body: object, at: typeof service): Promise<Answer> {
  const key = unique('K');
  let answer = await place(body, key, at);
  for (let repeats = 0; answer.status === 503 && repeats < 5; repeats += 1)
    answer = await place(body, key, at);
  return answer;
}
const pay = (orderNumber: string, body: object = {}, key?: string): Promise<Answer> =>
  service.admin(
    'POST',
    `/orders/${orderNumber}/payments`,
    { gateway, ...body },
    key ? { 'idempotency-key': key } : {},
  );
const outcome = ({ status, body }: Answer): string => `${status} ${body.code ?? ''}`.trim();
const payment = () => ({ gateway, paymentNumber: unique('P') });

/** Runs `work` while a transaction of another session has locked this order. */
async function whileLocked<Result>(orderNumber: string, work: () => Promise<Result>): Promise<Result> {
  const other = new Client({ connectionString: service.databaseUrl });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT FROM orders WHERE number = $1 FOR UPDATE', [orderNumber]);
    return await work();
  } finally {
    await other.end();
  }
}

test('a placed order is paid by its callback, and its reply is what reading it shows', async () => {
  const orderNumber = unique('O');
  const placed = await place({ orderNumber, payment: { gateway } });
  expect(placed.status).toBe(201);
  expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toEqual(placed.body);
  const { paymentNumber } = placed.body.payments![0]!;
  expect(paymentNumber).toMatch(/^[0-9a-f]{32}$/);
  const opened = await pay(orderNumber);
  const number = (opened.body as { paymentNumber?: string }).paymentNumber!;
  expect((await service.admin('GET', `/payments/${number}`)).body).toEqual(opened.body);
  await service.deliver(gateway, { paymentNumber });
  expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
});

test('among many placements at once, each of the bad ones gets its own answer, and all good ones are placed', async () => {
  const taken = { orderNumber: unique('O'), payment: payment() };
  await place(taken);
  const cancelled = unique('O');
  await place({ orderNumber: cancelled });
  await service.admin('POST', `/orders/${cancelled}/transitions`, { to: 'cancelled' });
  const [open, locked] = [unique('O'), unique('O')];
  for (const orderNumber of [open, locked]) await place({ orderNumber });
  const repeated = { orderNumber: unique('O'), payment: { gateway } };
  const key = unique('K');

  const neighbours = () =>
    Array.from({ length: 60 }, () => place({ orderNumber: unique('O'), payment: payment() }));
  const first = neighbours();
  const bad: [Promise<Answer>, string][] = [
    [place({ orderNumber: taken.orderNumber }), '409 number_taken'],
    [place({ orderNumber: unique('O'), payment: taken.payment }), '409 number_taken'],
    [place({ orderNumber: unique('O'), payment: { gateway: 'paypal' } }), '422 invalid'],
    [place({ orderNumber: unique('O'), total: CNY('0.001') }), '422 invalid'],
    [pay(open, { amount: CNY('99.99') }), '422 invalid'],
    [pay('nowhere'), '404 not_found'],
    [pay(cancelled), '409 order_not_pending'],
    [place(repeated, key), '201'],
    [place(repeated, key), '201'],
    [place({ ...repeated, customerId: 'c' }, key), '422 key_reused'],
  ];
  const blocked = whileLocked(
    locked,
    async () => [await pay(locked), await Promise.all(neighbours())] as const,
  );
  const good = await Promise.all([...first, ...neighbours()]);
  expect(new Set(good.map(outcome))).toEqual(new Set(['201']));
  expect(await Promise.all(bad.map(async ([answer]) => outcome(await answer)))).toEqual(
    bad.map(([, expected]) => expected),
  );
  const [waited, beside] = await blocked;
  expect(waited.status).toBe(503);
  expect(new Set(beside.map(outcome))).toEqual(new Set(['201']));
  expect(outcome(await pay(locked))).toBe('201');
  const payments = await service.sql('SELECT FROM payments WHERE order_number = $1', [repeated.orderNumber]);
  expect(payments).toHaveLength(1);
});

test('a locked order holds up none of the placements that come with its payment', async () => {
  const locked = unique('O');
  await place({ orderNumber: locked });
  await whileLocked(locked, async () => {
    let isAnswered = false;
    const waiting = pay(locked).then((answer) => {
      isAnswered = true;
      return answer;
    });
    const others = await Promise.all(Array.from({ length: 100 }, () => place({ orderNumber: unique('O') })));
    expect(new Set(others.map(outcome))).toEqual(new Set(['201']));
    expect(isAnswered).toBe(false);
    expect((await waiting).status).toBe(503);
  });
});

test('two processes place the same orders and payments at once: one of them gets 201 for each, the other one 409', async () => {
  const numbers = Array.from({ length: 200 }, () => ({ orderNumber: unique('O'), payment: payment() }));
  // In opposite orders, so that batches that meet have locked different numbers already.
  const [here, there] = await Promise.all([
    Promise.all(numbers.map((each) => placeUntilTaken(each, service))),
    Promise.all(numbers.toReversed().map((each) => placeUntilTaken(each, replica))),
  ]);
  const pairs = here.map((answer, index) =>
    [outcome(answer), outcome(there.toReversed()[index]!)].toSorted(),
  );
  expect(pairs).toEqual(numbers.map(() => ['201', '409 number_taken']));
  const [counts] = await service.sql<{ orders: number; payments: number; created: number }>(
    `SELECT (SELECT count(*)::int FROM orders WHERE number = ANY($1)) AS orders,
            (SELECT count(*)::int FROM payments WHERE order_number = ANY($1)) AS payments,
            (SELECT count(*)::int FROM events WHERE order_number = ANY($1)) AS created`,
    [numbers.map(({ orderNumber }) => orderNumber)],
  );
  expect(counts).toEqual({ orders: 200, payments: 200, created: 400 });
});

test('two processes get the same request with one key at once: it is carried out once, and each answer is 201 or in flight', async () => {
  for (let round = 0; round < 20; round += 1) {
    const [orderNumber, key] = [unique('O'), unique('K')];
    const answers = await Promise.all(
      [service, replica, service, replica].map((at) => place({ orderNumber, payment: { gateway } }, key, at)),
    );
    const outcomes = answers.map(outcome);
    expect(outcomes).toContain('201');
    expect(outcomes.filter((each) => !['201', '409 key_in_flight'].includes(each))).toEqual([]);
    const replies = answers.filter(({ status }) => status === 201).map(({ body }) => JSON.stringify(body));
    expect(new Set(replies).size).toBe(1);
  }
});
