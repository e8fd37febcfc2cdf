import { describe, expect, test } from '@jest/globals';
import { explain } from '../../src/domain/explanation.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import { Order } from '../../src/domain/order.js';
import { Payment, type PaymentStatus } from '../../src/domain/payment.js';
import type { Case } from '../../src/domain/settlement.js';

/** What an operator reads: each check by its name, what it asks for and what is there; a cross where it does not hold. */

const DEADLINE = new Date('2026-11-23T08:30:00.000Z');
const LATE = new Date('2026-11-23T08:31:00.000Z');
const TOTAL = Money.of('100.00', 'CNY');
const SUCCESS: Notice = {
  gateway: 'stripe',
  kind: 'succeeded',
  paymentNumber: 'P1',
  transactionId: 'T1',
  money: TOTAL,
  paidAt: null,
  reason: null,
  foreign: null,
};

function told(notice: Partial<Notice>, rest: Partial<Case> = {}): string[] {
  const order = new Order('O1', TOTAL, 'pending');
  const given = {
    judgedAt: DEADLINE,
    payment: paymentIn('init'),
    order,
    transactionReused: false,
    givenBack: false,
  };
  const { checks } = explain({ notice: { ...SUCCESS, ...notice }, ...given, ...rest });
  return checks.map(
    ({ name, expected, actual, holds }) => `${holds ? '✓' : '✗'} ${name}: ${expected} | ${actual}`,
  );
}

function paymentIn(status: PaymentStatus): Payment {
  const named = { number: 'P1', orderNumber: 'O1', gateway: 'stripe', due: TOTAL, expiresAt: DEADLINE };
  const paid =
    status === 'succeeded'
      ? { transactionId: 'T0', paidAt: DEADLINE }
      : { transactionId: null, paidAt: null };
  return new Payment({ ...named, ...paid, status });
}

describe('the checks of a success', () => {
  test('are all told where all is well, in the order in which they are asked', () => {
    expect(told({})).toEqual([
      '✓ payment_exists: payment P1 | payment P1',
      '✓ meant_for_us: for us, by stripe | by stripe',
      '✓ transaction_is_new: a payment that has not succeeded by T1 | init',
      '✓ payment_is_open: a payment that has not succeeded | init',
      '✓ transaction_is_unused: a transaction that has settled no other payment | it has settled no other payment',
      '✓ in_time: by 2026-11-23T08:30:00.000Z | 2026-11-23T08:30:00.000Z',
      '✓ amount_agrees: 100.00 CNY | 100.00 CNY',
      '✓ order_is_payable: pending | pending',
    ]);
  });

  test.each<[string, Partial<Notice>, Partial<Case>, string]>([
    ['another merchant', { foreign: 'mchid' }, {}, '✗ meant_for_us: for us, by stripe | another mchid'],
    ['another gateway', { gateway: 'alipay' }, {}, '✗ meant_for_us: for us, by stripe | by alipay'],
    ['the same transaction', { transactionId: 'T0' }, { payment: paymentIn('succeeded') },
      '✗ transaction_is_new: a payment that has not succeeded by T0 | succeeded by T0'],
    ['money given back', {}, { givenBack: true },
      '✗ transaction_is_new: a payment that has not succeeded by T1 | init; this money was given back'],
    ['another transaction', {}, { payment: paymentIn('succeeded') },
      '✗ payment_is_open: a payment that has not succeeded | succeeded by T0'],
    ['a used transaction', {}, { transactionReused: true },
      '✗ transaction_is_unused: a transaction that has settled no other payment | it has settled another payment'],
    ['lateness', {}, { judgedAt: LATE }, '✗ in_time: by 2026-11-23T08:30:00.000Z | 2026-11-23T08:31:00.000Z'],
    ['another amount', { money: Money.of('99.99', 'CNY') }, {}, '✗ amount_agrees: 100.00 CNY | 99.99 CNY'],
    ['no amount', { money: null }, {}, '✗ amount_agrees: 100.00 CNY | no amount'],
    ['a paid order', {}, { order: new Order('O1', TOTAL, 'paid') }, '✗ order_is_payable: pending | paid'],
  ])('tell %s', (_what, notice, rest, line) => {
    expect(told(notice, rest)).toContain(line);
  }); // prettier-ignore

  test('end where there is no payment', () => {
    expect(told({}, { payment: null })).toEqual(['✗ payment_exists: payment P1 | none']);
    expect(told({ paymentNumber: null }, { payment: null })).toEqual([
      '✗ payment_exists: a payment number | none',
    ]);
  });
});

describe('the checks of a notice that brings no money', () => {
  const [exists, ours] = [
    '✓ payment_exists: payment P1 | payment P1',
    '✓ meant_for_us: for us, by stripe | by stripe',
  ];

  test.each<[Notice['kind'], PaymentStatus, string]>([
    ['processing', 'init', '✓ status_takes_label: init or processing | init'],
    ['failed', 'failed', '✗ status_takes_label: init or processing | failed'],
    ['cancelled', 'failed', '✓ status_takes_label: init or processing or failed | failed'],
    ['cancelled', 'succeeded', '✗ status_takes_label: init or processing or failed | succeeded'],
  ])('%s, of one that is %s, end with the cell of the table', (kind, status, line) => {
    expect(told({ kind }, { payment: paymentIn(status) })).toEqual([exists, ours, line]);
  });

  test('ask a refund for nothing but a payment of ours', () => {
    expect(told({ kind: 'refund' })).toEqual([exists, ours]);
    expect(told({ kind: 'dispute' }, { payment: null })).toEqual(['✗ payment_exists: payment P1 | none']);
  });

  test.each<[Partial<Notice>, string]>([
    [{ kind: 'ignored' }, 'ignored'],
    [{ kind: 'unreadable', reason: 'not a form' }, 'unreadable: not a form'],
    [{ kind: 'conflicting' }, 'conflicting'],
  ])('say of %j that it speaks of no payment', (notice, actual) => {
    expect(told(notice)).toEqual([`✗ speaks_of_a_payment: a notice about a payment | ${actual}`]);
  });
});
