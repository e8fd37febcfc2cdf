import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CNY, fresh, startService, type Service } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const post = (path: string, body: unknown, headers = {}) =>
  service.call('POST', `/admin/v1/${path}`, { body, headers });
const get = (path: string) => service.call('GET', `/admin/v1/${path}`);

async function placed(): Promise<string> {
  const orderNumber = fresh();
  expect((await post('orders', { orderNumber, total: CNY('100.00') })).status).toBe(201);
  return orderNumber;
}

test('an order is answered 201 and reads back the same', async () => {
  const orderNumber = fresh();
  const created = await post('orders', { orderNumber, total: CNY('100'), customerId: '客户-1' });
  expect(created.status).toBe(201);
  expect(created.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(created.body).toEqual({
    orderNumber,
    status: 'pending',
    total: { amount: '100.00', currency: 'CNY' },
    customerId: '客户-1',
    payments: [],
    statusHistory: [],
    allowedTransitions: ['cancelled'],
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });
  expect((await get(`orders/${orderNumber}`)).body).toEqual(created.body);
});

test('a number that is taken is answered 409', async () => {
  const orderNumber = await placed();
  const { status, body } = await post('orders', { orderNumber, total: CNY('1.00') });
  expect(status).toBe(409);
  expect(body).toEqual({
    type: 'about:blank',
    title: 'Conflict',
    status: 409,
    detail: 'The number is taken.',
    code: 'number_taken',
  });
});

test('a payment is answered 201, shows in its order and reads back the same', async () => {
  const orderNumber = await placed();
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
  const { log, ...summary } = created.body;
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

describe('a payment is refused', () => {
  test('422 for a gateway that is not configured', async () => {
    const { status, body } = await post(`orders/${await placed()}/payments`, { gateway: 'stripe' });
    expect({ status, field: body.errors[0].field }).toEqual({ status: 422, field: 'gateway' });
  });

  test("422 for an amount that is not the order's total", async () => {
    const asked = { gateway: 'standard-webhooks', amount: CNY('99.99') };
    const { status, body } = await post(`orders/${await placed()}/payments`, asked);
    expect({ status, field: body.errors[0].field }).toEqual({ status: 422, field: 'amount' });
  });

  test('409 for a number that is taken', async () => {
    const asked = { gateway: 'standard-webhooks', paymentNumber: fresh('P') };
    expect((await post(`orders/${await placed()}/payments`, asked)).status).toBe(201);
    const { status, body } = await post(`orders/${await placed()}/payments`, asked);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'number_taken' });
  });

  test('409 for an order that does not wait for one', async () => {
    const orderNumber = await placed();
    await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' });
    const { status, body } = await post(`orders/${orderNumber}/payments`, { gateway: 'standard-webhooks' });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'order_not_pending' });
  });

  test('404 for an order that is not there', async () => {
    expect((await post('orders/nowhere/payments', { gateway: 'standard-webhooks' })).status).toBe(404);
  });
});

describe('a transition', () => {
  test('moves an order, keeps the note, and says what may follow', async () => {
    const orderNumber = await placed();
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

  test('to paid is refused: only a payment pays an order', async () => {
    const orderNumber = await placed();
    const { status, body } = await post(`orders/${orderNumber}/transitions`, { to: 'paid' });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      detail: 'Only a payment pays an order.',
      code: 'transition_not_allowed',
      allowedTransitions: ['cancelled'],
    });
    expect((await get(`orders/${orderNumber}`)).body.status).toBe('pending');
  });

  test.each(['shipped', 'completed', 'refunding', 'refunded', 'pending'])(
    'from pending to %s is refused with what is allowed',
    async (to) => {
      const { status, body } = await post(`orders/${await placed()}/transitions`, { to });
      expect({ status, allowed: body.allowedTransitions }).toEqual({ status: 409, allowed: ['cancelled'] });
    },
  );

  test('moves a payment, and a second time is refused with what is allowed', async () => {
    const { body: payment } = await post(`orders/${await placed()}/payments`, {
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
  test('makes a repeat the same to the byte, and one order', async () => {
    const request = { orderNumber: fresh(), total: CNY('5.00') };
    const key = { 'idempotency-key': fresh('key') };
    const first = await post('orders', request, key);
    const again = await post('orders', request, key);
    expect(first.status).toBe(201);
    expect({ status: again.status, text: again.text }).toEqual({ status: 201, text: first.text });
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
  });

  test('keeps a refusal, even of a body that is no JSON', async () => {
    const key = { 'idempotency-key': fresh('key') };
    const first = await post('orders', '{', key);
    const again = await post('orders', '{', key);
    expect([first.status, again.status]).toEqual([400, 400]);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('content-type')).toContain('application/problem+json');
    expect((await post('orders', { orderNumber: fresh(), total: CNY('1.00') }, key)).body.code).toBe(
      'key_reused',
    );
  });

  test('with another body is answered 422', async () => {
    const key = { 'idempotency-key': fresh('key') };
    await post('orders', { orderNumber: fresh(), total: CNY('5.00') }, key);
    const { status, body } = await post('orders', { orderNumber: fresh(), total: CNY('5.00') }, key);
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'key_reused' });
  });

  test('that is in flight is answered 409', async () => {
    const key = fresh('key');
    service.memory.heldElsewhere.add(key);
    const request = { orderNumber: fresh(), total: CNY('5.00') };
    const { status, body } = await post('orders', request, { 'idempotency-key': key });
    service.memory.heldElsewhere.delete(key);
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'key_in_flight' });
  });

  test('does not keep a 503: the same request may succeed', async () => {
    const orderNumber = await placed();
    const key = { 'idempotency-key': fresh('key') };
    service.memory.heldElsewhere.add(orderNumber);
    const refused = await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' }, key);
    service.memory.heldElsewhere.delete(orderNumber);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post(`orders/${orderNumber}/transitions`, { to: 'cancelled' }, key)).status).toBe(200);
  });

  test.each(['', 'two words', 'x'.repeat(256), 'schl\u00fcssel'])('"%s" is answered 422', async (key) => {
    const request = { orderNumber: fresh(), total: CNY('5.00') };
    const { status, body } = await post('orders', request, { 'idempotency-key': key });
    expect({ status, field: body.errors?.[0].field }).toEqual({ status: 422, field: 'Idempotency-Key' });
  });
});
