import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CNY, type Service, startService, uniqueNumber } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const post = (path: string, body: unknown, headers = {}) =>
  service.call('POST', `/admin/v1/${path}`, { body, headers });
const get = (path: string) => service.call('GET', `/admin/v1/${path}`);

async function placeOrder(): Promise<string> {
  const orderNumber = uniqueNumber();
  expect((await post('orders', { orderNumber, total: CNY('100.00') })).status).toBe(201);
  return orderNumber;
}

test('placing an order is answered 201 with the order, and reading it gives the same', async () => {
  const orderNumber = uniqueNumber();
  const created = await post('orders', { orderNumber, total: CNY('100'), customerId: '客户-1' });
  expect(created.status).toBe(201);
  expect(created.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(created.body).toEqual({
    orderNumber,
    status: 'pending',
    total: { amount: '100.00', currency: 'CNY' },
    customerId: '客户-1',
    payments: [],
    refunded: CNY('0.00'),
    statusHistory: [],
    allowedTransitions: ['cancelled'],
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });
  expect((await get(`orders/${orderNumber}`)).body).toEqual(created.body);
});

test('a taken order number is answered 409', async () => {
  const orderNumber = await placeOrder();
  const { status, body } = await post('orders', { orderNumber, total: CNY('1.00') });
  expect(status).toBe(409);
  expect(body).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: `An order with the number ${orderNumber} exists already; nothing was created. If this repeats your own request, read the order. Otherwise choose another orderNumber.`,
    code: 'number_taken',
    field: 'orderNumber',
  });
});

test('a repeated order with a payment number of its own is answered 409 for its order number, and another order for the payment number', async () => {
  const asked = {
    orderNumber: uniqueNumber('O'),
    total: CNY('100.00'),
    payment: { gateway: 'standard-webhooks', paymentNumber: uniqueNumber('P') },
  };
  const field = async (body: object) => (await post('orders', body)).body.field as unknown;
  expect(await field(asked)).toBeUndefined();
  expect(await field(asked)).toBe('orderNumber');
  expect(await field({ ...asked, orderNumber: uniqueNumber('O') })).toBe('payment.paymentNumber');
});

test('opening a payment is answered 201 with the payment, and reading it or its order gives the same', async () => {
  const orderNumber = await placeOrder();
  const created = await post(`orders/${orderNumber}/payments`, { gateway: 'standard-webhooks' });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({
    orderNumber,
    gateway: 'standard-webhooks',
    amount: CNY('100.00'),
    status: 'init',
  });
  expect(created.body.paymentNumber).toMatch(/^[A-Za-z0-9]{1,32}$/);
  const lifetime = Date.parse(created.body.expiresAt) - Date.parse(created.body.log[0].at);
  expect(lifetime).toBe(1800 * 1000);
  const { log, refunded, refundable, refunds, disputes, ...summary } = created.body;
  expect([refunded, refundable, refunds, disputes]).toEqual([CNY('0.00'), CNY('0.00'), [], []]);
  expect(log).toEqual([
    {
      at: expect.any(String),
      event: 'payment.created',
      actor: 'admin:otto',
      data: { gateway: 'standard-webhooks', amount: CNY('100.00'), expiresAt: created.body.expiresAt },
    },
  ]);
  expect((await get(`orders/${orderNumber}`)).body.payments).toEqual([summary]);
  expect((await get(`payments/${summary.paymentNumber}`)).body).toEqual(created.body);
});

describe('an order with a payment', () => {
  const gateway = 'standard-webhooks';

  test('is answered 201 with the order and its payment, and reading both gives the same', async () => {
    const orderNumber = uniqueNumber();
    const payment = { gateway, paymentNumber: uniqueNumber('P'), expiresInSeconds: 60 };
    const created = await post('orders', { orderNumber, total: CNY('100'), payment });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ orderNumber, status: 'pending', statusHistory: [] });
    expect(created.body.payments).toMatchObject([
      { paymentNumber: payment.paymentNumber, orderNumber, gateway, amount: CNY('100.00'), status: 'init' },
    ]);
    expect((await get(`orders/${orderNumber}`)).body).toEqual(created.body);
    const { log, refunded, refundable, refunds, disputes, ...summary } = (
      await get(`payments/${payment.paymentNumber}`)
    ).body;
    expect([refunded, refundable, refunds, disputes]).toEqual([CNY('0.00'), CNY('0.00'), [], []]);
    expect(created.body.payments).toEqual([summary]);
    expect(Date.parse(summary.expiresAt) - Date.parse(log[0].at)).toBe(60_000);
  });

  test('is not placed if the payment number is taken, and opens no payment if the order number is', async () => {
    const [orderNumber, paymentNumber] = [uniqueNumber(), uniqueNumber('P')];
    const total = CNY('1.00');
    await post('orders', { orderNumber, total, payment: { gateway, paymentNumber } });
    const [otherOrder, otherPayment] = [uniqueNumber(), uniqueNumber('P')];
    const refused = [
      await post('orders', { orderNumber: otherOrder, total, payment: { gateway, paymentNumber } }),
      await post('orders', { orderNumber, total, payment: { gateway, paymentNumber: otherPayment } }),
    ];
    for (const { status, body } of refused)
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'number_taken' });
    expect(refused.map(({ body }) => [body.field, body.detail])).toEqual([
      ['payment.paymentNumber', expect.stringContaining(paymentNumber)],
      ['orderNumber', expect.stringContaining(orderNumber)],
    ]);
    expect((await get(`orders/${otherOrder}`)).status).toBe(404);
    expect((await get(`payments/${otherPayment}`)).status).toBe(404);
  });

  test('and its Idempotency-Key is answered again byte by byte, and is placed once', async () => {
    const request = { orderNumber: uniqueNumber(), total: CNY('5.00'), payment: { gateway } };
    const key = { 'idempotency-key': uniqueNumber('key') };
    const [first, again] = [await post('orders', request, key), await post('orders', request, key)];
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    expect((await get(`orders/${request.orderNumber}`)).body.payments).toHaveLength(1);
  });
});

