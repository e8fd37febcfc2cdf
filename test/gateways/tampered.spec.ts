import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHmac, createSign } from 'node:crypto';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import { GENUINE, NAMES, type Name, readingOf } from './genuine.js';
import { ALIPAY, NOW, NOW_SECONDS, PLATFORM, STRIPE_SECRET, WEBHOOK_SECRET } from './official.js';

test.each(NAMES)('%s: a genuine callback settles a payment', (name) => {
  expect(readingOf(name, GENUINE[name])).toMatchObject({
    notification: { kind: 'succeeded', paymentNumber: 'PAY-1', foreign: null },
  });
});

describe('a signed timestamp may be up to 300 seconds before or after the receipt', () => {
  test.each(['stripe', 'wechat-pay', 'standard-webhooks'] as const)('%s', (name) => {
    const at = (milliseconds: number): unknown =>
      readingOf(name, GENUINE[name], new Date(NOW.getTime() + milliseconds));
    for (const inside of [-300_000, -1, 0, 300_000]) expect(at(inside)).toHaveProperty('notification');
    for (const outside of [-300_001, 300_001, 86_400_000])
      expect(at(outside)).toBe('timestamp_outside_window');
  });
});

describe('a change of any one byte of the body is rejected', () => {
  test.each(['stripe', 'wechat-pay', 'standard-webhooks'] as const)('%s', (name) => {
    const { headers, body } = GENUINE[name];
    const change = fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([index, bits]) => {
        const tampered = Buffer.from(body);
        tampered[index]! ^= bits;
        expect(readingOf(name, { headers, body: tampered })).toBe('signature_mismatch');
      }),
      { numRuns: 500 },
    );
  });

  test('alipay, unless the form still has the same content in another encoding', () => {
    const { headers, body } = GENUINE.alipay;
    const genuine = readingOf('alipay', GENUINE.alipay);
    const change = fc.tuple(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(change, ([index, bits]) => {
        const tampered = Buffer.from(body);
        tampered[index]! ^= bits;
        const reading = readingOf('alipay', { headers, body: tampered });
        if (typeof reading === 'string') expect(reading).toMatch(/^signature_/);
        else expect(reading).toEqual(genuine);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('signatures are over bytes, also where they are not text: FF is not FE', () => {
  const [ff, fe] = [Buffer.from('{"type":"\xff"}', 'latin1'), Buffer.from('{"type":"\xfe"}', 'latin1')];
  const hmac = (key: string | Buffer, prefix: string, encoding: 'hex' | 'base64'): string =>
    createHmac('sha256', key).update(prefix).update(ff).digest(encoding);
  const rsa = (key: string, before: string, after: string): string =>
    createSign('RSA-SHA256').update(before).update(ff).update(after).sign(key, 'base64');
  const key = Buffer.from(WEBHOOK_SECRET.slice(6), 'base64');
  const form = (byte: string): Buffer => {
    const sign = createSign('RSA-SHA256')
      .update(Buffer.from('a=\xff', 'latin1'))
      .sign(ALIPAY.privateKey, 'base64');
    return Buffer.from(`a=%${byte}&sign=${encodeURIComponent(sign)}`);
  };
  test.each<[Name, RawCallback['headers'], Buffer, Buffer]>([
    [
      'stripe',
      { 'stripe-signature': `t=${NOW_SECONDS},v1=${hmac(STRIPE_SECRET, `${NOW_SECONDS}.`, 'hex')}` },
      ff,
      fe,
    ],
    [
      'standard-webhooks',
      {
        ...GENUINE['standard-webhooks'].headers,
        'webhook-signature': `v1,${hmac(key, `msg_1.${NOW_SECONDS}.`, 'base64')}`,
      },
      ff,
      fe,
    ],
    [
      'wechat-pay',
      {
        ...GENUINE['wechat-pay'].headers,
        'wechatpay-nonce': 'n',
        'wechatpay-signature': rsa(PLATFORM.privateKey, `${NOW_SECONDS}\nn\n`, '\n'),
      },
      ff,
      fe,
    ],
    ['alipay', {}, form('FF'), form('FE')],
  ])('%s', (name, headers, signed, other) => {
    expect(readingOf(name, { headers, body: signed })).toMatchObject({
      notification: { kind: 'unreadable' },
    });
    expect(readingOf(name, { headers, body: other })).toBe('signature_mismatch');
  });
});
