import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { field, type RawCallback, type Reading } from '../../src/adapters/gateways/gateway.js';
import { EVENT, gateways, GENUINE, NAMES, PAYLOAD, readingOf, TRADE, TRANSACTION } from './genuine.js';
import {
  alipayCallback,
  NOW,
  NOW_SECONDS,
  stripeCallback,
  webhookCallback,
  wechatBody,
  wechatCallback,
} from './official.js';

/** What every later step relies on, whatever a gateway has signed. */
function expectHarmless(reading: Reading | string): void {
  expect(reading).toBeInstanceOf(Object);
  const { eventId, notice } = reading as Reading;
  expect(eventId.length).toBeLessThanOrEqual(255);
  expect(notice.paymentNumber ?? 'none').toMatch(/^[\w-]{1,64}$/);
  expect(notice.transactionId ?? '').toMatch(/^[^\0]{0,128}$/su);
  expect(notice.reason ?? '').toMatch(/^[^\0]{0,500}$/su);
  if (notice.paidAt) expect(notice.paidAt.toISOString()).toMatch(/^\d{4}-/);
  if (notice.kind === 'succeeded')
    expect(notice).toMatchObject({ transactionId: expect.any(String), money: expect.anything() });
  const { paymentNumber, transactionId, reason } = notice;
  for (const text of [eventId, paymentNumber, transactionId, reason])
    expect((text ?? '').isWellFormed()).toBe(true);
}

describe('no stranger’s bytes and headers make a verifier throw', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      `t=${NOW_SECONDS},v1=`,
      'v1,',
      String(NOW_SECONDS),
      '1e9',
      ','.repeat(99),
      ...Object.values(GENUINE.stripe.headers),
    ),
    fc.anything(),
  );
  test.each(NAMES)('%s', (name) => {
    const names = fc.constantFrom(
      'stripe-signature',
      '__proto__',
      ...Object.values(GENUINE).flatMap(({ headers }) => Object.keys(headers)),
    );
    const headers = fc.oneof(
      fc.dictionary(names, value),
      fc.constantFrom(undefined, null, [], ...Object.values(GENUINE).map((one) => one.headers)),
    );
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`sign=${text}`)),
    );
    fc.assert(
      fc.property(headers, body, (odd, bytes) => {
        const callback = { headers: odd as RawCallback['headers'], body: Buffer.from(bytes) };
        expect(gateways.get(name)!.verify(callback, NOW)).toHaveProperty('rejected');
        expectHarmless(gateways.get(name)!.read(callback.body));
      }),
      { numRuns: 500 },
    );
  });
});

describe('whatever a gateway signs becomes a harmless notice', () => {
  const leaf = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      2 ** 53,
      -1,
      0.1,
      1e308,
      '',
      '\0',
      '\ud800',
      'x'.repeat(70_000),
      '1e400',
      '-1',
      '0',
      '１',
      null,
      true,
      [],
      {},
    ),
    fc.jsonValue(),
  );
  /** One field of the original, at any depth, replaced by something else or joined by an odd one. */
  const twisted = (original: object): fc.Arbitrary<string> =>
    fc
      .tuple(fc.nat(60), leaf, fc.constantFrom('__proto__', 'constructor', 'toString', 'id', 'data'))
      .map(([nth, odd, name]) => {
        let count = 0;
        const twist = (key: string, value: unknown): unknown => (key !== '' && count++ === nth ? odd : value);
        const text = JSON.stringify(original, twist);
        return nth % 2 ? text : text.replace('{', `{${JSON.stringify(name)}:${JSON.stringify(odd)},`);
      });
  const raw = fc.constantFrom(
    '',
    'null',
    '1e999',
    '{"type":',
    '\ufeff{}',
    '['.repeat(100_000),
    `{"type":${'{"a":'.repeat(40_000)}`,
    '"\ud800"',
    '{"id":"\\ud800"}',
  );

  test('stripe', () => {
    fc.assert(
      fc.property(fc.oneof(twisted(EVENT), raw), (text) =>
        expectHarmless(readingOf('stripe', stripeCallback(text))),
      ),
    );
  });

  test('wechat-pay, outside and inside of the seal', () => {
    const inside = fc.oneof(twisted(TRANSACTION), raw).map((text) => wechatBody(text));
    const outside = twisted(JSON.parse(wechatBody(TRANSACTION)) as object);
    fc.assert(
      fc.property(fc.oneof(inside, outside, raw), (text) =>
        expectHarmless(readingOf('wechat-pay', wechatCallback(text))),
      ),
    );
  });

  test('alipay', () => {
    const bytes = fc
      .oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('\0', '\ud800', '0'.repeat(999), '-1', '1e9'))
      .map((value) => Buffer.from(value));
    const odd = fc.dictionary(fc.constantFrom(...Object.keys(TRADE), 'charset', 'body', '__proto__'), bytes);
    fc.assert(
      fc.property(odd, (fields) =>
        expectHarmless(readingOf('alipay', alipayCallback({ ...TRADE, ...fields }))),
      ),
    );
  });

  test('standard-webhooks', () => {
    fc.assert(
      fc.property(fc.oneof(twisted(PAYLOAD), raw), (text) =>
        expectHarmless(readingOf('standard-webhooks', webhookCallback(text))),
      ),
    );
  });
});

test('a field is what the sender wrote and never what an object inherits', () => {
  expect(field(JSON.parse('{"__proto__":{"id":"evt_1"}}'), 'id')).toBeUndefined();
  expect(field({}, 'constructor')).toBeUndefined();
});