describe('a payment is refused', () => {
  test('422 for a gateway that is not configured', async () => {
    const { status, body } = await post(`orders/${await placeOrder()}/payments`, { gateway: 'stripe' });
    expect({ status, field: body.errors[0].field }).toEqual({ status: 422, field: 'gateway' });
  });

  test("422 for an amount that is not the order's total", async () => {
    const asked = { gateway: 'standard-webhooks', amount: CNY('99.99') };
    const { status, body } = await post(`orders/${await placeOrder()}/payments`, asked);
    const message = "must equal the order's total, which is 100.00 CNY";
    expect({ status, errors: body.errors }).toEqual({ status: 422, errors: [{ field: 'amount', message }] });
  });

  test('409 for a taken payment number', async () => {
    const asked = { gateway: 'standard-webhooks', paymentNumber: uniqueNumber('P') };
    expect((await post(`orders/${await placeOrder()}/payments`, asked)).status).toBe(201);
    const { status, body } = await post(`orders/${await placeOrder()}/payments`, asked);
    expect({ status, code: body.code, field: body.field }).toEqual({
      status: 409,
      code: 'number_taken',
      field: 'paymentNumber',
    });
  });

  test('409 for an order that is not pending, with its status', async () => {
    const orderNumber = await placeOrder();
    await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' });
    const { status, body } = await post(`orders/${orderNumber}/payments`, { gateway: 'standard-webhooks' });
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'order_not_pending', current: 'cancelled' },
    });
  });

  test('404 for an unknown order, with its number', async () => {
    const { status, body } = await post('orders/nowhere/payments', { gateway: 'standard-webhooks' });
    expect([status, body.detail]).toEqual([404, 'There is no order nowhere. Nothing was changed.']);
  });
});

describe('a transition', () => {
  test('changes an order, stores the note, and answers the next allowed transitions', async () => {
    const orderNumber = await placeOrder();
    const { status, body } = await post(`orders/${orderNumber}/transitions`, {
      to: 'cancelled',
      note: 'sold out',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'cancelled', allowedTransitions: [] });
    expect(body.statusHistory).toEqual([
      {
        from: 'pending',
        to: 'cancelled',
        move: 'cancel',
        actor: 'admin:otto',
        note: 'sold out',
        at: expect.any(String),
      },
    ]);
  });

  test('to paid is refused, because only a payment pays an order', async () => {
    const orderNumber = await placeOrder();
    const { status, body } = await post(`orders/${orderNumber}/transitions`, { to: 'paid' });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      detail: expect.stringMatching(/^Only a payment/),
      code: 'transition_not_allowed',
      allowedTransitions: ['cancelled'],
    });
    expect((await get(`orders/${orderNumber}`)).body.status).toBe('pending');
  });

  test.each(['shipped', 'completed', 'refunding', 'refunded', 'pending'])(
    'from pending to %s is refused, and the answer lists what is allowed',
    async (to) => {
      const { status, body } = await post(`orders/${await placeOrder()}/transitions`, { to });
      expect({ status, allowed: body.allowedTransitions }).toEqual({ status: 409, allowed: ['cancelled'] });
    },
  );

  test('changes a payment; the same transition again is refused, and the answer lists what is allowed', async () => {
    const { body: payment } = await post(`orders/${await placeOrder()}/payments`, {
      gateway: 'standard-webhooks',
    });
    const path = `payments/${payment.paymentNumber}/transitions`;
    expect(await post(path, { to: 'processing' })).toMatchObject({
      status: 200,
      body: { status: 'processing' },
    });
    expect(await post(path, { to: 'processing' })).toMatchObject({
      status: 409,
      body: { code: 'transition_not_allowed', allowedTransitions: ['cancelled'] },
    });
    expect(await post(path, { to: 'succeeded' })).toMatchObject({ status: 409 });
  });

  test.each(['orders/nowhere', 'orders/a%20b', 'payments/nowhere', `payments/${'x'.repeat(65)}`])(
    'of %s is answered 404',
    async (path) => {
      const { status, body } = await post(`${path}/transitions`, { to: 'cancelled' });
      expect({ status, problem: body.status }).toEqual({ status: 404, problem: 404 });
    },
  );
});

