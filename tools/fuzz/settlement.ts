import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judgedTime } from '../../src/domain/callbacks/judged-time.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { OUTCOMES } from '../../src/domain/callbacks/outcome.js';
import type { KnownPiece } from '../../src/domain/cases/known-piece.js';
import { Money } from '../../src/domain/money.js';
import { ORDER_STATUSES, Order } from '../../src/domain/orders/order.js';
import { PAYMENT_STATUSES, Payment } from '../../src/domain/payments/payment.js';
import { Refund } from '../../src/domain/refunds/refund.js';
import { explain } from '../../src/domain/settlement/explanation.js';
import { settle } from '../../src/domain/settlement/settle.js';
import type { SettlementInput } from '../../src/domain/settlement/settlement-input.js';

/** The rows that a notification may meet. The states of the payment and the order need not fit each other. */
export const situation = fc.record({
  payment: fc.constantFrom(null, ...PAYMENT_STATUSES),
  order: fc.constantFrom(...ORDER_STATUSES),
  due: fc.constantFrom(
    Money.of('100.00', 'CNY'),
    Money.of('99.99', 'CNY'),
    Money.of('1', 'JPY'),
    Money.of('0.001', 'KWD'),
  ),
  settledBy: fc.constantFrom('T1', 'T2', 'x'.repeat(128)),
  gateway: fc.constantFrom(null, 'another'),
  minutesLeft: fc.constantFrom(-1, 0, 1, 1e9),
  settledNumber: fc.constantFrom(null, 'P9'),
  openKind: fc.constantFrom(null, 'unmatched', 'paid_late'),
  /** What has gone back, and the number under which the money was known before. */
  back: fc.constantFrom(null, '0.01', '100.00'),
  knownNumber: fc.constantFrom('P1', 'P9', null),
  judgedBy: fc.constantFrom('received_at', 'paid_at'),
});
export type Situation = typeof situation extends fc.Arbitrary<infer Value> ? Value : never;

/** The outcomes that may change the payment or the order. */
const MOVING = ['settled', 'recorded', 'paid_late', 'order_not_payable'];

/** Every notification is decided in every situation, and PostgreSQL can store the events and the case. */
export function assertSettles(notification: Notification, found: Situation, receivedAt: Date): void {
  const input = inputOf(notification, found, receivedAt);
  const before = [input.payment?.status, input.order?.status];
  const { outcome: explained } = explain(input);
  const attribution = { actor: `gateway:${notification.gateway}`, at: receivedAt };
  const { outcome, newCase, events } = settle(input, attribution);
  assert(OUTCOMES.includes(outcome), `${outcome} is not an outcome`);
  assert.equal(outcome, explained, 'the explanation differs from the decision');
  assertJsonb([events, newCase]);
  if (outcome === 'settled') {
    assert.equal(input.payment!.transactionId, notification.transactionId);
    assert.equal(input.order!.status, 'paid');
  }
  if (!MOVING.includes(outcome)) assert.deepEqual([input.payment?.status, input.order?.status], before);
}

function assertJsonb(value: unknown): void {
  JSON.stringify(value, (_name, inner: unknown) => {
    const isStorable = typeof inner !== 'string' || (!inner.includes('\0') && inner.isWellFormed());
    assert(isStorable, 'jsonb cannot store what is logged');
    return inner;
  });
}

function inputOf(notification: Notification, found: Situation, receivedAt: Date): SettlementInput {
  const { payment: status, due } = found;
  const hasSucceeded = status === 'succeeded';
  const payment =
    status &&
    new Payment({
      number: notification.paymentNumber ?? 'P1',
      orderNumber: 'O1',
      due,
      status,
      gateway: found.gateway ?? notification.gateway,
      expiresAt: new Date(receivedAt.getTime() + found.minutesLeft * 60_000),
      transactionId: hasSucceeded ? found.settledBy : null,
      paidAt: hasSucceeded ? receivedAt : null,
    });
  const judgedAt = judgedTime(notification, receivedAt, found.judgedBy);
  const order = payment && new Order('O1', due, found.order);
  return { notification, judgedAt, payment, order, piece: pieceOf(notification, found) };
}

const UNKNOWN_NUMBERS = { paymentNumber: null, orderNumber: null, caseId: null };

/** What is known about the money need not fit the payment. */
function pieceOf(
  { gateway, transactionId, money }: Notification,
  { settledNumber, openKind, back, knownNumber, due }: Situation,
): KnownPiece {
  const about = {
    paymentNumber: knownNumber,
    amounts: money ? [money] : [],
    attached: false,
    charged: null,
    moneyBack: false,
  };
  const given = back !== null && due.currency === 'CNY' ? Money.of(back, 'CNY') : due;
  const { stored } = Refund.report(
    {
      number: 'R1',
      gateway,
      transactionId: transactionId ?? 'T1',
      ...UNKNOWN_NUMBERS,
      money: given,
      reason: null,
    },
    { status: 'succeeded', at: null, failure: null },
    { gatewayRefundId: null, reference: null },
    { actor: 'admin:otto', at: new Date(0) },
  );
  return {
    settledNumber,
    openCase: openKind && { ...about, kind: openKind, endedBy: null },
    endedCases: back === null ? [] : [{ ...about, kind: 'amount_mismatched', endedBy: 'refunds' }],
    refunds: back === null ? [] : [stored],
    total: null,
    disputes: [],
    came: null,
  };
}
