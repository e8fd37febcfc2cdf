import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import { CASE_KINDS } from '../../../src/domain/cases/kinds.js';
import { UNKNOWN_PIECE } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import { settle } from '../../../src/domain/settlement/settle.js';
import type { SettlementInput } from '../../../src/domain/settlement/settlement-input.js';
import {
  DUE,
  IN_TIME,
  inputOf,
  LATE,
  moneyCase,
  NOTIFICATION_KINDS,
  paymentIn,
  pieceBack,
  REUSED,
  situations,
} from './situations.js';

const OWNED = { ...UNKNOWN_PIECE, openCase: moneyCase() };
const CONFLICTING_SUCCESS = { kind: 'conflicting', claimedKind: 'succeeded' } as const;

const attribution = { actor: 'gateway:stripe', at: IN_TIME };
const result = (notification: Partial<Notification>, changed: Partial<SettlementInput> = {}) =>
  settle(inputOf(notification, changed), attribution);

describe('the events of a settlement', () => {
  test('a settled success announces the payment and then the order, and has no entry of its own', () => {
    const { outcome, newCase, events } = result({});
    expect([outcome, newCase]).toEqual(['settled', null]);
    expect(events).toMatchObject([
      {
        type: 'payment.succeeded',
        ...attribution,
        orderNumber: 'O1',
        paymentNumber: 'P1',
        data: { from: 'init', transactionId: 'T1', amount: DUE.toJSON() },
      },
      {
        type: 'order.paid',
        ...attribution,
        orderNumber: 'O1',
        paymentNumber: 'P1',
        data: { from: 'pending', to: 'paid', amount: DUE.toJSON(), transactionId: 'T1', gateway: 'stripe' },
      },
    ]);
  });

  test('every other outcome adds an entry with what the gateway sent, after what has changed', () => {
    const late = result({}, { judgedAt: LATE });
    expect(late.events.map(({ type }) => type)).toEqual(['payment.expired', 'callback.paid_late']);
    expect(late.events[0]!.data).toMatchObject({ from: 'init', reason: 'paid_late' });
    expect(late.events.at(-1)).toEqual({
      type: 'callback.paid_late',
      ...attribution,
      orderNumber: 'O1',
      paymentNumber: 'P1',
      data: { gateway: 'stripe', kind: 'succeeded', transactionId: 'T1', amount: DUE.toJSON() },
    });
    const recorded = result({ kind: 'failed', transactionId: null, money: null });
    expect(recorded.events.map(({ type }) => type)).toEqual(['payment.failed', 'callback.recorded']);
    expect(recorded.events.at(-1)!.data).toMatchObject({ kind: 'failed', transactionId: null, amount: null });
  });

  test('without a payment the entry has the number that the gateway named, and no order', () => {
    const { events } = result({ paymentNumber: 'P9' }, { payment: null, order: null });
    expect(events).toMatchObject([{ type: 'callback.unmatched', orderNumber: null, paymentNumber: 'P9' }]);
  });

  test('events are taken from the payment and the order, so that the next notification does not repeat them', () => {
    const [payment, order] = [paymentIn('init'), new Order('O1', DUE, 'pending')];
    const first = result({ kind: 'processing' }, { payment, order });
    const second = result({}, { payment, order });
    expect(first.events.map(({ type }) => type)).toEqual(['payment.processing', 'callback.recorded']);
    expect(second.events.map(({ type }) => type)).toEqual(['payment.succeeded', 'order.paid']);
  });
});

describe('the case of a settlement', () => {
  test('shows what was expected beside what came, with the state after the decision', () => {
    const { newCase } = result({ money: Money.of('99.99', 'CNY') }, { judgedAt: LATE });
    expect(newCase).toEqual({
      kind: 'paid_late',
      gateway: 'stripe',
      paymentNumber: 'P1',
      orderNumber: 'O1',
      transactionId: 'T1',
      ownsMoney: true,
      details: {
        paid: '99.99 CNY',
        reason: null,
        due: '100.00 CNY',
        expiresAt: '2026-11-23T08:30:00.000Z',
        judgedAt: '2026-11-23T08:30:00.001Z',
        settledBy: null,
      },
    });
    const unpayable = result({}, { order: new Order('O1', DUE, 'cancelled') });
    expect(unpayable.newCase).toMatchObject({ kind: 'order_not_payable', details: { settledBy: 'T1' } });
  });

  test('in every situation, a case is opened exactly for an outcome that is a kind of case, and unmatched or foreign only with money', () => {
    const wrong = situations(NOTIFICATION_KINDS).flatMap((situation) => {
      const input = situation();
      const { outcome, newCase } = settle(input, attribution);
      const isCaseKind = CASE_KINDS.some((kind) => kind === outcome);
      const needsMoney = outcome === 'unmatched' || outcome === 'foreign';
      const isExpected = isCaseKind && (!needsMoney || input.notification.kind === 'succeeded');
      const isRight = isExpected ? newCase?.kind === outcome : newCase === null;
      return isRight ? [] : [{ ...input, outcome, newCase }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('in every situation, a success either settles, is a duplicate or opens a case: no money is without an owner', () => {
    const wrong = situations(['succeeded']).flatMap((situation) => {
      const input = situation();
      const { outcome, newCase } = settle(input, attribution);
      const isDone = outcome === 'settled' || outcome === 'duplicate';
      return isDone === (newCase === null) ? [] : [{ ...input, outcome, newCase }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test.each<[string, Partial<Notification>, Partial<SettlementInput>, boolean]>([
    ['late money', {}, { judgedAt: LATE }, true],
    ['money for an order that cannot be paid', {}, { order: new Order('O1', DUE, 'cancelled') }, true],
    ['money without a payment', {}, { payment: null }, true],
    ['money without a payment that has settled another one', {}, { payment: null, piece: REUSED }, false],
    ['money that has settled another payment', {}, { piece: REUSED }, false],
    ['money that went back under another number', {}, { piece: pieceBack(DUE, ['P9']) }, false],
    ['money that went back before it came', {}, { piece: pieceBack(DUE, []) }, true],
    ['money for another merchant', { foreign: 'mchid' }, {}, true],
    ['money for another merchant that has a case already', { foreign: 'mchid' }, { piece: OWNED }, false],
    ['money for another merchant that has settled a payment', { foreign: 'mchid' }, { piece: REUSED }, false],
    ['a success under a used event id', CONFLICTING_SUCCESS, {}, true],
    [
      'a success under a used event id that has settled a payment',
      CONFLICTING_SUCCESS,
      { piece: REUSED },
      false,
    ],
    ['a failure under a used event id', { kind: 'conflicting', claimedKind: 'failed' }, {}, false],
    ['a report of a refund', { kind: 'refund' }, {}, false],
  ])('of %s, %j in %j, owns the money: %s', (_what, notification, changed, ownsMoney) => {
    expect(result(notification, changed).newCase).toMatchObject({ ownsMoney });
  });

  test('says that the money went back, or which payment it has settled', () => {
    const [back, reused] = [result({}, { piece: pieceBack(DUE, []) }), result({}, { piece: REUSED })];
    expect(back.newCase).toMatchObject({ kind: 'order_not_payable', details: { reason: 'money_back' } });
    expect(reused.newCase).toMatchObject({ kind: 'transaction_reused', details: { settledNumber: 'P9' } });
  });
});