describe('an Idempotency-Key', () => {
  test('gives a repeated request the first answer, byte by byte, and places one order', async () => {
    const request = { orderNumber: uniqueNumber(), total: CNY('5.00') };
    const key = { 'idempotency-key': uniqueNumber('key') };
    const first = await post('orders', request, key);
    const again = await post('orders', request, key);
    expect(first.status).toBe(201);
    expect({ status: again.status, text: again.text }).toEqual({ status: 201, text: first.text });
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  });

  test('stores no refusal: the same key serves when the cause is gone', async () => {
    const key = { 'idempotency-key': uniqueNumber('key') };
    expect((await post('orders', '{', key)).status).toBe(400);
    const orderNumber = uniqueNumber();
    const cancel = () => post(`orders/${orderNumber}/transitions`, { to: 'cancelled' }, key);
    expect((await cancel()).status).toBe(404);
    expect((await post('orders', { orderNumber, total: CNY('1.00') }, key)).status).toBe(201);
    expect((await cancel()).status).toBe(200);
  });

  test('with another body is answered 422', async () => {
    const key = { 'idempotency-key': uniqueNumber('key') };
    await post('orders', { orderNumber: uniqueNumber(), total: CNY('5.00') }, key);
    const { status, body } = await post('orders', { orderNumber: uniqueNumber(), total: CNY('5.00') }, key);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'key_reused' });
  });

  test('is about JSON and not about bytes: order of fields, white space and escapes do not matter', async () => {
    const orderNumber = uniqueNumber();
    const key = { 'idempotency-key': uniqueNumber('key') };
    const first = await post(
      'orders',
      { orderNumber, total: CNY('5.00'), payment: { gateway: 'standard-webhooks', expiresInSeconds: 60 } },
      key,
    );
    const other = ` {"payment": {"expiresInSeconds": 6.0e1, "gateway": "standard\\u002dwebhooks"},\n"total":{"currency":"CNY","amount":"5.00"},"orderNumber":"${orderNumber}"}`;
    const again = await post('orders', other, key);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    const absent = { orderNumber, total: CNY('5.00') };
    for (const body of [absent, { ...absent, payment: null }, { ...absent, total: CNY('5') }])
      expect((await post('orders', body, key)).body.code).toBe('key_reused');
  });

  test('takes no body and an empty object for the same body', async () => {
    const { body: endpoint } = await post('webhook-endpoints', { url: 'https://shop.example/hooks' });
    const key = { 'idempotency-key': uniqueNumber('key') };
    const rotate = (body: unknown, headers = {}) =>
      post(`webhook-endpoints/${endpoint.id}/secret`, body, { ...key, ...headers });
    const first = await rotate(undefined);
    expect(first.status).toBe(200);
    for (const body of [{}, '{ }', undefined]) expect((await rotate(body)).text).toBe(first.text);
  });

  test('whose first request is still running is answered 409', async () => {
    const key = uniqueNumber('key');
    service.memory.lockedElsewhere.add(key);
    const request = { orderNumber: uniqueNumber(), total: CNY('5.00') };
    const { status, body } = await post('orders', request, { 'idempotency-key': key });
    service.memory.lockedElsewhere.delete(key);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'key_in_flight' });
  });

  test('does not store a 503: the same request may succeed later', async () => {
    const orderNumber = await placeOrder();
    const key = { 'idempotency-key': uniqueNumber('key') };
    service.memory.lockedElsewhere.add(orderNumber);
    const refused = await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' }, key);
    service.memory.lockedElsewhere.delete(orderNumber);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' }, key)).status).toBe(200);
  });

  test('counts for a resource in whatever way its path is escaped', async () => {
    const body = { orderNumber: uniqueNumber(), total: CNY('5.00') };
    const key = { 'idempotency-key': uniqueNumber('key') };
    const first = await post('orders', body, key);
    const again = await post('%6frders', body, key);
    expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
    const cancel = (number: string) => post(`orders/${number}/transitions`, { to: 'cancelled' }, key);
    const cancelled = await cancel(body.orderNumber);
    const escaped = `%${body.orderNumber.charCodeAt(0).toString(16)}${body.orderNumber.slice(1)}`;
    expect(cancelled.status).toBe(200);
    expect((await cancel(escaped)).text).toBe(cancelled.text);
  });

  test.each(['', 'two words', 'x'.repeat(256), 'schl\u00fcssel'])('"%s" is answered 422', async (key) => {
    const request = { orderNumber: uniqueNumber(), total: CNY('5.00') };
    const { status, body } = await post('orders', request, { 'idempotency-key': key });
    expect({ status, field: body.errors?.[0].field }).toEqual({ status: 422, field: 'Idempotency-Key' });
  });
});
