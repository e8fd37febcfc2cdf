import assert from 'node:assert/strict';
import fc from 'fast-check';
import { explain } from '../../src/domain/explanation.js';
import { Money } from '../../src/domain/money.js';
import { judgedTime, OUTCOMES, type Notice } from '../../src/domain/notice.js';
import { Order, ORDER_STATUSES } from '../../src/domain/order.js';
import { Payment, PAYMENT_STATUSES } from '../../src/domain/payment.js';
import { recordNotice, settleSuccess, type Case } from '../../src/domain/settlement.js';

/** The rows that a notice may find; the state of the one need not fit that of the other. */
export const situation = fc.record({
  payment: fc.constantFrom(null, ...PAYMENT_STATUSES),
  order: fc.constantFrom(...ORDER_STATUSES),
  due: fc.constantFrom(...[['100.00', 'CNY'], ['99.99', 'CNY'], ['1', 'JPY'], ['0.001', 'KWD']].map(([amount, currency]) => Money.of(amount!, currency!))),
  settledBy: fc.constantFrom('T1', 'T2', 'x'.repeat(128)),
  gateway: fc.constantFrom(null, 'another'),
  minutesLeft: fc.constantFrom(-1, 0, 1, 1e9),
  transactionReused: fc.boolean(),
  givenBack: fc.boolean(),
  judgedBy: fc.constantFrom('received_at', 'paid_at'),
}); // prettier-ignore
export type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never;

/** Whatever a gateway has said, in whatever situation: it is decided, and what is announced of it can be stored. */
export function assertSettles(notice: Notice, found: Situation, receivedAt: Date): void {
  const given = caseOf(notice, found, receivedAt);
  const before = [given.payment?.status, given.order?.status];
  const { outcome: explained } = explain(given);
  const deed = { actor: `gateway:${notice.gateway}`, at: receivedAt };
  const { outcome, discrepancy } =
    notice.kind === 'succeeded' ? settleSuccess(given, deed) : recordNotice(given, deed);
  assert(OUTCOMES.includes(outcome), `${outcome} is no outcome`);
  assert.equal(outcome, explained, 'it was explained otherwise than decided');
  const events = [...(given.payment?.events ?? []), ...(given.order?.events ?? [])];
  JSON.stringify([events, discrepancy], (_name, value: unknown) => {
    const isKept = typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed());
    assert(isKept, 'jsonb cannot hold what is told of it');
    return value;
  });
  if (outcome === 'settled') {
    assert.equal(given.payment!.transactionId, notice.transactionId);
    assert.equal(given.order!.status, 'paid');
  }
  const moves = ['settled', 'recorded', 'paid_late', 'order_not_payable'];
  if (!moves.includes(outcome)) assert.deepEqual([given.payment?.status, given.order?.status], before);
}

function caseOf(notice: Notice, found: Situation, receivedAt: Date): Case {
  const { payment: status, due, transactionReused, givenBack } = found;
  const isIn = status === 'succeeded';
  const payment = status && new Payment(({
	number: notice.paymentNumber ?? 'P1',
	orderNumber: 'O1',
	due,
	status,
	gateway: found.gateway ?? notice.gateway,
	expiresAt: new Date(receivedAt.getTime() + found.minutesLeft * 6e4),
	transactionId: isIn ? found.settledBy : null,
	paidAt: isIn ? receivedAt : null
})); // prettier-ignore
  const judgedAt = judgedTime(notice, receivedAt, found.judgedBy);
  const order = payment && new Order('O1', due, found.order);
  return { notice, judgedAt, payment, order, transactionReused, givenBack };
}
