import { describe, expect, test } from '@jest/globals';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import { Order, type OrderStatus } from '../../src/domain/order.js';
import { Payment, PAYMENT_STATUSES, type PaymentStatus } from '../../src/domain/payment.js';

const AT = new Date('2026-11-23T08:00:00Z');
const DEADLINE = new Date('2026-11-23T08:30:00Z');
const TOTAL = Money.of('100.00', 'CNY');
const by = { actor: 'admin:dev', at: AT };
const orderIn = (status: OrderStatus) => new Order('O1', TOTAL, status);
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

function paymentIn(status: PaymentStatus): Payment {
  const settled =
    status === 'succeeded' ? { transactionId: 'T0', paidAt: AT } : { transactionId: null, paidAt: null };
  const named = { number: 'P1', orderNumber: 'O1', gateway: 'stripe', due: TOTAL, expiresAt: DEADLINE };
  return new Payment({ ...named, ...settled, status });
}

describe('opening', () => {
  test('a payment is for a pending order and for exactly its total', () => {
    expect(Payment.openingFault(orderIn('pending'), TOTAL)).toBeNull();
    expect(Payment.openingFault(orderIn('paid'), TOTAL)).toBe('order_not_pending');
    expect(Payment.openingFault(orderIn('pending'), Money.of('99.99', 'CNY'))).toBe('amount_differs');
    expect(Payment.openingFault(orderIn('pending'), Money.of('100.00', 'USD'))).toBe('amount_differs');
  });

  test('it announces the gateway, the amount and the deadline', () => {
    const payment = Payment.open('P1', orderIn('pending'), 'stripe', TOTAL, DEADLINE, by);
    expect([payment.status, payment.transactionId, payment.paidAt]).toEqual(['init', null, null]);
    const data = { gateway: 'stripe', amount: TOTAL.toJSON(), expiresAt: DEADLINE.toISOString() };
    expect(payment.events).toEqual([
      { type: 'payment.created', ...by, orderNumber: 'O1', paymentNumber: 'P1', data },
    ]);
  });

  test('one that does not fit its order is a bug of ours, and says which', () => {
    expect(() => Payment.open('P1', orderIn('paid'), 'stripe', TOTAL, DEADLINE, by)).toThrow(
      'payment P1 does not fit order O1: order_not_pending',
    );
  });
});

describe('taking money', () => {
  test('the time is the gateway’s where it names one, and else the judged one', () => {
    const [named, unnamed] = [paymentIn('init'), paymentIn('init')];
    const paidAt = new Date('2026-11-23T07:59:00Z');
    named.succeed({ ...SUCCESS, paidAt }, AT, by);
    unnamed.succeed(SUCCESS, AT, by);
    expect([named.paidAt, unnamed.paidAt]).toEqual([paidAt, AT]);
  });

  test('the announcement tells from where it came, the transaction and the amount', () => {
    const payment = paymentIn('failed');
    payment.succeed(SUCCESS, AT, by);
    const data = { from: 'failed', transactionId: 'T1', amount: { amount: '100.00', currency: 'CNY' } };
    expect(payment.events).toMatchObject([{ type: 'payment.succeeded', data }]);
  });

  test.each([
    ['a payment that has succeeded', paymentIn('succeeded'), SUCCESS, 'it is succeeded'],
    ['a notice without a transaction', paymentIn('init'), { ...SUCCESS, transactionId: null }, 'it is init'],
    ['a notice without money', paymentIn('init'), { ...SUCCESS, money: null }, 'it is init'],
  ])('%s is a bug of ours and changes nothing', (_what, payment, notice, why) => {
    const before = [payment.status, payment.transactionId, payment.paidAt];
    expect(() => payment.succeed(notice, AT, by)).toThrow(`payment P1 cannot take a success: ${why}`);
    expect([payment.status, payment.transactionId, payment.paidAt]).toEqual(before);
    expect(payment.events).toEqual([]);
  });
});

describe('labels', () => {
  test('a label tells its reason where there is one', () => {
    const [told, untold] = [paymentIn('init'), paymentIn('init')];
    told.label('fail', { ...by, note: 'card_declined' });
    untold.label('fail', by);
    expect(told.events[0]!.data).toStrictEqual({ from: 'init', reason: 'card_declined' });
    expect(untold.events[0]!.data).toStrictEqual({ from: 'init' });
  });

  test.each(PAYMENT_STATUSES)('by hand, one that is %s may at most be processing or cancelled', (status) => {
    // prettier-ignore
    const allowed: Readonly<Record<PaymentStatus, PaymentStatus[]>> = {
      init: ['processing', 'cancelled'], processing: ['cancelled'], failed: ['cancelled'], cancelled: [], expired: [], succeeded: [],
    };
    for (const to of PAYMENT_STATUSES) {
      const payment = paymentIn(status);
      const refusal = { refused: to, status, allowedTransitions: allowed[status] };
      expect(payment.moveTo(to, by)).toEqual(allowed[status].includes(to) ? null : refusal);
      expect(payment.status).toBe(allowed[status].includes(to) ? to : status);
    }
  });
});
