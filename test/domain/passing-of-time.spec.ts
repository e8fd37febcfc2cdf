import { describe, expect, test } from '@jest/globals';
import { Money } from '../../src/domain/money.js';
import { Order, ORDER_STATUSES } from '../../src/domain/order.js';
import { Payment, PAYMENT_STATUSES, type PaymentStatus } from '../../src/domain/payment.js';

const DEADLINE = new Date('2026-11-23T08:30:00.000Z');
const AFTER = new Date(DEADLINE.getTime() + 1);
const total = Money.of('100.00', 'CNY');
const paymentIn = (status: PaymentStatus) =>
  new Payment({
    number: 'P1',
    orderNumber: 'O1',
    gateway: 'stripe',
    due: total,
    expiresAt: DEADLINE,
    status,
    transactionId: status === 'succeeded' ? 'T1' : null,
    paidAt: status === 'succeeded' ? DEADLINE : null,
  });

describe('the clock', () => {
  test.each(PAYMENT_STATUSES)(
    'expires a payment that is %s only where it is open, and only after its deadline',
    (status) => {
      const isOpen = status === 'init' || status === 'processing';
      const onTime = paymentIn(status);
      expect(onTime.expireWhenDue({ actor: 'clock', at: DEADLINE })).toBe(false);
      expect([onTime.status, onTime.events]).toEqual([status, []]);

      const late = paymentIn(status);
      expect(late.expireWhenDue({ actor: 'clock', at: AFTER })).toBe(isOpen);
      expect(late.status).toBe(isOpen ? 'expired' : status);
      expect(late.events.map(({ type, actor }) => `${type} by ${actor}`)).toEqual(
        isOpen ? ['payment.expired by clock'] : [],
      );
    },
  );

  test.each(ORDER_STATUSES)(
    'cancels an order that is %s only where it still waits for its money',
    (status) => {
      const order = new Order('O1', total, status);
      order.cancelUnpaid({ actor: 'clock', at: AFTER });
      const waits = status === 'pending';
      expect(order.status).toBe(waits ? 'cancelled' : status);
      expect(order.events).toHaveLength(waits ? 1 : 0);
    },
  );
});
