import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { VerifiedCallback } from '../../src/adapters/gateways/gateway.js';
import { GENUINE, TRADE, gateways } from './genuine.js';
import { NOW, alipayCallback, alipaySign } from './official.js';

const verify = (name: string, body: Buffer, headers = {}) =>
  gateways.get(name)!.verify({ headers, body }, NOW);

test.each(['stripe', 'wechat-pay', 'standard-webhooks'] as const)(
  '%s: the signed bytes are the body as it arrived',
  (name) => {
    const { headers, body } = GENUINE[name];
    expect(verify(name, body, headers)).toMatchObject({ signedBytes: body });
  },
);

describe('alipay: many forms have the same signed text', () => {
  const trade: Readonly<Record<string, string>> = {
    ...TRADE,
    notify_time: '2026-11-23 16:00:00',
    version: '1',
  };
  const parameters = Object.entries(trade).sort(([one], [other]) => (one < other ? -1 : 1));
  const text = parameters.map((pair) => pair.join('=')).join('&');
  const sign = alipaySign(trade);
  const formOf = (pairs: readonly (readonly string[])[]): Buffer =>
    Buffer.from(pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&'));

  test('however the text is split into parameters, the result is the genuine notification or an unreadable one', () => {
    const genuine = verify('alipay', formOf([...parameters, ['sign', sign]])) as VerifiedCallback;
    const hash = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    const notification = { kind: 'unreadable', reason: 'a value contains what could be another parameter' };
    const seen = new Set<string>();
    const cuts = fc.array(fc.boolean(), { minLength: parameters.length, maxLength: parameters.length });
    fc.assert(
      fc.property(cuts, (swallowed) => {
        const pairs: string[][] = [];
        parameters.forEach(([name, value], index) => {
          const last = pairs.at(-1);
          if (last && swallowed[index]) last[1] += `&${name}=${value}`;
          else pairs.push([name, value]);
        });
        const reading = verify('alipay', formOf([...pairs.toReversed(), ['sign', sign]])) as VerifiedCallback;
        expect(reading.signedBytes.toString()).toBe(text);
        if (reading.eventId === genuine.eventId) expect(reading).toEqual(genuine);
        else expect(reading).toMatchObject({ eventId: hash, notification });
        seen.add(reading.notification.kind);
      }),
      {
        numRuns: 1000,
        examples: [[parameters.map(() => false)], [parameters.map(([name]) => name === 'notify_time')]],
      },
    );
    expect(seen).toEqual(new Set(['succeeded', 'unreadable']));
  });

  test('a sign_type that is signed is part of the signed bytes', () => {
    const { body } = alipayCallback({ ...trade, sign_type: 'RSA2' }, { signsSignType: true });
    const { signedBytes } = verify('alipay', body) as VerifiedCallback;
    expect(signedBytes.toString()).toContain('&sign_type=RSA2&');
  });

  test.each([
    ['RSA2', 'verified'],
    [undefined, 'verified'],
    ['', 'signature_mismatch'],
    ['RSA', 'signature_mismatch'],
    ['rsa2', 'signature_mismatch'],
    ['RSA2&trade_no=1', 'signature_mismatch'],
  ])('with an unsigned sign_type of %j the result is %s', (signType, expected) => {
    const unsigned = signType === undefined ? [] : [['sign_type', signType]];
    const result = verify('alipay', formOf([...parameters, ...unsigned, ['sign', sign]]));
    expect('rejected' in result ? result.rejected : 'verified').toBe(expected);
  });
});
