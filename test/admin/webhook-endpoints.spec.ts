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
    [{ url: ENDPOINT_URL, events: [] }, 'events'],
    [{ url: ENDPOINT_URL, events: ['order.created'] }, 'events'],
    [{ url: ENDPOINT_URL, events: 'order.paid' }, 'events'],
    [{ url: ENDPOINT_URL, secret: 'whsec_mine' }, 'secret'],
  ])('are refused as %j, with 422 for the field %s', async (body, field) => {
    const answer = await add(body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test.each([
    ['GET', ''],
    ['DELETE', ''],
    ['GET', '/deliveries'],
    ['POST', '/resume'],
    ['POST', '/secret'],
    ['POST', '/deliveries/evt_1/redeliver'],
  ])('that do not exist are answered 404: %s …%s', async (method, more) => {
    for (const id of ['999999', '0', 'x', '99999999999999999999', "1'"])
      expect((await service.call(method, `${ROUTE}/${encodeURIComponent(id)}${more}`)).status).toBe(404);
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

describe('the description of events', () => {
  test('is OpenAPI 3.1 with a webhook for every published type, and without the nullable of 3.0', () => {
    const { document } = service;
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.webhooks!).toSorted()).toEqual([...PUBLISHED_TYPES].toSorted());
    expect(JSON.stringify(document)).not.toContain('"nullable"');
    const paid = document.webhooks!['order.paid'] as ReturnType<typeof JSON.parse>;
    const { schema } = paid.post.requestBody.content['application/json'];
    expect(schema.properties.type).toEqual({ const: 'order.paid' });
    expect(schema.properties.data.required).toContain('orderNumber');
  });
});
