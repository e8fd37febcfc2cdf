import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { type Service, VIEWER, startService } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const ROUTE = '/admin/v1/webhook-endpoints';
const ENDPOINT_URL = 'https://shop.example/hooks/quittance';
const DAY = { from: '2026-11-25T00:00:00Z', to: '2026-11-26T00:00:00Z' };
const BODIES: Readonly<Record<string, object>> = { PATCH: { url: ENDPOINT_URL }, '/replay': DAY };
const callUnknown = (method: string, path: string) => {
  const body = BODIES[method] ?? BODIES[path.slice(path.lastIndexOf('/'))];
  return service.call(method, path, body ? { body } : {});
};
const add = (body: unknown = { url: ENDPOINT_URL }, headers = {}) =>
  service.call('POST', ROUTE, { body: body as object, headers });

describe('webhook endpoints', () => {
  test('are added with a secret that is shown once, and are listed without it', async () => {
    const { status, body } = await add({ url: ENDPOINT_URL, events: ['order.paid', 'order.paid'] });
    expect(status).toBe(201);
    expect(body).toMatchObject({ url: ENDPOINT_URL, events: ['order.paid'], status: 'active', failures: 0 });
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { secret: _, ...rest } = body;
    expect((await service.call('GET', `${ROUTE}/${body.id}`)).body).toEqual(rest);
    expect((await service.call('GET', ROUTE)).body.items[0]).toEqual(rest);
    expect((await service.call('GET', `${ROUTE}/${body.id}/deliveries`)).body).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  test('are stored and shown with their URL in its normal form, when they are added and when they are changed', async () => {
    const { body } = await add({ url: 'HTTPS://Shop.example:443/a b' });
    expect(body.url).toBe('https://shop.example/a%20b');
    const changed = await service.call('PATCH', `${ROUTE}/${body.id}`, {
      body: { url: 'https://NEW.example' },
    });
    expect(changed.body.url).toBe('https://new.example/');
    expect((await service.call('GET', `${ROUTE}/${body.id}`)).body.url).toBe('https://new.example/');
  });

  test('are listed page by page, newest first', async () => {
    const ids = [(await add()).body.id, (await add()).body.id];
    const first = (await service.call('GET', `${ROUTE}?limit=1`)).body;
    expect(first.items.map(({ id }: { id: string }) => id)).toEqual([ids[1]]);
    const second = (await service.call('GET', `${ROUTE}?limit=1&cursor=${first.nextCursor}`)).body;
    expect(second.items.map(({ id }: { id: string }) => id)).toEqual([ids[0]]);
  });

  test('are added once, with one secret, if the request is repeated under its Idempotency-Key', async () => {
    const key = { 'idempotency-key': 'hook-1' };
    const [first, again] = [await add({ url: ENDPOINT_URL }, key), await add({ url: ENDPOINT_URL }, key)];
    expect(again.text).toBe(first.text);
  });

  test.each([
    [{}, 'url'],
    [{ url: 7 }, 'url'],
    [{ url: 'http://shop.example/' }, 'url'],
    [{ url: 'https://127.0.0.1/' }, 'url'],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, 'url'],
    [{ url: 'nonsense' }, 'url'],
    [{ url: 'https://shop.example/a\r\nX: y' }, 'url'],
    [{ url: ' https://shop.example/' }, 'url'],
    [{ url: 'https://shop.example:0/' }, 'url'],
    [{ url: 'https:///x' }, 'url'],
    [{ url: ENDPOINT_URL, events: [] }, 'events'],
    [{ url: ENDPOINT_URL, events: ['order.created'] }, 'events'],
    [{ url: ENDPOINT_URL, events: 'order.paid' }, 'events'],
    [{ url: ENDPOINT_URL, secret: 'whsec_mine' }, 'secret'],
    [{ url: ENDPOINT_URL, headers: ['X-A: b'] }, 'headers'],
    [{ url: ENDPOINT_URL, headers: 'X-A: b' }, 'headers'],
  ])('are refused as %j, with 422 for the field %s', async (body, field) => {
    const answer = await add(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['PATCH', ''],
    ['GET', '/deliveries'],
    ['POST', '/resume'],
    ['POST', '/secret'],
    ['POST', '/test'],
    ['POST', '/replay'],
    ['POST', '/deliveries/evt_1/redeliver'],
  ])('that do not exist are answered 404: %s …%s', async (method, more) => {
    for (const id of ['999999', '0', 'x', '99999999999999999999', "1'"])
      expect((await callUnknown(method, `${ROUTE}/${encodeURIComponent(id)}${more}`)).status).toBe(404);
  });

  test('a delivery that does not exist cannot be sent again', async () => {
    const { id } = (await add()).body;
    for (const event of ['evt_1', 'evt_x', '1', 'evt_99999999999999999999'])
      expect((await service.call('POST', `${ROUTE}/${id}/deliveries/${event}/redeliver`)).status).toBe(404);
  });

  test('are read by viewers and changed by operators alone', async () => {
    const { id } = (await add()).body;
    expect((await service.call('GET', ROUTE, { token: VIEWER })).status).toBe(200);
    for (const [method, path] of [
      ['POST', ''],
      ['DELETE', `/${id}`],
      ['PATCH', `/${id}`],
      ['POST', `/${id}/test`],
      ['POST', `/${id}/replay`],
      ['POST', `/${id}/secret`],
      ['POST', `/${id}/resume`],
    ] as const)
      expect((await service.call(method, `${ROUTE}${path}`, { token: VIEWER })).status).toBe(403);
  });

  test('do not exist after they were deleted, by a request without a body', async () => {
    const { id } = (await add()).body;
    expect((await service.call('DELETE', `${ROUTE}/${id}`)).body).toMatchObject({ id, url: ENDPOINT_URL });
    expect((await service.call('GET', `${ROUTE}/${id}`)).status).toBe(404);
    expect((await service.call('DELETE', `${ROUTE}/${id}`)).status).toBe(404);
  });
});

describe('a change of an endpoint', () => {
  const change = (id: string, body: object, headers = {}) =>
    service.call('PATCH', `${ROUTE}/${id}`, { body, headers });

  test('changes what it names, and nothing else', async () => {
    const { secret: _, ...endpoint } = (await add({ url: ENDPOINT_URL, events: ['order.paid'] })).body;
    const url = 'https://new.example/hook';
    const moved = await change(endpoint.id, { url });
    expect(moved).toMatchObject({ status: 200, body: { ...endpoint, url } });
    const all = await change(endpoint.id, { events: null });
    expect(all.body).toEqual({ ...endpoint, url, events: null });
    const some = await change(endpoint.id, { events: ['order.shipped', 'order.shipped'] });
    expect(some.body.events).toEqual(['order.shipped']);
    expect((await service.call('GET', `${ROUTE}/${endpoint.id}`)).body).toEqual(some.body);
  });

  test.each([
    [{}, 'url'],
    [{ url: null }, 'url'],
    [{ url: 'http://shop.example/' }, 'url'],
    [{ url: 'https://127.0.0.1/' }, 'url'],
    [{ url: 'https://user:pw@shop.example/' }, 'url'],
    [{ url: 'https://shop.example/\t' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: ['endpoint.disabled'] }, 'events'],
    [{ status: 'active' }, 'status'],
    [{ secret: 'whsec_mine' }, 'secret'],
  ])('to %j is refused with 422 for the field %s, and changes nothing', async (body, field) => {
    const { secret: _, ...endpoint } = (await add()).body;
    const answer = await change(endpoint.id, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
    expect((await service.call('GET', `${ROUTE}/${endpoint.id}`)).body).toEqual(endpoint);
  });

  test('is made once under an Idempotency-Key', async () => {
    const { id } = (await add()).body;
    const key = { 'idempotency-key': `change-${id}` };
    const first = await change(id, { headers: { 'X-A': '1' } }, key);
    await change(id, { headers: {} });
    expect((await change(id, { headers: { 'X-A': '1' } }, key)).text).toBe(first.text);
    expect((await service.call('GET', `${ROUTE}/${id}`)).body.headers).toEqual([]);
  });
});

describe('the headers of an endpoint', () => {
  const SECRET = 'Bearer header-secret';
  const put = async (headers: unknown) => {
    const { id } = (await add()).body;
    return service.call('PATCH', `${ROUTE}/${id}`, { body: { headers } });
  };

  test('are replaced as a whole and removed with null, and only their names are shown', async () => {
    const headers = { Authorization: SECRET, 'X-Shop': 'a b\tc' };
    const created = await add({ url: ENDPOINT_URL, headers }, { 'idempotency-key': 'headers-1' });
    const { id } = created.body;
    expect(created.body.headers.toSorted()).toEqual(['Authorization', 'X-Shop']);
    const answers = [
      created,
      await service.call('GET', `${ROUTE}/${id}`),
      await service.call('GET', ROUTE),
      await service.call('PATCH', `${ROUTE}/${id}`, { body: { headers: { 'X-Other': SECRET } } }),
      await service.call('PATCH', `${ROUTE}/${id}`, { body: { headers: { '1 2': SECRET } } }),
    ];
    expect(answers[3]!.body.headers).toEqual(['X-Other']);
    const removed = await service.call('PATCH', `${ROUTE}/${id}`, { body: { headers: null } });
    expect(removed.body.headers).toEqual([]);
    const { events, replies } = service.memory.tables;
    for (const text of [
      ...answers.map((answer) => answer.text),
      JSON.stringify([events, ...replies.values()]),
    ])
      expect(text).not.toContain('header-secret');
  });

  test.each([
    ['ten of them', Object.fromEntries(Array.from({ length: 10 }, (_, nth) => [`X-${nth}`, 'v']))],
    ['a name of 64 characters', { [`X-${'a'.repeat(62)}`]: 'v' }],
    ['every character that a name may have', { "!#$%&'*+-.^_`|~0aZ": 'v' }],
    ['a value of 2048 characters', { 'X-A': 'v'.repeat(2_048) }],
    ['none', {}],
  ])('may be %s', async (_what, headers) => {
    const { status, body } = await put(headers);
    expect(status).toBe(200);
    expect(body.headers.toSorted()).toEqual(Object.keys(headers).toSorted());
  });

  test.each([
    ['eleven', Object.fromEntries(Array.from({ length: 11 }, (_, nth) => [`X-${nth}`, 'v']))],
    ['a list', ['X-A']],
    ['text', 'X-A: v'],
    ['host', { Host: 'other.example' }],
    ['content-type', { 'Content-Type': 'text/plain' }],
    ['content-length', { 'content-length': '1' }],
    ['a header of the signature', { 'Webhook-Signature': 'v1,x' }],
    ['another webhook-*', { 'webhook-anything': 'v' }],
    ...['connection', 'keep-alive', 'TE', 'trailer', 'transfer-encoding', 'upgrade', 'expect'].map(
      (name) => [name, { [name]: 'v' }] as const,
    ),
    ['proxy-authorization', { 'Proxy-Authorization': 'v' }],
    ['a name twice, in upper and lower case', { 'X-A': '1', 'x-a': '2' }],
    ['an empty name', { '': 'v' }],
    ['a name with a space', { 'X A': 'v' }],
    ['a name with a colon', { 'X-A:': 'v' }],
    ['a name with a line break', { 'X-A\r\nX-B': 'v' }],
    ['a name that is not ASCII', { 'X-é': 'v' }],
    ['a name of 65 characters', { ['a'.repeat(65)]: 'v' }],
    ['an empty value', { 'X-A': '' }],
    ['a value with a line break', { 'X-A': 'v\r\nX-B: v' }],
    ['a value with NUL', { 'X-A': 'v\0' }],
    ['a value that ends with a space', { 'X-A': 'v ' }],
    ['a value that is not ASCII', { 'X-A': 'é' }],
    ['a value of 2049 characters', { 'X-A': 'v'.repeat(2_049) }],
    ['a number', { 'X-A': 1 }],
    ['null', { 'X-A': null }],
    [
      'more than 6144 characters',
      { 'X-A': 'v'.repeat(2_048), 'X-B': 'v'.repeat(2_048), 'X-C': 'v'.repeat(2_048) },
    ],
  ])('may not be %s', async (_what, headers) => {
    const { status, body } = await put(headers);
    expect(status).toBe(422);
    expect(body.errors).toHaveLength(1);
    expect(body.errors[0].field).toBe('headers');
  });
});

describe('a test of an endpoint', () => {
  test('sends endpoint.test once and shows the attempt, and a repeated request shows it again', async () => {
    const { id, secret } = (await add({ url: ENDPOINT_URL, headers: { 'X-Shop': 's' } })).body;
    service.sentTests.length = 0;
    const test = () =>
      service.call('POST', `${ROUTE}/${id}/test`, { headers: { 'idempotency-key': `test-${id}` } });
    const first = await test();
    expect(first).toMatchObject({
      status: 200,
      body: { delivered: false, status: 503, error: 'HTTP 503', durationMs: expect.any(Number) },
    });
    expect((await test()).text).toBe(first.text);
    const destination = { url: ENDPOINT_URL, secrets: [secret], headers: { 'X-Shop': 's' } };
    expect(service.sentTests).toMatchObject([
      { message: { id: first.body.eventId, type: 'endpoint.test', data: { endpointId: id } }, destination },
    ]);
    expect((await service.call('POST', `${ROUTE}/${id}/test`)).status).toBe(200);
    expect(service.sentTests).toHaveLength(2);
    expect((await service.call('GET', `${ROUTE}/${id}/deliveries`)).body.items).toEqual([]);
  });
});

describe('a replay', () => {
  const replay = (id: string, body: object, headers = {}) =>
    service.call('POST', `${ROUTE}/${id}/replay`, { body, headers });

  test('queues what happened in the range, once under an Idempotency-Key', async () => {
    await service.call('POST', '/admin/v1/orders', {
      body: { orderNumber: 'replayed', total: { amount: '1.00', currency: 'CNY' } },
    });
    await service.call('POST', '/admin/v1/orders/replayed/transitions', { body: { to: 'cancelled' } });
    const { id } = (await add({ url: ENDPOINT_URL, events: ['order.cancelled'] })).body;
    const now = Date.now();
    const range = { from: new Date(now - 60_000).toISOString(), to: new Date(now + 60_000).toISOString() };
    const key = { 'idempotency-key': `replay-${id}` };
    const first = await replay(id, range, key);
    expect(first).toMatchObject({ status: 200, body: { queued: 1, nextCursor: null } });
    expect((await replay(id, range, key)).text).toBe(first.text);
    expect((await replay(id, range)).body).toEqual({ queued: 0, nextCursor: null });
    expect((await service.call('GET', `${ROUTE}/${id}/deliveries`)).body.items).toMatchObject([
      { type: 'order.cancelled', orderNumber: 'replayed', status: 'waiting' },
    ]);
    const another = await replay(id, DAY, key);
    expect(another).toMatchObject({ status: 422, body: { code: 'key_reused' } });
  });

  test.each([
    [{}, 'from'],
    [{ from: DAY.from }, 'to'],
    [{ ...DAY, from: '2026-11-25' }, 'from'],
    [{ ...DAY, to: 'now' }, 'to'],
    [{ ...DAY, to: DAY.from }, 'to'],
    [{ from: DAY.to, to: DAY.from }, 'to'],
    [{ from: '2026-10-26T00:00:00Z', to: '2026-11-26T00:00:01Z' }, 'to'],
    [{ ...DAY, cursor: '12' }, 'cursor'],
    [{ ...DAY, events: ['order.paid'] }, 'events'],
  ])('of %j is refused with 422 for the field %s', async (body, field) => {
    const { id } = (await add()).body;
    const answer = await replay(id, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('of 31 days is allowed', async () => {
    const { id } = (await add()).body;
    const range = { from: '2026-10-26T00:00:00+08:00', to: '2026-11-25T16:00:00Z' };
    expect((await replay(id, range)).body).toEqual({ queued: 0, nextCursor: null });
  });

  test('and a redelivery for a disabled endpoint are refused with 409', async () => {
    const { id } = (await add()).body;
    const { memory } = service;
    const row = memory.tables.subscribers.get(id)!;
    const disabled = { ...row, state: { ...row.state, status: 'off' as const } };
    memory.tables = { ...memory.tables, subscribers: new Map(memory.tables.subscribers).set(id, disabled) };
    expect((await service.call('GET', `${ROUTE}/${id}`)).body.status).toBe('disabled');
    const problem = { status: 409, body: { code: 'endpoint_disabled' } };
    expect(await replay(id, DAY)).toMatchObject(problem);
    expect(await service.call('POST', `${ROUTE}/${id}/deliveries/evt_1/redeliver`)).toMatchObject(problem);
    const resumed = await service.call('POST', `${ROUTE}/${id}/resume`);
    expect(resumed.body).toMatchObject({ status: 'active', pausedAt: null });
    expect((await replay(id, DAY)).status).toBe(200);
  });
});

describe('the description of events', () => {
  test('is OpenAPI 3.1 with a webhook for every published type, and without the nullable of 3.0', () => {
    const { document } = service;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.webhooks!).toSorted()).toEqual(
      [...PUBLISHED_TYPES, 'endpoint.test'].toSorted(),
    );
    expect(JSON.stringify(document)).not.toContain('"nullable"');
    const paid = document.webhooks!['order.paid'] as ReturnType<typeof JSON.parse>;
    expect(paid.post.requestBody.content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/OrderPaidEvent',
    });
    const schema = document.components!.schemas!['OrderPaidEvent'] as ReturnType<typeof JSON.parse>;
    expect(schema.properties.type).toEqual({ const: 'order.paid' });
    expect(schema.properties.data.required).toContain('orderNumber');
  });
});
