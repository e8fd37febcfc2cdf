import { expect, test } from '@jest/globals';
import { discrepancyOf } from '../../src/domain/discrepancy.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';

const NOTICE: Notice = {
  gateway: 'stripe',
  kind: 'succeeded',
  paymentNumber: 'P1',
  transactionId: 'T1',
  money: Money.of('99.99', 'CNY'),
  paidAt: null,
  reason: null,
  foreign: null,
};

test('a case names the payment and its order, what was paid, and what was expected beside it', () => {
  const payment = { number: 'P2', orderNumber: 'O2' };
  expect(discrepancyOf('amount_mismatched', NOTICE, payment, () => ({ due: '100.00 CNY' }))).toEqual({
    kind: 'amount_mismatched',
    gateway: 'stripe',
    paymentNumber: 'P2',
    orderNumber: 'O2',
    transactionId: 'T1',
    details: { paid: '99.99 CNY', reason: null, due: '100.00 CNY' },
  });
});

test('without a payment it keeps the number that the gateway named, and knows no order', () => {
  expect(discrepancyOf('unmatched', NOTICE, null)).toMatchObject({ paymentNumber: 'P1', orderNumber: null });
});

test.each([
  [{ reason: 'the body is not a form' }, 'the body is not a form'],
  [{ foreign: 'mchid' }, 'mchid'],
  [{ foreign: 'mchid', reason: 'declined' }, 'mchid'],
])('of %j the case tells %s', (said, reason) => {
  const notice = { ...NOTICE, ...said, money: null };
  expect(discrepancyOf('unreadable', notice, null)!.details).toEqual({ paid: null, reason });
});

test('only a success that finds no payment of ours needs an owner, and what has its place needs none', () => {
  const opened = (outcome: 'unmatched' | 'foreign' | 'settled' | 'stale', kind: Notice['kind']) =>
    discrepancyOf(outcome, { ...NOTICE, kind }, null) !== null;
  expect([opened('unmatched', 'succeeded'), opened('foreign', 'succeeded')]).toEqual([true, true]);
  expect([opened('unmatched', 'failed'), opened('foreign', 'refund')]).toEqual([false, false]);
  expect([opened('settled', 'succeeded'), opened('stale', 'failed')]).toEqual([false, false]);
});
