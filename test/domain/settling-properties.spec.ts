import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import { Order } from '../../src/domain/order.js';
import { Payment } from '../../src/domain/payment.js';
import { recordNotice, settleSuccess } from '../../src/domain/settlement.js';

const DEADLINE = Date.parse('2026-11-23T08:30:00Z');
const DUE = Money.of('100.00', 'CNY');

/** Two payments of one order, three transactions, right and wrong money, around the deadline, from the right gateway and not. */
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

function payment(number: string): Payment {
  const fresh = { status: 'init' as const, transactionId: null, paidAt: null };
  return new Payment({
    number,
    orderNumber: 'O1',
    gateway: 'stripe',
    due: DUE,
    expiresAt: new Date(DEADLINE),
    ...fresh,
  });
}

test('however notices repeat, reorder, come late or disagree, a payment settles once, an order is paid once, and no money is forgotten', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const order = new Order('O1', DUE, 'pending');
      const payments = new Map(['P1', 'P2'].map((number) => [number, payment(number)]));
      const settledBy = new Map<string, string>();
      const successes = new Map<string, number>();
      for (const given of steps) {
        if (typeof given === 'string') {
          order.moveTo(given, { actor: 'admin:dev', at: new Date(DEADLINE) });
          continue;
        }
        const { amount, currency, secondsFromDeadline, ...fields } = given;
        const notice = { ...fields, money: Money.of(amount, currency), paidAt: null, reason: null } as Notice;
        const target = payments.get(given.paymentNumber) ?? null;
        const before = target?.status;
        const reused = settledBy.get(given.transactionId);
        const judgedAt = new Date(DEADLINE + secondsFromDeadline * 1_000);
        const transactionReused = reused !== undefined && reused !== given.paymentNumber;
        const facts = { notice, judgedAt, payment: target, order, transactionReused, givenBack: false };
        const deed = { actor: `gateway:${given.gateway}`, at: judgedAt };

        const { outcome, discrepancy } =
          notice.kind === 'succeeded' ? settleSuccess(facts, deed) : recordNotice(facts, deed);

        if (notice.kind === 'succeeded') {
          expect(['settled', 'duplicate'].includes(outcome) !== (discrepancy !== null)).toBe(true);
        }
        if (before === 'succeeded') expect(target!.status).toBe('succeeded');
        if (before !== 'succeeded' && target?.status === 'succeeded') {
          expect(notice.kind).toBe('succeeded');
          successes.set(target.number, (successes.get(target.number) ?? 0) + 1);
          expect(settledBy.has(given.transactionId)).toBe(false);
          settledBy.set(given.transactionId, target.number);
          expect(secondsFromDeadline).toBeLessThanOrEqual(0);
          expect(`${amount} ${currency}`).toBe('100.00 CNY');
        }
      }
      for (const count of successes.values()) expect(count).toBe(1);
      expect(order.events.filter(({ type }) => type === 'order.paid').length).toBeLessThanOrEqual(1);
    }),
    { numRuns: 2_000 },
  );
});
