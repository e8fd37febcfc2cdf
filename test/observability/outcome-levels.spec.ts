import { expect, test } from '@jest/globals';
import { levelOf } from '../../src/adapters/observability/outcome-levels.js';
import { Contended, KeyTaken, Unavailable } from '../../src/application/transaction.js';
import { OUTCOMES } from '../../src/domain/callbacks/outcome.js';

const outcomesAt = (level: string) => OUTCOMES.filter((outcome) => levelOf(outcome) === level);

test('a callback is logged as a warning or an error if its outcome needs the attention of an operator', () => {
  expect(outcomesAt('log')).toEqual([
    'settled',
    'duplicate',
    'recorded',
    'stale',
    'ignored',
    'refund_reported',
  ]);
  expect(outcomesAt('warn')).toEqual([
    'unmatched',
    'foreign',
    'paid_late',
    'amount_mismatched',
    'unreadable',
    'conflicting',
    'dispute_reported',
    'pending',
  ]);
  expect(outcomesAt('error')).toEqual([
    'paid_twice',
    'transaction_reused',
    'order_not_payable',
    'undeliverable',
  ]);
});

test.each([
  [new Unavailable('away'), 'warn'],
  [new Contended('locked'), 'warn'],
  [new KeyTaken('raced'), 'warn'],
  [new TypeError('undefined is not a function'), 'error'],
])('a callback that is pending because of %s is logged as %s', (fault, level) => {
  expect(levelOf('pending', fault)).toBe(level);
});
