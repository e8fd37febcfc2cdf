import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { GATEWAYS, type TestCallback, type Service, startService, unique } from './service.js';

let service: Service;
const clock = { at: 0, now: () => new Date(Date.now() + clock.at) };
beforeAll(async () => {
  service = await startService({}, { clock });
});
afterAll(() => service.close());

const linesAbout = (text: string) => service.log.lines.filter((line) => line.text.includes(text));

test.each(GATEWAYS)('%s: each callback is one line with its ids and its outcome', async (gateway) => {
  const { paymentNumber } = await service.openPayment(gateway);
  const [eventId, transactionId] = [unique('E'), unique('T')];
  await service.deliver(gateway, { paymentNumber, eventId, transactionId });
  const lines = linesAbout(paymentNumber);
  expect(lines).toHaveLength(1);
  for (const part of [gateway, eventId, transactionId, '"outcome":"settled"'])
    expect(lines[0]!.text).toContain(part);
});

test.each<[string, string, Partial<TestCallback>, () => Promise<unknown>]>([
  ['a success', 'info', {}, async () => {}],
  ['late money', 'warn', { at: new Date(Date.now() + 3_600_000) }, async () => void (clock.at = 3_600_000)],
  ['another amount', 'warn', { amount: '1.00' }, async () => {}],
])('%s is logged at level %s', async (_callback, level, content, prepare) => {
  const { paymentNumber } = await service.openPayment('stripe');
  await prepare();
  await service.deliver('stripe', { paymentNumber, ...content });
  clock.at = 0;
  expect(linesAbout(paymentNumber).map((line) => line.level)).toEqual([level]);
});

test('a copy is logged as a duplicate at level info, with the outcome of the first', async () => {
  const { paymentNumber } = await service.openPayment('alipay');
  const signed = service.sign('alipay', { paymentNumber });
  await service.sendRaw(signed);
  await service.sendRaw(signed);
  const [, copy] = linesAbout(paymentNumber);
  expect(copy).toMatchObject({ level: 'info', text: expect.stringContaining('"outcome":"duplicate"') });
  expect(copy!.text).toContain('"first":"settled"');
});

test('money for an order that cannot be paid is logged at level error', async () => {
  const { paymentNumber, orderNumber } = await service.openPayment('wechat-pay');
  await service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
  await service.deliver('wechat-pay', { paymentNumber });
  expect(linesAbout(paymentNumber)).toMatchObject([
    { level: 'error', text: expect.stringContaining('order_not_payable') },
  ]);
});

test('an invalid signature is logged with its reason at level warn, and a flood of them in a few lines', async () => {
  const signed = service.sign('standard-webhooks', { paymentNumber: unique('P'), tamper: true });
  await Promise.all(Array.from({ length: 200 }, () => service.sendRaw(signed)));
  const lines = linesAbout('callback rejected');
  expect(lines[0]).toMatchObject({ level: 'warn', text: expect.stringContaining('signature_mismatch') });
  expect(lines.length).toBeLessThan(100);
});

test('no line contains a secret, a token, a signature, a body or personal data', async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  const withBuyer = (payload: Record<string, unknown>) => ({
    ...payload,
    buyer_name: 'Wang Fang 6222020200112233',
  });
  const signed = service.sign('stripe', { paymentNumber, alter: withBuyer });
  await service.sendRaw(signed);
  await service.sendRaw({ ...signed, body: Buffer.from(`${signed.body.toString()} `) });
  const logged = service.log.lines.map(({ text }) => text).join('\n');
  const { keys } = service;
  const secrets = [
    keys.stripe.stripeSecret,
    keys['standard-webhooks'].standardWebhooksSecret,
    keys['wechat-pay'].wechatPayApiV3Key,
    'dev-token',
  ];
  for (const secret of [
    ...secrets,
    signed.headers['stripe-signature']!,
    'Wang Fang',
    '6222020200112233',
    'buyer_name',
  ]) {
    expect(logged).not.toContain(secret);
  }
});

test('a callback that is stored and not settled because of a bug is logged at level error', async () => {
  const { paymentNumber } = await service.openPayment('standard-webhooks');
  await service.sql(
    `ALTER TABLE events ADD CONSTRAINT broken CHECK (payment_number <> '${paymentNumber}') NOT VALID`,
  );
  const { status } = await service.deliver('standard-webhooks', { paymentNumber });
  await service.sql('ALTER TABLE events DROP CONSTRAINT broken');
  expect(status).toBe(200);
  const [line] = linesAbout(paymentNumber);
  expect(line).toMatchObject({ level: 'error', text: expect.stringContaining('"outcome":"pending"') });
});
