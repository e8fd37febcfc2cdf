import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  BODY_LIMIT_BYTES,
  CNY,
  OPERATOR,
  type Reply,
  type Service,
  startService,
  uniqueNumber,
} from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const post = (path: string, body: unknown, headers = {}) =>
  service.call('POST', `/admin/v1/${path}`, { body, headers });

function expectProblem({ status, headers, body }: Reply, expected: number): void {
  expect(status).toBe(expected);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail: expect.any(String),
  });
}

const order = (other: object) => ({ orderNumber: uniqueNumber(), total: CNY('1.00'), ...other });
const UNIT = { ...CNY('1.00'), unit: 'fen' };
const LONE_SURROGATE = String.fromCharCode(0xd800);

describe('an order with an invalid field is answered 422, and the answer names the field', () => {
  test.each<[string, unknown]>([
    ['orderNumber', undefined],
    ['orderNumber', null],
    ['orderNumber', 7],
    ['orderNumber', ''],
    ['orderNumber', 'a b'],
    ['orderNumber', 'A\n'],
    ['orderNumber', 'x'.repeat(65)],
    ['orderNumber', ['A']],
    ['orderNumber', { number: 'A' }],
    ['total', undefined],
    ['total', '100.00'],
    ['total', 100],
    ['total', []],
    ['total', [CNY('1.00')]],
    ['total.amount', {}],
    ['total.currency', {}],
    ['total.amount', { amount: 100, currency: 'CNY' }],
    ['total.amount', { amount: null, currency: 'CNY' }],
    ['total.amount', CNY('-1.00')],
    ['total.amount', CNY('-0.00')],
    ['total.amount', CNY('1.001')],
    ['total.amount', CNY('1e3')],
    ['total.amount', CNY('9'.repeat(19))],
    ['total.amount', { amount: '1.5', currency: 'JPY' }],
    ['total.currency', { amount: '1.00', currency: 'cny' }],
    ['total.currency', { amount: '1.00', currency: 7 }],
    ['total.unit', { ...CNY('1.00'), unit: 'fen' }],
    ['customerId', ''],
    ['customerId', 7],
    ['customerId', 'x'.repeat(65)],
    ['customerId', 'nul \0'],
    ['customerId', `lone ${LONE_SURROGATE}`],
    ['discount', '10%'],
  ])('%s: %j', async (field, value) => {
    const answer = await post('orders', order({ [field.split('.')[0]!]: value }));
    expectProblem(answer, 422);
    expect(answer.body.errors.map((each: { field: string }) => each.field)).toContain(field);
    expect(answer.body.detail).toContain(field);
  });
});

