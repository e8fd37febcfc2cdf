import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GATEWAYS, startService, unique, type Service } from './service.js';

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
  test('the same event id over other money is no copy: it is kept beside the first, conflicting, with an owner', async () => {
    const { paymentNumber, orderNumber } = await service.given('standard-webhooks');
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

  test('two contents under one event id at once: one is settled or refused by itself, the other is conflicting', async () => {
    const { paymentNumber } = await service.given('standard-webhooks');
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

  test('a copy whose bytes differ but which says the same is a copy', async () => {
    const { paymentNumber } = await service.given('standard-webhooks');
    const said = { paymentNumber, eventId: unique('E'), transactionId: unique('T') };
    await service.deliver('standard-webhooks', said);
    await service.deliver('standard-webhooks', {
      ...said,
      alter: (payload) => ({ ...payload, extra: 'field' }),
    });
    expect(await callbacksOf(paymentNumber)).toMatchObject([{ outcome: 'settled', deliveries: 2 }]);
  });

  test.each(GATEWAYS)(
    '%s: what is well signed and not understood is stored, acknowledged and gets an owner',
    async (gateway) => {
      const { paymentNumber } = await service.given(gateway);
      const eventId = unique('E');
      const wreck = (payload: Record<string, unknown>) => wrecked(gateway, payload);
      const { status } = await service.deliver(gateway, { paymentNumber, eventId, alter: wreck });
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
    'a %s notice is recorded and labels the payment, and a later success still settles',
    async (status, label) => {
      const { paymentNumber, orderNumber } = await service.given('standard-webhooks');
      await service.deliver('standard-webhooks', { paymentNumber, status });
      const { body } = await service.admin<{ status: string; log: { event: string }[] }>(
        'GET',
        `/payments/${paymentNumber}`,
      );
      expect([body.status, body.log.map(({ event }) => event)]).toEqual([
        label,
        ['payment.created', `payment.${label}`, 'callback.recorded'],
      ]);
      await service.deliver('standard-webhooks', { paymentNumber });
      expect((await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status).toBe(
        'paid',
      );
    },
  );

  test.each([
    ['refund', 'refund_reported'],
    ['dispute', 'dispute_reported'],
  ] as const)(
    'a %s that the gateway reports leaves the payment as it is and gets an owner: %s',
    async (status, outcome) => {
      const { paymentNumber } = await service.given('stripe');
      const transactionId = unique('pi_');
      await service.deliver('stripe', { paymentNumber, transactionId });
      await service.deliver('stripe', { paymentNumber, transactionId, status });
      expect((await service.admin<{ status: string }>('GET', `/payments/${paymentNumber}`)).body.status).toBe(
        'succeeded',
      );
      const { body } = await service.admin<{ items: object[] }>(
        'GET',
        `/discrepancies?paymentNumber=${paymentNumber}`,
      );
      expect(body.items).toMatchObject([{ kind: outcome, status: 'open' }]);
    },
  );

  test('the log is append-only: no row of it can be changed or taken away', async () => {
    await expect(service.sql(`UPDATE events SET actor = 'nobody'`)).rejects.toThrow('append-only');
    await expect(service.sql('DELETE FROM events')).rejects.toThrow('append-only');
    await expect(service.sql('TRUNCATE events')).rejects.toThrow('append-only');
  });

  test('what was received can be read again to the byte, without what a proxy may have added in secret', async () => {
    const { paymentNumber } = await service.given('stripe');
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
    expect(body.headers).toMatchObject({ authorization: '[redacted]', cookie: '[redacted]' });
  });
});

describe('what bad input gets', () => {
  test.each([
    ['an unknown gateway', 404, { path: '/callbacks/nobody' }],
    ['a gateway that is the name of a property', 404, { path: '/callbacks/__proto__' }],
    ['no signature', 401, { headers: { 'content-type': 'application/json' } }],
    ['a body over 256 KiB', 413, { body: Buffer.alloc(256 * 1024 + 1, 'a') }],
    ['an empty body', 401, { body: Buffer.alloc(0) }],
    ['a body that is not UTF-8', 401, { body: Buffer.from([0xff, 0xfe, 0x00]) }],
    ['deep nesting without a signature', 401, { body: Buffer.from('['.repeat(200_000)) }],
  ])('%s gets %i, and nothing is stored', async (_what, status, change) => {
    const before = await service.sql('SELECT count(*) FROM callbacks');
    const signed = service.sign('stripe', { paymentNumber: unique('P') });
    const answer = await service.sendRaw({ ...signed, ...change });
    expect(answer.status).toBe(status);
    expect(await service.sql('SELECT count(*) FROM callbacks')).toEqual(before);
  });

  test.each(GATEWAYS)('%s: a compressed body is malformed, in the words of the gateway', async (gateway) => {
    const signed = service.sign(gateway, { paymentNumber: unique('P') });
    const headers = { ...signed.headers, 'content-encoding': 'gzip' };
    const { status, body } = await service.sendRaw({ ...signed, headers, body: gzipSync(signed.body) });
    expect(status).toBe(400);
    if (gateway === 'alipay') expect(body).toBe('fail');
    if (gateway === 'wechat-pay') expect(JSON.parse(body)).toMatchObject({ code: 'FAIL' });
  });

  test('strangers are counted and kept for the operator, but no more than a capped number of them', async () => {
    const signed = service.sign('alipay', { paymentNumber: unique('P'), tamper: true });
    const answers = await Promise.all(Array.from({ length: 300 }, () => service.sendRaw(signed)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(['401 fail']));
    let kept: object[] = [];
    while (kept.length === 0) {
      kept = (await service.admin<{ items: object[] }>('GET', '/rejections?limit=200')).body.items;
    }
    expect(kept[0]).toMatchObject({
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
    expect(Number(count)).toBeLessThan(300);
  });

  test("WeChat Pay's own probe is rejected as it wants to be, and is nobody's alarm", async () => {
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

/** Right signature, wrong content: the amount is no amount. */
function wrecked(gateway: string, payload: Record<string, unknown>): Record<string, unknown> {
  const copy = structuredClone(payload) as Record<string, Record<string, Record<string, unknown>>>;
  if (gateway === 'stripe') copy.data!.object!.amount_received = 1.5;
  if (gateway === 'wechat-pay') (copy.resource!.amount as Record<string, unknown>).total = 'much';
  if (gateway === 'alipay') Object.assign(copy, { total_amount: '1e3' });
  if (gateway === 'standard-webhooks') Object.assign(copy.data!, { amount: 100 });
  return copy;
}
