import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import type { PaymentStatus } from '../../../src/domain/payments/payment.js';
import { explain } from '../../../src/domain/settlement/explanation.js';
import { settle } from '../../../src/domain/settlement/settle.js';
import type { SettlementInput } from '../../../src/domain/settlement/settlement-input.js';
import {
  DEADLINE,
  DUE,
  inputOf,
  LATE,
  NOTIFICATION_KINDS,
  paymentIn,
  pieceBack,
  REUSED,
  situations,
  stateOf,
  REFUND,
} from './situations.js';

/** One line for each check: whether it passes, its name, what it expects and what it found. */
function lines(notification: Partial<Notification>, changed: Partial<SettlementInput> = {}): string[] {
  const { checks } = explain(inputOf(notification, { judgedAt: DEADLINE, ...changed }));
  return checks.map(
    ({ name, expected, actual, passes }) => `${passes ? '✓' : '✗'} ${name}: ${expected} | ${actual}`,
  );
}

test('in every situation, the explanation has the outcome that is then decided, says why, and changes nothing', () => {
  const all = situations(NOTIFICATION_KINDS);
  expect(all.length).toBeGreaterThan(10_000);
  // Ten thousand expectations would take seconds. One expectation about the wrong situations shows as much.
  const wrong = all.flatMap((situation) => {
    const input = situation();
    const before = stateOf(input);
    const { outcome, checks } = explain(input);
    const hasEvents = input.payment?.events.length || input.order?.events.length;
    const isUnchanged = !hasEvents && stateOf(input) === before;
    const needsNoFault = ['settled', 'recorded', 'refund_reported', 'dispute_reported'].includes(outcome);
    const isExplained = checks.every(({ passes }) => passes) === needsNoFault;
    const decided = settle(input, { actor: 'gateway:stripe', at: LATE }).outcome;
    return isUnchanged && isExplained && decided === outcome ? [] : [{ ...input, before, outcome, decided }];
  });
  expect(wrong.slice(0, 3)).toEqual([]);
});

describe('the checks of a success', () => {
  test('are all shown in the order of the table if all pass', () => {
    expect(lines({})).toEqual([
      '✓ payment_exists: payment P1 | payment P1',
      '✓ meant_for_us: for us, by stripe | by stripe',
      '✓ transaction_is_new: a payment that has not succeeded by T1 | init',
      '✓ transaction_is_unused: a transaction that has settled no other payment | it has settled no other payment',
      '✓ payment_is_open: a payment that has not succeeded | init',
      '✓ money_is_here: money that has not been refunded | it is here',
      '✓ in_time: by 2026-11-23T08:30:00.000Z | 2026-11-23T08:30:00.000Z',
      '✓ amount_agrees: 100.00 CNY | 100.00 CNY',
      '✓ order_is_payable: pending | pending',
    ]);
  });

  const settledByT0 = { payment: paymentIn('succeeded', 'T0') };
  // prettier-ignore
  test.each<[string, Partial<Notification>, Partial<SettlementInput>, string]>([
    ['another merchant', { foreign: 'mchid' }, {}, '✗ meant_for_us: for us, by stripe | another mchid'],
    ['another gateway', { gateway: 'alipay' }, {}, '✗ meant_for_us: for us, by stripe | by alipay'],
    ['the same transaction', { transactionId: 'T0' }, settledByT0,
      '✗ transaction_is_new: a payment that has not succeeded by T0 | succeeded by T0'],
    ['refunded money', {}, { piece: pieceBack(DUE, ['P1']) },
      '✗ transaction_is_new: a payment that has not succeeded by T1 | init; this money was refunded'],
    ['money that was refunded first', {}, { piece: pieceBack(DUE, []) },
      '✗ money_is_here: money that has not been refunded | it was refunded, or is about to be'],
    ['money that was refunded under another number', {}, { piece: pieceBack(DUE, ['P9']) },
      '✗ transaction_is_unused: a transaction that has settled no other payment | its money was refunded under another number'],
    ['another transaction', {}, settledByT0,
      '✗ payment_is_open: a payment that has not succeeded | succeeded by T0'],
    ['a used transaction', {}, { piece: REUSED },
      '✗ transaction_is_unused: a transaction that has settled no other payment | it has settled payment P9'],
    ['lateness', {}, { judgedAt: LATE }, '✗ in_time: by 2026-11-23T08:30:00.000Z | 2026-11-23T08:30:00.001Z'],
    ['another amount', { money: Money.of('99.99', 'CNY') }, {}, '✗ amount_agrees: 100.00 CNY | 99.99 CNY'],
    ['converted money', { money: Money.of('99.99', 'CNY'), charged: Money.of('12.34', 'EUR') }, {},
      '✗ amount_agrees: 100.00 CNY | 99.99 CNY; the customer was charged 12.34 EUR'],
    ['no amount', { money: null }, {}, '✗ amount_agrees: 100.00 CNY | no amount'],
    ['a paid order', {}, { order: new Order('O1', DUE, 'paid') }, '✗ order_is_payable: pending | paid'],
  ])('show %s', (_what, notification, changed, line) => {
    expect(lines(notification, changed)).toContain(line);
  });

  test('end with the first one if there is no payment', () => {
    expect(lines({}, { payment: null })).toEqual(['✗ payment_exists: payment P1 | none']);
    expect(lines({ paymentNumber: null }, { payment: null })).toEqual([
      '✗ payment_exists: a payment number | none',
    ]);
    expect(lines({}, { payment: null, piece: pieceBack(DUE, ['P1']) })).toEqual([
      '✗ transaction_is_new: transaction T1 is new | this money was refunded',
      '✗ payment_exists: payment P1 | none',
    ]);
  });
});