describe('an order with an invalid payment is answered 422 with the path of the field, and is not placed', () => {
  test.each<[string, unknown]>([
    ['payment', 'stripe'],
    ['payment', 7],
    ['payment', []],
    ['payment', [{ gateway: 'standard-webhooks' }]],
    ['payment.gateway', {}],
    ['payment.gateway', { gateway: null }],
    ['payment.gateway', { gateway: 'stripe' }],
    ['payment.gateway', { gateway: ['standard-webhooks'] }],
    ['payment.amount', { gateway: 'standard-webhooks', amount: CNY('1.00') }],
    ['payment.expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: 0 }],
    ['payment.expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: '60' }],
    ['payment.paymentNumber', { gateway: 'standard-webhooks', paymentNumber: 'p/1' }],
    ['payment.paymentNumber', { gateway: 'standard-webhooks', paymentNumber: {} }],
  ])('%s: %j', async (field, payment) => {
    const asked = order({ payment });
    const answer = await post('orders', asked);
    expectProblem(answer, 422);
    expect(new Set(answer.body.errors.map((each: { field: string }) => each.field))).toEqual(
      new Set([field]),
    );
    expect((await service.call('GET', `/admin/v1/orders/${asked.orderNumber}`)).status).toBe(404);
  });

  test('null and an absent payment place the order alone', async () => {
    for (const payment of [null, undefined])
      expect(await post('orders', order({ payment }))).toMatchObject({ status: 201, body: { payments: [] } });
  });
});

describe('every other write with an invalid field, too', () => {
  let orderNumber: string;
  beforeAll(async () => {
    const created = await post('orders', order({}));
    orderNumber = created.body.orderNumber;
  });

  test.each<[string, object]>([
    ['gateway', {}],
    ['gateway', { gateway: 'standard-webhooks\0' }],
    ['amount', { gateway: 'standard-webhooks', amount: '1.00' }],
    ['expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: 0 }],
    ['expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: 1.5 }],
    ['expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: '60' }],
    ['expiresInSeconds', { gateway: 'standard-webhooks', expiresInSeconds: 31_536_001 }],
    ['paymentNumber', { gateway: 'standard-webhooks', paymentNumber: 'x'.repeat(65) }],
    ['paymentNumber', { gateway: 'standard-webhooks', paymentNumber: 'p/1' }],
  ])('payments: %s in %j', async (field, body) => {
    const answer = await post(`orders/${orderNumber}/payments`, body);
    expectProblem(answer, 422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test.each<[string, object]>([
    ['to', {}],
    ['to', { to: 'lost' }],
    ['to', { to: ['cancelled'] }],
    ['note', { to: 'cancelled', note: '' }],
    ['note', { to: 'cancelled', note: 'nul \0' }],
    ['note', { to: 'cancelled', note: 'x'.repeat(1001) }],
  ])('transitions: %s in %j', async (field, body) => {
    const answer = await post(`orders/${orderNumber}/transitions`, body);
    expectProblem(answer, 422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('payment transitions: an unknown status', async () => {
    const answer = await post('payments/P/transitions', { to: 'lost' });
    expectProblem(answer, 422);
    expect(answer.body.errors[0].field).toBe('to');
  });
});

describe('one fault has one message', () => {
  test.each<[string, object]>([
    [
      'total.amount: is too large: it has more than 18 digits before the point',
      order({ total: CNY('9'.repeat(19)) }),
    ],
    ['total.amount: must not be negative', order({ total: CNY('-1.00') })],
    [
      'total.currency: must be an ISO 4217 code in capital letters, such as CNY',
      order({ total: { amount: '1.00', currency: 'cny' } }),
    ],
    [
      'total.currency: is missing: it must be an ISO 4217 code in capital letters, such as CNY',
      order({ total: { amount: '1.00' } }),
    ],
    [
      'total: is missing: it must be an object such as {"amount":"100.00","currency":"CNY"}',
      order({ total: undefined }),
    ],
    ['orderNumber: must be text of 1 to 64 letters, digits, _ and -', order({ orderNumber: null })],
    ['orderNumber: must be text of 1 to 64 letters, digits, _ and -', order({ orderNumber: 1001 })],
    ['orderNumber: must be 1 to 64 of letters, digits, _ and -', order({ orderNumber: 'a b' })],
    [
      'orderNumber: is missing: it must be 1 to 64 of letters, digits, _ and -',
      order({ orderNumber: undefined }),
    ],
    ['customerId: must be text of 1 to 64 characters', order({ customerId: 7 })],
    ['customerId: must not be empty', order({ customerId: ' ' })],
    ['customerId: must have at most 64 characters', order({ customerId: 'x'.repeat(65) })],
    ['customerId: must have neither NUL nor half a surrogate pair', order({ customerId: '\0' })],
    [
      'payment.gateway: is missing: it must be text of 1 to 64 characters',
      order({ payment: { paymentNumber: 'P' } }),
    ],
    ['payment: must be an object', order({ payment: 7 })],
    [
      'payment.expiresInSeconds: must be a whole number from 1 to 31536000',
      order({ payment: { gateway: 'standard-webhooks', expiresInSeconds: 'soon' } }),
    ],
    [
      'payment.paymentNumbr: is not a field of this request; it has gateway, expiresInSeconds, paymentNumber',
      order({ payment: { gateway: 'standard-webhooks', paymentNumbr: 'P' } }),
    ],
    [
      'discount: is not a field of this request; it has orderNumber, total, customerId, payment',
      order({ discount: 1 }),
    ],
    ['total.unit: is not a field of this request; it has amount, currency', order({ total: UNIT })],
  ])('%s', async (detail, body) => {
    const answer = await post('orders', body);
    expectProblem(answer, 422);
    expect(answer.body).toMatchObject({ detail, code: 'invalid', errors: [expect.anything()] });
  });

  test('money with another name for its amount has a fault for each name', async () => {
    const { body } = await post('orders', order({ total: { value: '1.00', currency: 'CNY' } }));
    expect(body.errors).toEqual([
      { field: 'total.amount', message: 'is missing: it must be a decimal string such as "100.00"' },
      { field: 'total.value', message: 'is not a field of this request; it has amount, currency' },
    ]);
  });

  test('a status that no request can give names those that a request can', async () => {
    const { body } = await post('orders/A/transitions', { to: 'canceled' });
    expect(body.detail).toBe('to: must be one of paid, shipped, completed, refunding, refunded, cancelled');
  });

  test('a list of types that is no list, is empty or has an unknown type', async () => {
    for (const events of ['order.paid', [], ['order.created'], 7]) {
      const { body } = await post('webhook-endpoints', { url: 'https://shop.example/', events });
      expect(body.errors).toEqual([{ field: 'events', message: expect.any(String) }]);
    }
  });
});

describe('a write without a body', () => {
  test.each([undefined, {}, '{}', ' { } '])('takes %j', async (body) => {
    const answer = await post('callbacks/1/replay', body);
    expect([answer.status, answer.body.code]).toEqual([404, 'not_found']);
  });

  test('takes no body whatever its content type is', async () => {
    const answer = await post('callbacks/1/replay', undefined, { 'content-type': 'text/plain' });
    expect(answer.status).toBe(404);
  });

  test.each([
    [415, 'force=true', 'application/x-www-form-urlencoded'],
    [400, '[]', 'application/json'],
    [400, 'true', 'application/json'],
  ])('is answered %i for the body %s (%s), and the answer says to send none', async (status, body, type) => {
    const answer = await post('callbacks/1/replay', body, { 'content-type': type });
    expectProblem(answer, status);
    expect(answer.body.detail).toContain('This request needs no body: send none, or the JSON object {}.');
  });

  test('refuses a field by its name', async () => {
    const answer = await post('callbacks/1/replay', { force: true });
    expectProblem(answer, 422);
    expect(answer.body.errors).toEqual([
      { field: 'force', message: 'is not a field of this request; it has none' },
    ]);
  });
});

describe('a write that needs a body and has none is answered 400, and the answer says what to send', () => {
  test.each<[string, string, string]>([
    ['POST', 'orders', 'It must have orderNumber, total. It may have customerId, payment.'],
    ['POST', 'orders/A/transitions', 'It must have to. It may have note.'],
    ['POST', 'discrepancies/1/assign', 'It must have assignee.'],
    [
      'POST',
      'discrepancies/1/resolve',
      'It must have resolution, note. It may have reference, paymentNumber, amount.',
    ],
    ['PATCH', 'webhook-endpoints/we_1', 'It may have url, events, headers.'],
  ])('%s %s', async (method, path, fields) => {
    for (const type of [null, 'application/json', 'text/plain']) {
      const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
      const answer = await service.call(method, `/admin/v1/${path}`, { headers });
      expectProblem(answer, 400);
      expect(answer.body).toMatchObject({
        code: 'malformed',
        detail: `The body is missing; nothing was changed. Send one JSON object with the header Content-Type: application/json. ${fields}`,
      });
    }
  });
});

describe('a query parameter that is repeated is answered 422, and the answer names it', () => {
  test.each([
    ['orders?limit=1&limit=2', 'limit'],
    ['orders?status=paid&status=paid&status=pending', 'status'],
    ['orders?cursor=a&cursor=b', 'cursor'],
    ['orders?orderNumber=A&orderNumber=B', 'orderNumber'],
    ['orders?customerId=A&customerId=B', 'customerId'],
    ['audit?from=2026-11-26T08:00:00Z&from=2026-11-26T08:00:00Z', 'from'],
    ['audit?to=2026-11-26T08:00:00Z&to=2026-11-26T08:00:00Z', 'to'],
  ])('%s', async (path, field) => {
    const answer = await service.call('GET', `/admin/v1/${path}`);
    expectProblem(answer, 422);
    const times = path.split(`${field}=`).length - 1;
    const message = `is in the query ${times} times; it may be there once`;
    expect(answer.body).toMatchObject({ code: 'invalid', errors: [{ field, message }] });
  });
});

describe('the length of text is counted in code points, as PostgreSQL counts it', () => {
  // Each of them has two units in UTF-16.
  test.each(['😀', '𠮷'])('%s is one character', async (character) => {
    const placed = await post('orders', order({ customerId: character.repeat(64) }));
    expect([placed.status, placed.body.customerId]).toEqual([201, character.repeat(64)]);
    const tooLong = await post('orders', order({ customerId: `${character.repeat(64)}x` }));
    expectProblem(tooLong, 422);
    expect(tooLong.body.detail).toBe('customerId: must have at most 64 characters');
  });
});

describe('a body that is not a JSON object is answered 400', () => {
  const nested = `{"a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
  test.each<[string, string | Buffer]>([
    ['an empty body', ''],
    ['truncated JSON', '{"orderNumber":'],
    ['an array', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a byte order mark', '\ufeff{}'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['sixty thousand brackets', nested],
    ['nine nested objects', '{"a":'.repeat(9) + '1' + '}'.repeat(9)],
    ['__proto__', '{"__proto__":{"orderNumber":"A"}}'],
    ['constructor in a payment', '{"payment":{"constructor":{}}}'],
    ['a nested __proto__', '{"total":{"__proto__":{"amount":"1.00"},"currency":"CNY"}}'],
    ['constructor', '{"constructor":null}'],
    ['hasOwnProperty', '{"hasOwnProperty":1,"orderNumber":"A"}'],
  ])('%s', async (_, body) => {
    expectProblem(await post('orders', body), 400);
  });

  test('and the prototype of all objects is unchanged', async () => {
    await post('orders', '{"__proto__":{"polluted":true},"orderNumber":"A"}');
    expect('polluted' in {}).toBe(false);
  });
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/jsonx',
  'application/json-patch+json',
])('a body that is sent as %s is answered 415', async (type) => {
  expectProblem(await post('orders', JSON.stringify(order({})), { 'content-type': type }), 415);
});

test.each(['gzip', 'br', 'identity, gzip'])(
  'a body with the Content-Encoding %s is answered 400, and the answer says how to send it',
  async (encoding) => {
    const answer = await post('orders', gzipSync(JSON.stringify(order({}))), {
      'content-encoding': encoding,
    });
    expectProblem(answer, 400);
    expect(answer.body.detail).toBe(
      'The body is compressed; nothing was changed. Send it without compression, and without the header Content-Encoding.',
    );
  },
);

test('the Content-Encoding identity is accepted', async () => {
  expect((await post('orders', order({}), { 'content-encoding': 'Identity' })).status).toBe(201);
});

test('a content type with a charset is accepted', async () => {
  const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
  expect((await post('orders', JSON.stringify(order({})), headers)).status).toBe(201);
});

test('a body of more than 256 KiB is answered 413', async () => {
  const answer = await post('orders', Buffer.alloc(BODY_LIMIT_BYTES + 1, 0x20));
  expectProblem(answer, 413);
  expect(answer.body).toMatchObject({
    code: 'too_large',
    detail:
      'The body is larger than 256 KiB, or is announced so by Content-Length; nothing was changed. Send a smaller body.',
  });
});

test('of a thousand unknown fields, the answer names the first twenty', async () => {
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, index]));
  const answer = await post('orders', order(many));
  expectProblem(answer, 422);
  expect(answer.body.errors).toHaveLength(20);
});

test.each([
  ['GET', '/'],
  ['GET', '/admin'],
  ['GET', '/admin/v1/nothing'],
  ['GET', `/admin/v1/orders/${'x'.repeat(2000)}`],
  ['GET', '/admin/v1/orders/..%2f..%2fetc'],
  ['GET', '/admin/v1/orders/%00'],
])('%s %s does not exist and is answered with a problem', async (method, path) => {
  const answer = await service.call(method, path);
  expectProblem(answer, path.length > 1000 ? 414 : 404);
});

test('the answer for a path that does not exist names the path, without its query', async () => {
  const { body } = await service.call('GET', '/admin/v1/admin/v1/orders?customerId=c');
  expect(body.detail).toBe('There is no path /admin/v1/admin/v1/orders. Nothing was changed.');
});

test.each([
  ['DELETE', '/admin/v1/orders/A', 'GET, HEAD'],
  ['PUT', '/admin/v1/orders', 'GET, HEAD, POST'],
  ['GET', '/callbacks/standard-webhooks', 'POST'],
])('%s %s is answered 405 with the methods that the path has', async (method, path, allowed) => {
  const answer = await service.call(method, path);
  expectProblem(answer, 405);
  expect(answer.headers.get('allow')!.split(', ').toSorted().join(', ')).toBe(allowed);
});

test.each(['GET', 'PUT', 'POST'])(
  '%s to the callback path of a gateway that is off is answered 404',
  async (method) => {
    const answer = await service.call(method, '/callbacks/paypal');
    expectProblem(answer, 404);
    expect(answer.headers.has('allow')).toBe(false);
    expect(answer.body).toMatchObject({ code: 'not_found', detail: 'No gateway "paypal" is configured.' });
  },
);

test('an unknown gateway is answered 422 with the gateways that are on', async () => {
  const answer = await post('orders', { ...order({}), payment: { gateway: 'paypal' } });
  expectProblem(answer, 422);
  expect(answer.body.errors).toEqual([
    {
      field: 'payment.gateway',
      message: expect.stringMatching(
        /^must be a gateway that this service is configured for: .*standard-webhooks/,
      ),
    },
  ]);
});

test('a path that cannot be decoded is answered 400', async () => {
  expectProblem(await service.call('GET', '/admin/v1/orders/%zz'), 400);
});

test('a request with two body lengths, as in request smuggling, is refused', async () => {
  const { port, hostname } = new URL(service.url);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /admin/v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${OPERATOR}\r\n` +
          'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      );
    });
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
});

test('two Idempotency-Key headers are answered 422', async () => {
  const { port, hostname } = new URL(service.url);
  const headers = {
    authorization: `Bearer ${OPERATOR}`,
    'content-type': 'application/json',
    'idempotency-key': ['one', 'two'],
  };
  const status = await new Promise((resolve, reject) => {
    const options = { port, hostname, headers, method: 'POST', path: '/admin/v1/orders' };
    const sent = httpRequest(options, (response) => resolve(response.resume().statusCode));
    sent.on('error', reject).end(JSON.stringify(order({})));
  });
  expect(status).toBe(422);
});
