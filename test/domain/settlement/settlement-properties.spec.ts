import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import { UNKNOWN_PIECE } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import { Payment } from '../../../src/domain/payments/payment.js';
import { settle } from '../../../src/domain/settlement/settle.js';
import { DEADLINE, DUE } from './situations.js';

/** Two payments of one order, three transactions, right and wrong money and gateways, around the deadline. */
const message = fc.record({
  kind: fc.constantFrom('succeeded', 'processing', 'failed', 'cancelled', 'refund', 'dispute'),
  paymentNumber: fc.constantFrom('P1', 'P2', 'P3'),
  transactionId: fc.constantFrom('T1', 'T2', 'T3'),
  amount: fc.constantFrom('100.00', '100.00', '99.99', '100.01'),
  currency: fc.constantFrom('CNY', 'CNY', 'USD'),
  gateway: fc.constantFrom('stripe', 'stripe', 'stripe', 'alipay'),
  foreign: fc.constantFrom(null, null, null, 'appid'),
  secondsFromDeadline: fc.integer({ min: -60, max: 5 }),
});
const orderMove = fc.constantFrom('shipped', 'cancelled', 'refunding', 'paid', 'refunded');
const step = fc.oneof({ weight: 5, arbitrary: message }, { weight: 1, arbitrary: orderMove });
// prettier-ignore
type Message = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

function openPayment(number: string): Payment {
  const unpaid = { status: 'init' as const, transactionId: null, paidAt: null };
  const terms = { number, orderNumber: 'O1', gateway: 'stripe', due: DUE, expiresAt: DEADLINE };
  return new Payment({ ...terms, ...unpaid });
}

/** One order with two payments, and what has happened to it. */
class History {
  private readonly order = new Order('O1', DUE, 'pending');
  private readonly payments = new Map(['P1', 'P2'].map((number) => [number, openPayment(number)]));
  private readonly settledBy = new Map<string, string>();
  /** How often the order was paid. */
  timesPaid = 0;

  moveOrder(to: string): void {
    this.order.moveTo(to, { actor: 'admin:dev', at: DEADLINE });
  }

  receive({ amount, currency, secondsFromDeadline, ...content }: Message): void {
    const money = Money.of(amount, currency);
    const notification = { ...content, money, paidAt: null, reason: null } as Notification;
    const payment = this.payments.get(content.paymentNumber) ?? null;
    const before = payment?.status;
    const piece = {
      ...UNKNOWN_PIECE,
      settledNumber: this.settledBy.get(`${content.gateway} ${content.transactionId}`) ?? null,
    };
    const judgedAt = new Date(DEADLINE.getTime() + secondsFromDeadline * 1_000);
    const facts = { judgedAt, payment, order: this.order, piece };
    const attribution = { actor: `gateway:${content.gateway}`, at: judgedAt };

    const { outcome, newCase, events } = settle({ notification, ...facts }, attribution);

    this.timesPaid += events.filter(({ type }) => type === 'order.paid').length;
    if (notification.kind === 'succeeded') {
      expect(['settled', 'duplicate'].includes(outcome) !== (newCase !== null)).toBe(true);
    }
    if (before === 'succeeded') expect(payment!.status).toBe('succeeded');
    else if (payment?.status === 'succeeded') {
      expect(notification.kind).toBe('succeeded');
      expect(this.settledBy.has(`${content.gateway} ${content.transactionId}`)).toBe(false);
      expect(secondsFromDeadline).toBeLessThanOrEqual(0);
      expect(`${amount} ${currency}`).toBe('100.00 CNY');
      this.settledBy.set(`${content.gateway} ${content.transactionId}`, payment.number);
    }
  }
}

test('however notifications repeat, change order, come late or contradict each other, a payment settles once, an order is paid once, and all money has an owner', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const history = new History();
      for (const each of steps) {
        if (typeof each === 'string') history.moveOrder(each);
        else history.receive(each);
      }
      expect(history.timesPaid).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});
