import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GATEWAYS, startService, unique, type Said, type Service } from './service.js';

let service: Service;
const clock = { at: 0, now: () => new Date(Date.now() + clock.at) };
beforeAll(async () => {
  service = await startService({}, clock);
});
afterAll(() => service.close());

const linesAbout = (text: string) => service.log.lines.filter((line) => line.text.includes(text));

test.each(GATEWAYS)('%s: one line for each callback, with its ids and its outcome', async (gateway) => {
  const { paymentNumber } = await service.given(gateway);
  const [eventId, transactionId] = [unique('E'), unique('T')];
  await service.deliver(gateway, { paymentNumber, eventId, transactionId });
  const lines = linesAbout(paymentNumber);
  expect(lines).toHaveLength(1);
  for (const told of [gateway, eventId, transactionId, '"outcome":"settled"'])
    expect(lines[0]!.text).toContain(told);
});

test.each<[string, string, Partial<Said>, () => Promise<unknown>]>([
  ['a success', 'info', {}, async () => {}],
  ['late money', 'warn', { at: new Date(Date.now() + 3_600_000) }, async () => void (clock.at = 3_600_000)],
  ['another amount', 'warn', { amount: '1.00' }, async () => {}],
])('%s is told at level %s', async (_what, level, said, prepare) => {
  const { paymentNumber } = await service.given('stripe');
  await prepare();
  await service.deliver('stripe', { paymentNumber, ...said });
  clock.at = 0;
  expect(linesAbout(paymentNumber).map((line) => line.level)).toEqual([level]);
});

test('a copy is told as a duplicate at level info, with what the first came to', async () => {
  const { paymentNumber } = await service.given('alipay');
  const signed = service.sign('alipay', { paymentNumber });
  await service.sendRaw(signed);
  await service.sendRaw(signed);
  const [, copy] = linesAbout(paymentNumber);
  expect(copy).toMatchObject({ level: 'info', text: expect.stringContaining('"outcome":"duplicate"') });
  expect(copy!.text).toContain('"first":"settled"');
});

test('money for an order that cannot be paid is told at level error', async () => {
  const { paymentNumber, orderNumber } = await service.given('wechat-pay');
  await service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
  await service.deliver('wechat-pay', { paymentNumber });
  expect(linesAbout(paymentNumber)).toMatchObject([
    { level: 'error', text: expect.stringContaining('order_not_payable') },
  ]);
});

test('a refused signature is told with its reason at level warn, and a flood of them in a few lines', async () => {
  const signed = service.sign('standard-webhooks', { paymentNumber: unique('P'), tamper: true });
  await Promise.all(Array.from({ length: 200 }, () => service.sendRaw(signed)));
  const lines = linesAbout('callback rejected');
  expect(lines[0]).toMatchObject({ level: 'warn', text: expect.stringContaining('signature_mismatch') });
  expect(lines.length).toBeLessThan(100);
});

test('no line holds a secret, a token, a signature, a body or what it says of a buyer', async () => {
  const { paymentNumber } = await service.given('stripe');
  const buyer = (payload: Record<string, unknown>) => ({
    ...payload,
    buyer_name: 'Wang Fang 6222020200112233',
  });
  const signed = service.sign('stripe', { paymentNumber, alter: buyer });
  await service.sendRaw(signed);
  await service.sendRaw({ ...signed, body: Buffer.from(`${signed.body.toString()} `) });
  const said = service.log.lines.map(({ text }) => text).join('\n');
  const { settings } = service.keys;
  const secrets = [
    ...settings.stripe.secrets,
    ...settings.standardWebhooks.secrets,
    settings.wechatPay.apiV3Key,
    'dev-token',
  ];
  for (const secret of [
    ...secrets,
    signed.headers['stripe-signature']!,
    'Wang Fang',
    '6222020200112233',
    'buyer_name',
  ]) {
    expect(said).not.toContain(secret);
  }
});
