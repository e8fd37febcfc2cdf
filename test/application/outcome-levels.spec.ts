import { expect, test } from '@jest/globals';
import { levelOf } from '../../src/application/outcome-levels.js';
import { Contended, KeyTaken, Unavailable } from '../../src/application/ports.js';
import { OUTCOMES } from '../../src/domain/notice.js';

const outcomesAt = (level: string) => OUTCOMES.filter((outcome) => levelOf(outcome) === level);

test('what is as it should be is an everyday line, and what needs an owner is louder', () => {
  expect(outcomesAt('log')).toEqual(['settled', 'duplicate', 'recorded', 'stale', 'ignored']);
  expect(outcomesAt('warn')).toEqual([
    'unmatched',
    'foreign',
    'paid_late',
    'amount_mismatched',
    'unreadable',
    'conflicting',
    'refund_reported',
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
  [new Contended('held'), 'warn'],
  [new KeyTaken('raced'), 'warn'],
  [new TypeError('undefined is not a function'), 'error'],
])('a callback that waits because of %s is told at level %s', (fault, level) => {
  expect(levelOf('pending', fault)).toBe(level);
});
