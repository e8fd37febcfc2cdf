import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import { UNKNOWN_PIECE, type KnownPiece } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { Order, type OrderStatus } from '../../../src/domain/orders/order.js';
import type { PaymentStatus } from '../../../src/domain/payments/payment.js';
import type { SettlementInput } from '../../../src/domain/settlement/settlement-input.js';
import { settleSuccess } from '../../../src/domain/settlement/success-table.js';
import {
  DEADLINE,
  DUE,
  IN_TIME,
  inputOf,
  LATE,
  moneyCase,
  paymentIn,
  pieceBack,
  REUSED,
  SUCCESS,
} from './situations.js';

const attribution = { actor: 'gateway:stripe', at: IN_TIME };

interface Situation {
  readonly payment?: PaymentStatus | null;
  readonly order?: OrderStatus;
  readonly notification?: Partial<Notification>;
  readonly judgedAt?: Date;
  readonly piece?: KnownPiece;
}

function inputFor({
  payment = 'init',
  order = 'pending',
  notification,
  ...facts
}: Situation): SettlementInput {
  return inputOf(notification, {
    ...facts,
    payment: payment && paymentIn(payment),
    order: new Order('O1', DUE, order),
  });
}

/** Transaction T1 was attached from payment P1 to payment P9, which it has settled. */
const ATTACHED: KnownPiece = {
  ...REUSED,
  endedCases: [moneyCase({ endedBy: 'settlement', attached: true })],
};

type Result = [outcome: Outcome, payment: PaymentStatus | undefined, order: OrderStatus];
const [TOO_LITTLE, TOO_MUCH, DOLLARS] = [
  Money.of('99.99', 'CNY'),
  Money.of('100.01', 'CNY'),
  Money.of('100.00', 'USD'),
];

// prettier-ignore
const ROWS: readonly [row: string, situation: Situation, result: Result][] = [
  ['1: no payment has the number', { payment: null }, ['unmatched', undefined, 'pending']],
  ['2: it is for another merchant', { notification: { foreign: 'mchid' } }, ['foreign', 'init', 'pending']],
  ['2: the payment is of another gateway', { notification: { gateway: 'alipay' } }, ['foreign', 'init', 'pending']],
  ['3: the same transaction has settled it', { payment: 'succeeded', order: 'paid' }, ['duplicate', 'succeeded', 'paid']],
  ['3: the money went back after it had come for this payment', { piece: pieceBack(DUE, ['P1']) }, ['duplicate', 'init', 'pending']],
  ['3: the money was attached to another payment', { piece: ATTACHED }, ['duplicate', 'init', 'pending']],
  ['3: the money was attached to another payment, and this payment does not exist', { payment: null, piece: ATTACHED }, ['duplicate', undefined, 'pending']],
  ['3: the money went back, and its payment does not exist', { payment: null, piece: pieceBack(DUE, ['P1']) }, ['duplicate', undefined, 'pending']],
  ['4: the transaction has settled another payment', { piece: REUSED }, ['transaction_reused', 'init', 'pending']],
  ['4: the transaction has settled another payment, and this one has succeeded', { payment: 'succeeded', order: 'paid', piece: REUSED, notification: { transactionId: 'T2' } }, ['transaction_reused', 'succeeded', 'paid']],
  ['4: the money went back after it had come for another payment', { piece: pieceBack(DUE, ['P9']) }, ['transaction_reused', 'init', 'pending']],
  ['5: another transaction has settled it', { payment: 'succeeded', order: 'paid', notification: { transactionId: 'T2' } }, ['paid_twice', 'succeeded', 'paid']],
  ['6: the money went back before its success came', { piece: pieceBack(DUE, []) }, ['order_not_payable', 'succeeded', 'pending']],
  ['6: the money went back before its success came, which is late', { piece: pieceBack(DUE, []), judgedAt: LATE }, ['order_not_payable', 'succeeded', 'pending']],
  ['10: a part of the money went back before its success came', { piece: pieceBack(Money.of('99.99', 'CNY'), []) }, ['settled', 'succeeded', 'paid']],
  ['10: a part of the money went back after it had come for this payment', { piece: pieceBack(Money.of('1.00', 'CNY'), ['P1']) }, ['settled', 'succeeded', 'paid']],
  ['10: the money is in the case of another payment', { piece: { ...UNKNOWN_PIECE, openCase: moneyCase({ paymentNumber: 'P9' }) } }, ['settled', 'succeeded', 'paid']],
  ['7: it is judged after the deadline', { judgedAt: LATE }, ['paid_late', 'expired', 'pending']],
  ['7: it is judged after the deadline and the payment has expired', { payment: 'expired', judgedAt: LATE }, ['paid_late', 'expired', 'pending']],
  ['8: the amount is too small', { notification: { money: TOO_LITTLE } }, ['amount_mismatched', 'init', 'pending']],
  ['8: the amount is too large', { notification: { money: TOO_MUCH } }, ['amount_mismatched', 'init', 'pending']],
  ['8: the currency is another', { notification: { money: DOLLARS } }, ['amount_mismatched', 'init', 'pending']],
  ['9: the order is cancelled', { order: 'cancelled' }, ['order_not_payable', 'succeeded', 'cancelled']],
  ['9: the order is paid already', { order: 'paid' }, ['order_not_payable', 'succeeded', 'paid']],
  ['9: the order is in a refund', { order: 'refunding' }, ['order_not_payable', 'succeeded', 'refunding']],
  ['10: every check passes', {}, ['settled', 'succeeded', 'paid']],
  ['10: it is judged exactly at the deadline', { judgedAt: DEADLINE }, ['settled', 'succeeded', 'paid']],
  ['10: an attempt failed before', { payment: 'failed' }, ['settled', 'succeeded', 'paid']],
  ['10: the gateway had cancelled it', { payment: 'cancelled' }, ['settled', 'succeeded', 'paid']],
  ['10: it is in time, although the payment has expired', { payment: 'expired' }, ['settled', 'succeeded', 'paid']],
];

