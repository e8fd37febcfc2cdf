import { describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import { Order, type OrderStatus } from '../../../src/domain/orders/order.js';
import { Payment, PAYMENT_STATUSES, type PaymentStatus } from '../../../src/domain/payments/payment.js';
import { DEADLINE, DUE, IN_TIME, paymentIn } from '../settlement/situations.js';

const by = { actor: 'admin:dev', at: IN_TIME };
const orderIn = (status: OrderStatus) => new Order('O1', DUE, status);
const TERMS = { number: 'P1', gateway: 'stripe', due: DUE, expiresAt: DEADLINE };

describe('opening a payment', () => {
  test('needs a pending order and exactly its total', () => {
    expect(Payment.openingFault(orderIn('pending'), DUE)).toBeNull();
    expect(Payment.openingFault(orderIn('paid'), DUE)).toBe('order_not_pending');
    expect(Payment.openingFault(orderIn('pending'), Money.of('99.99', 'CNY'))).toBe('amount_differs');
    expect(Payment.openingFault(orderIn('pending'), Money.of('100.00', 'USD'))).toBe('amount_differs');
  });

  test('announces the gateway, the amount and the deadline', () => {
    const payment = Payment.open(orderIn('pending'), TERMS, by);
    expect([payment.status, payment.transactionId, payment.paidAt]).toEqual(['init', null, null]);
    const data = { gateway: 'stripe', amount: DUE.toJSON(), expiresAt: DEADLINE.toISOString() };
    expect(payment.events).toEqual([
      { type: 'payment.created', ...by, orderNumber: 'O1', paymentNumber: 'P1', data },
    ]);
  });

  test('that does not fit the order is a bug and throws', () => {
    expect(() => Payment.open(orderIn('paid'), TERMS, by)).toThrow(
      'payment P1 does not fit order O1: order_not_pending',
    );
  });
});

describe('taking money', () => {
  const paidAt = new Date('2026-11-23T07:59:00Z');
  const incoming = { transactionId: 'T2', money: DUE, charged: null, paidAt };

  test('stores the transaction and the time of payment, and announces them with the amount', () => {
    const payment = paymentIn('failed');
    payment.succeed(incoming, by);
    expect([payment.status, payment.transactionId, payment.paidAt]).toEqual(['succeeded', 'T2', paidAt]);
    const amount = { amount: '100.00', currency: 'CNY' };
    const data = { from: 'failed', gateway: 'stripe', transactionId: 'T2', amount };
    expect(payment.events).toMatchObject([{ type: 'payment.succeeded', ...by, data }]);
  });

  test('announces what the customer was charged, if the gateway has converted the currency', () => {
    const payment = paymentIn('init');
    payment.succeed({ ...incoming, charged: Money.of('12.85', 'EUR') }, by);
    const charged = { amount: '12.85', currency: 'EUR' };
    expect(payment.events).toMatchObject([{ type: 'payment.succeeded', data: { charged } }]);
  });

  test('for a payment that has succeeded is a bug: it throws and changes nothing', () => {
    const payment = paymentIn('succeeded');
    expect(() => payment.succeed(incoming, by)).toThrow('payment P1 cannot take a success: it is succeeded');
    expect([payment.status, payment.transactionId, payment.paidAt]).toEqual(['succeeded', 'T1', IN_TIME]);
    expect(payment.events).toEqual([]);
  });
});

describe('labels', () => {
  test('announce the gateway, the amount that was due, and their reason if there is one', () => {
    const [withReason, without] = [paymentIn('init'), paymentIn('init')];
    withReason.mark('fail', { ...by, note: 'card_declined' });
    without.mark('fail', by);
    const data = { from: 'init', gateway: 'stripe', amount: DUE.toJSON() };
    expect(withReason.events[0]!.data).toStrictEqual({ ...data, reason: 'card_declined' });
    expect(without.events[0]!.data).toStrictEqual(data);
  });

  // prettier-ignore
  const BY_HAND: Readonly<Record<PaymentStatus, PaymentStatus[]>> = {
    init: ['processing', 'cancelled'], processing: ['cancelled'], failed: ['cancelled'], cancelled: [], expired: [], succeeded: [],
  };

  test.each(PAYMENT_STATUSES)(
    'the shop may move a payment that is %s only to processing or cancelled',
    (status) => {
      const allowedTransitions = BY_HAND[status];
      for (const to of PAYMENT_STATUSES) {
        const payment = paymentIn(status);
        const isAllowed = allowedTransitions.includes(to);
        expect(payment.moveTo(to, by)).toEqual(
          isAllowed ? null : { refused: to, status, allowedTransitions },
        );
        expect(payment.status).toBe(isAllowed ? to : status);
      }
    },
  );
});

test.each(PAYMENT_STATUSES)(
  'the scheduled expiry expires a payment that is %s only if it is open and its deadline has passed',
  (status) => {
    const isOpen = status === 'init' || status === 'processing';
    const onTime = paymentIn(status);
    expect(onTime.expireWhenDue({ actor: 'clock', at: DEADLINE })).toBe(false);
    expect([onTime.status, onTime.events]).toEqual([status, []]);

    const late = paymentIn(status);
    expect(late.expireWhenDue({ actor: 'clock', at: new Date(DEADLINE.getTime() + 1) })).toBe(isOpen);
    expect(late.status).toBe(isOpen ? 'expired' : status);
    expect(late.events.map(({ type, actor }) => `${type} by ${actor}`)).toEqual(
      isOpen ? ['payment.expired by clock'] : [],
    );
  },
);
