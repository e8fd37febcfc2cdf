import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { GATEWAYS, type Service, startService, unique } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface CallbackItem {
  id: string;
  eventId: string;
  outcome: string;
  deliveries: number;
}
const callbacksOf = async (paymentNumber: string) =>
  (await service.admin<{ items: CallbackItem[] }>('GET', `/callbacks?paymentNumber=${paymentNumber}`)).body
    .items;

describe('the inbox', () => {
  test('the same event id with another amount is no copy: it is stored beside the first as conflicting, and opens a case', async () => {
    const { paymentNumber, orderNumber } = await service.openPayment('standard-webhooks');
    const [eventId, transactionId] = [unique('E'), unique('T')];
    await service.deliver('standard-webhooks', { paymentNumber, eventId, transactionId });
    for (let copy = 0; copy < 2; copy += 1) {
      const { status } = await service.deliver('standard-webhooks', {
        paymentNumber,
        eventId,
        transactionId,
        amount: '99.00',
      });
      expect(status).toBe(200);
    }
    const [conflicting, first] = await callbacksOf(paymentNumber);
    expect(first).toMatchObject({ eventId, outcome: 'settled', deliveries: 1 });
    expect(conflicting).toMatchObject({ outcome: 'conflicting', deliveries: 2 });
    expect(conflicting!.eventId).toMatch(new RegExp(`^${eventId}~[0-9a-f]{16}$`));
    const { body } = await service.admin<{ items: object[] }>(
      'GET',
      `/discrepancies?paymentNumber=${paymentNumber}`,
    );
    expect(body.items).toMatchObject([{ kind: 'conflicting', status: 'open' }]);
    expect((await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status).toBe(
      'paid',
    );
  });

  test('two contents under one event id at once: one is decided by itself, the other is conflicting', async () => {
    const { paymentNumber } = await service.openPayment('standard-webhooks');
    const [eventId, transactionId] = [unique('E'), unique('T')];
    await Promise.all(
      ['100.00', '99.00', '100.00', '99.00'].map((amount) =>
        service.deliver('standard-webhooks', { paymentNumber, eventId, transactionId, amount }),
      ),
    );
    const rows = await callbacksOf(paymentNumber);
    expect(rows).toHaveLength(2);
    expect(rows.filter(({ outcome }) => outcome === 'conflicting')).toHaveLength(1);
    expect(rows.reduce((sum, { deliveries }) => sum + deliveries, 0)).toBe(4);
  });

  test('a callback with other bytes but the same content is a copy', async () => {
    const { paymentNumber } = await service.openPayment('standard-webhooks');
    const content = { paymentNumber, eventId: unique('E'), transactionId: unique('T') };
    await service.deliver('standard-webhooks', content);
    await service.deliver('standard-webhooks', {
      ...content,
      alter: (payload) => ({ ...payload, extra: 'field' }),
    });
    expect(await callbacksOf(paymentNumber)).toMatchObject([{ outcome: 'settled', deliveries: 2 }]);
  });

  test.each(GATEWAYS)(
    '%s: a callback with a valid signature and unreadable content is stored, acknowledged and opens a case',
    async (gateway) => {
      const { paymentNumber } = await service.openPayment(gateway);
      const eventId = unique('E');
      const alter = (payload: Record<string, unknown>) => withBadAmount(gateway, payload);
      const { status } = await service.deliver(gateway, { paymentNumber, eventId, alter });
      expect(status).toBe(gateway === 'wechat-pay' ? 204 : 200);
      const rows = await service.sql<{ outcome: string; id: string }>(
        'SELECT id, outcome FROM callbacks WHERE gateway = $1 ORDER BY id DESC LIMIT 1',
        [gateway],
      );
      expect(rows).toMatchObject([{ outcome: 'unreadable' }]);
      const cases = await service.sql('SELECT kind, status FROM discrepancies WHERE callback_id = $1', [
        rows[0]!.id,
      ]);
      expect(cases).toEqual([{ kind: 'unreadable', status: 'open' }]);
    },
  );

  test.each([
    ['processing', 'processing'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
  ] as const)(
    'a %s notification is recorded and marks the payment, and a later success still settles',
    async (status, mark) => {
      const { paymentNumber, orderNumber } = await service.openPayment('standard-webhooks');
      await service.deliver('standard-webhooks', { paymentNumber, status });
      const { body } = await service.admin<{ status: string; log: { event: string }[] }>(
        'GET',
        `/payments/${paymentNumber}`,
      );
      expect([body.status, body.log.map(({ event }) => event)]).toEqual([
        mark,
        ['payment.created', `payment.${mark}`, 'callback.recorded'],
      ]);
      await service.deliver('standard-webhooks', { paymentNumber });
      expect((await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status).toBe(
        'paid',
      );
    },
  );

  test('a refund that the gateway reports leaves the payment succeeded, and makes its order refunded', async () => {
    const { paymentNumber, orderNumber } = await service.openPayment('stripe');
    const transactionId = unique('pi_');
    await service.deliver('stripe', { paymentNumber, transactionId });
    await service.deliver('stripe', { paymentNumber, transactionId, status: 'refund' });
    const statusOf = async (route: string) =>
      (await service.admin<{ status: string }>('GET', route)).body.status;
    expect(await statusOf(`/payments/${paymentNumber}`)).toBe('succeeded');
    expect(await statusOf(`/orders/${orderNumber}`)).toBe('refunded');
  });

  test('the log is append-only: no row can be changed or deleted', async () => {
    await expect(service.sql(`UPDATE events SET actor = 'nobody'`)).rejects.toThrow('append-only');
    await expect(service.sql('DELETE FROM events')).rejects.toThrow('append-only');
    await expect(service.sql('TRUNCATE events')).rejects.toThrow('append-only');
  });

  test('a stored callback can be read byte by byte, with the headers of its signature and no others', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    const signed = service.sign('stripe', { paymentNumber });
    await service.sendRaw({
      ...signed,
      headers: { ...signed.headers, authorization: 'Basic c2VjcmV0', cookie: 'session=1' },
    });
    const [{ id }] = (await callbacksOf(paymentNumber)) as [CallbackItem];
    const { body } = await service.admin<{ bodyBase64: string; headers: Record<string, string> }>(
      'GET',
      `/callbacks/${id}`,
    );
    expect(Buffer.from(body.bodyBase64, 'base64')).toEqual(signed.body);
    expect(Object.keys(body.headers).toSorted()).toEqual(['content-type', 'stripe-signature', 'user-agent']);
    expect(body.headers['stripe-signature']).toBe(signed.headers['stripe-signature']);
  });
});

describe('bad input', () => {
  test.each([
    ['an unknown gateway', 404, { path: '/callbacks/nobody' }],
    ['a gateway that is the name of a property', 404, { path: '/callbacks/__proto__' }],
    ['no signature', 401, { headers: { 'content-type': 'application/json' } }],
    ['a body over 256 KiB', 413, { body: Buffer.alloc(256 * 1024 + 1, 'a') }],
    ['an empty body', 401, { body: Buffer.alloc(0) }],
    ['a body that is not UTF-8', 401, { body: Buffer.from([0xff, 0xfe, 0x00]) }],
    ['deep nesting without a signature', 401, { body: Buffer.from('['.repeat(200_000)) }],
  ])('%s is answered %i, and nothing is stored', async (_input, status, change) => {
    const before = await service.sql('SELECT count(*) FROM callbacks');
    const signed = service.sign('stripe', { paymentNumber: unique('P') });
    const answer = await service.sendRaw({ ...signed, ...change });
    expect(answer.status).toBe(status);
    expect(await service.sql('SELECT count(*) FROM callbacks')).toEqual(before);
  });

  test.each(GATEWAYS)("%s: a compressed body is answered 400, in the gateway's format", async (gateway) => {
    const signed = service.sign(gateway, { paymentNumber: unique('P') });
    const headers = { ...signed.headers, 'content-encoding': 'gzip' };
    const { status, body } = await service.sendRaw({ ...signed, headers, body: gzipSync(signed.body) });
    expect(status).toBe(400);
    if (gateway === 'alipay') expect(body).toBe('fail');
    if (gateway === 'wechat-pay') expect(JSON.parse(body)).toMatchObject({ code: 'FAIL' });
  });

  test('rejected callbacks are counted, and a capped number of them is stored for the operator', async () => {
    const signed = service.sign('alipay', { paymentNumber: unique('P'), tamper: true });
    const since = performance.now();
    const answers = await Promise.all(Array.from({ length: 300 }, () => service.sendRaw(signed)));
    const seconds = (performance.now() - since) / 1000;
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['401 fail']));
    let rejections: object[] = [];
    while (rejections.length === 0) {
      rejections = (await service.admin<{ items: object[] }>('GET', '/rejections?limit=200')).body.items;
    }
    expect(rejections[0]).toMatchObject({
      gateway: 'alipay',
      reason: 'signature_mismatch',
      remoteAddress: '127.0.0.1',
    });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(
      /quittance_signature_rejections_total\{gateway="alipay",reason="signature_mismatch"\} 300/,
    );
    const [{ count }] = (await service.sql<{ count: string }>('SELECT count(*) FROM rejections')) as [
      { count: string },
    ];
    // At most 200 are stored at once, and those are written once a second.
    expect(Number(count)).toBeLessThanOrEqual(200 * Math.ceil(seconds));
  });

  test("WeChat Pay's own probe is answered 401, as it expects, and counted as a probe", async () => {
    const signed = service.sign('wechat-pay', { paymentNumber: unique('P') });
    const headers = { ...signed.headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/abc' };
    for (const name of Object.keys(signed.headers)) {
      if (name !== 'wechatpay-signature' && name.toLowerCase() === 'wechatpay-signature')
        delete (headers as Record<string, string>)[name];
    }
    const { status } = await service.sendRaw({ ...signed, headers });
    expect(status).toBe(401);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/quittance_signature_rejections_total\{gateway="wechat-pay",reason="probe"\} 1/);
  });
});

/** The payload with an amount that is not a number. */
function withBadAmount(gateway: string, payload: Record<string, unknown>): Record<string, unknown> {
  const copy = structuredClone(payload) as Record<string, Record<string, Record<string, unknown>>>;
  if (gateway === 'stripe') copy.data!.object!.amount_received = 1.5;
  if (gateway === 'wechat-pay') (copy.resource!.amount as Record<string, unknown>).total = 'much';
  if (gateway === 'alipay') Object.assign(copy, { total_amount: '1e3' });
  if (gateway === 'standard-webhooks') Object.assign(copy.data!, { amount: 100 });
  return copy;
}
