import { describe, expect, test } from '@jest/globals';
import { field } from '../../src/adapters/gateways/gateway.js';
import { GATEWAYS } from '../e2e/service.js';
import { gateways, tryBatch } from './batch.js';
import { FIXED_TIME } from './keys.js';
import { SLOWEST_MS, timeOf } from './promises.js';
import { failureText } from './report.js';

/** Another thousand with every run; `npm run fuzz` tries a million. A failure tells the seed by which it comes again. */
const seed = Date.now() & 0x7fff_ffff;

describe.each(GATEWAYS)('%s', (gateway) => {
  const tried = (sort: 'unsigned' | 'tampered' | 'signed') => {
    const { failure, ...tally } = tryBatch({ gateway, sort, inputs: 500, seed });
    expect(failure && failureText(failure)).toBeUndefined();
    return tally;
  };

  test('no stranger’s bytes and headers are verified, and none make the verifier throw or take long', () => {
    const { notices, rejections } = tried('unsigned');
    expect(notices).toEqual({});
    expect(rejections).toHaveProperty('signature_mismatch');
  });

  test('a genuine callback that was changed is refused, or says what it said', () => {
    const { notices, rejections } = tried('tampered');
    expect(rejections).toHaveProperty('signature_mismatch');
    expect(notices).toHaveProperty('succeeded');
  });

  test('whatever it signs becomes a notice that every later step can take, and settles in every situation', () => {
    const { notices } = tried('signed');
    expect(Object.keys(notices)).toEqual(expect.arrayContaining(['succeeded', 'unreadable']));
  });
});

test('a form of nothing but escapes, as long as the service takes them, holds nobody up', () => {
  const gateway = gateways.get('alipay')!;
  const body = Buffer.from(`sign=${'%41'.repeat(87_000)}`);
  expect(timeOf(gateway, { callback: { headers: {}, body }, receivedAt: FIXED_TIME })).toBeLessThan(
    SLOWEST_MS,
  );
});

test('a field is what the sender wrote and never what an object inherits', () => {
  expect(field(JSON.parse('{"__proto__":{"id":"evt_1"}}'), 'id')).toBeUndefined();
  expect(field({}, 'constructor')).toBeUndefined();
});
