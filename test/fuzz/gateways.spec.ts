import { describe, expect, test } from '@jest/globals';
import { field } from '../../src/adapters/gateways/parsing.js';
import { gateways, runBatch } from '../../tools/fuzz/batch.js';
import { FIXED_TIME } from '../../tools/fuzz/keys.js';
import { VERIFY_LIMIT_MS, verifyTimeMs } from '../../tools/fuzz/properties.js';
import { Summary, failureText } from '../../tools/fuzz/report.js';
import { GATEWAYS } from '../e2e/service.js';

/** Each run has other inputs, and `npm run fuzz` has a million. A failure shows its seed. */
const seed = Date.now() & 0x7fff_ffff;

describe.each(GATEWAYS)('%s', (gateway) => {
  const run = (sort: 'unsigned' | 'tampered' | 'signed') => {
    const { failure, ...tally } = runBatch({ gateway, sort, inputs: 500, seed });
    expect(failure && failureText(failure)).toBeUndefined();
    return tally;
  };

  test('bytes without a valid signature are never verified, and the verifier neither throws nor takes long', () => {
    const { notifications, rejections } = run('unsigned');
    expect(notifications).toEqual({});
    expect(rejections).toHaveProperty('signature_mismatch');
  });

  test('a genuine callback that was changed is rejected, or still says the same', () => {
    const { notifications, rejections } = run('tampered');
    expect(rejections).toHaveProperty('signature_mismatch');
    expect(notifications).toHaveProperty('succeeded');
  });

  test('any content with a valid signature becomes a notification that can be stored and settled in every situation', () => {
    const { notifications } = run('signed');
    expect(Object.keys(notifications)).toEqual(expect.arrayContaining(['succeeded', 'unreadable']));
  });
});

test('a form of the largest size that has only escapes is verified in time', () => {
  const gateway = gateways.get('alipay')!;
  const body = Buffer.from(`sign=${'%41'.repeat(87_000)}`);
  expect(verifyTimeMs(gateway, { callback: { headers: {}, body }, receivedAt: FIXED_TIME })).toBeLessThan(
    VERIFY_LIMIT_MS,
  );
});

test('a field is what the sender wrote, never an inherited property', () => {
  expect(field(JSON.parse('{"__proto__":{"id":"evt_1"}}'), 'id')).toBeUndefined();
  expect(field({}, 'constructor')).toBeUndefined();
});

test('the summary says what the counts of each sort mean', () => {
  const summary = new Summary();
  const batch = { gateway: 'stripe', sort: 'signed', inputs: 30, seed } as const;
  summary.add(batch, { notifications: { succeeded: 28 }, rejections: {}, slowestMs: 0.3 });
  expect(String(summary)).toMatch(
    /^stripe, signed: 30 inputs, slowest 0\.3 ms\n {2}verified and read as: succeeded 28\n/,
  );
  expect(String(summary)).toMatch(/signed {4}hostile bodies that the fuzzer itself has signed/);
});