describe('a success is decided by the first row of the settlement table that applies', () => {
  test.each(ROWS)('row %s', (_row, situation, result) => {
    const input = inputFor(situation);
    const outcome = settleSuccess(input, attribution);
    expect([outcome, input.payment?.status, input.order?.status]).toEqual(result);
  });

  test.each<[string, Situation, Outcome]>([
    ['foreign before duplicate', { payment: 'succeeded', order: 'paid', notification: { foreign: 'appid' } }, 'foreign'],
    ['duplicate before late', { payment: 'succeeded', order: 'paid', judgedAt: LATE }, 'duplicate'],
    ['refunded before late', { piece: pieceBack(DUE, ['P1']), judgedAt: LATE }, 'duplicate'],
    ['reused before late', { piece: REUSED, judgedAt: LATE }, 'transaction_reused'],
    ['late before the amount', { judgedAt: LATE, notification: { money: TOO_LITTLE } }, 'paid_late'],
    ['the amount before the order', { order: 'cancelled', notification: { money: TOO_LITTLE } }, 'amount_mismatched'],
  ])('if two rows apply: %s', (_claim, situation, outcome) => {
    expect(settleSuccess(inputFor(situation), attribution)).toBe(outcome);
  }); // prettier-ignore

  test('the payment takes the transaction and the time of payment, or the judged time if the gateway names none', () => {
    const paidAt = new Date('2026-11-23T08:09:00Z');
    const [named, unnamed] = [inputFor({ notification: { paidAt } }), inputFor({})];
    for (const input of [named, unnamed]) settleSuccess(input, attribution);
    expect([named.payment!.transactionId, named.payment!.paidAt]).toEqual(['T1', paidAt]);
    expect([unnamed.payment!.transactionId, unnamed.payment!.paidAt]).toEqual(['T1', IN_TIME]);
  });

  test.each([
    ['no transaction', { transactionId: null }],
    ['no amount', { money: null }],
  ])('a success that names %s cannot settle: it throws and changes nothing', (_what, missing) => {
    const input = inputOf({ ...SUCCESS, ...missing });
    // Without an amount, an operator has to waive the check of it first.
    expect(() => settleSuccess(input, attribution, ['amount_mismatched'])).toThrow('a success names no');
    expect([input.payment!.status, input.order!.status]).toEqual(['init', 'pending']);
    expect([...input.payment!.events, ...input.order!.events]).toEqual([]);
  });

  test('a payment without its order is a bug and throws', () => {
    expect(() => settleSuccess(inputOf({}, { order: null }), attribution)).toThrow('without its order');
  });
});