describe('the checks of a notification without money', () => {
  const PASSED = [
    '✓ payment_exists: payment P1 | payment P1',
    '✓ meant_for_us: for us, by stripe | by stripe',
  ];

  test.each<[Notification['kind'], PaymentStatus, string]>([
    ['processing', 'init', '✓ status_takes_label: init or processing | init'],
    ['failed', 'failed', '✗ status_takes_label: init or processing | failed'],
    ['cancelled', 'failed', '✓ status_takes_label: init or processing or failed | failed'],
    ['cancelled', 'succeeded', '✗ status_takes_label: init or processing or failed | succeeded'],
  ])('%s, for a payment that is %s, end with the cell of the table', (kind, status, line) => {
    expect(lines({ kind }, { payment: paymentIn(status) })).toEqual([...PASSED, line]);
  });

  test('of a refund or dispute ask for a report that is readable and names a transaction, and for no payment', () => {
    expect(lines({ kind: 'refund', refund: REFUND }, { payment: null })).toEqual([
      '✓ meant_for_us: for us, by stripe | by stripe',
      '✓ report_is_readable: a refund with a status that is known and an amount | a refund',
      '✓ names_a_transaction: a transaction, or a payment that one has settled | transaction T1',
    ]);
    expect(lines({ kind: 'dispute', transactionId: null })).toEqual([
      '✓ meant_for_us: for us, by stripe | for payment P1 by stripe',
      '✗ report_is_readable: a dispute with a status that is known and an amount | none',
      '✗ names_a_transaction: a transaction, or a payment that one has settled | none',
    ]);
  });

  test.each<[Partial<Notification>, string]>([
    [{ kind: 'ignored' }, 'ignored'],
    [{ kind: 'unreadable', reason: 'not a form' }, 'unreadable: not a form'],
    [{ kind: 'conflicting' }, 'conflicting'],
  ])('say of %j that it is about no payment', (notification, actual) => {
    const expected = 'a notification about a payment';
    expect(lines(notification)).toEqual([`✗ speaks_of_a_payment: ${expected} | ${actual}`]);
  });
});
