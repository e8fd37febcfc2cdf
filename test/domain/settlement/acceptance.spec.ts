import { describe, expect, test } from '@jest/globals';
import { ENDINGS } from '../../../src/domain/cases/endings.js';
import { CASE_KINDS } from '../../../src/domain/cases/kinds.js';
import { UNKNOWN_PIECE } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import type { SettlementInput } from '../../../src/domain/settlement/settlement-input.js';
import { acceptMoney, attachMoney, successFor } from '../../../src/domain/settlement/acceptance.js';
import { settleSuccess } from '../../../src/domain/settlement/success-table.js';
import {
  DUE,
  IN_TIME,
  inputOf,
  LATE,
  moneyCase,
  paymentIn,
  pieceBack,
  REUSED,
  situations,
  stateOf,
} from './situations.js';

const attribution = { actor: 'admin:otto', at: LATE };
const ACCEPTABLE = CASE_KINDS.filter((kind) => ENDINGS[kind].includes('accept'));

describe('accepting the money of a case', () => {
  test('in every situation, has the effect that the success would have had if the check of the case had passed', () => {
    const wrong = ACCEPTABLE.flatMap((kind) =>
      situations(['succeeded']).flatMap((situation) => {
        const [input, corrected] = [situation(), situation()];
        if (!input.payment || input.notification.money?.currency !== 'CNY') return [];
        const money = kind === 'amount_mismatched' ? DUE : corrected.notification.money;
        const fine = { ...corrected, judgedAt: IN_TIME, notification: { ...corrected.notification, money } };
        const expected = settleSuccess(fine, attribution);
        const accepted = acceptMoney(kind, input, attribution);
        const isSame = typeof accepted === 'object' && accepted.outcome === expected;
        return isSame && stateOf(input) === stateOf(fine) ? [] : [{ kind, input, accepted, expected }];
      }),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('announces what has changed in the name of the operator', () => {
    const accepted = acceptMoney('paid_late', inputOf({}, { judgedAt: LATE }), attribution);
    expect(accepted).toMatchObject({
      outcome: 'settled',
      newCase: null,
      events: [
        { type: 'payment.succeeded', ...attribution },
        { type: 'order.paid', ...attribution },
      ],
    });
  });

  test('opens another case if another row of the table still applies', () => {
    const input = inputOf({}, { judgedAt: LATE, piece: REUSED });
    expect(acceptMoney('paid_late', input, attribution)).toMatchObject({
      outcome: 'transaction_reused',
      newCase: { kind: 'transaction_reused' },
      events: [{ type: 'callback.transaction_reused' }],
    });
  });

  test('is impossible for money in another currency, and nothing changes', () => {
    for (const kind of ACCEPTABLE)
      for (const situation of situations(['succeeded'])) {
        const input = situation();
        if (input.notification.money?.currency !== 'USD') continue;
        const before = stateOf(input);
        expect(acceptMoney(kind, input, attribution)).toBe('other_currency');
        expect(stateOf(input)).toBe(before);
      }
  });

  test('is impossible for a notification without money', () => {
    const input = inputOf({ money: null });
    const before = stateOf(input);
    expect(acceptMoney('paid_late', input, attribution)).toBe('other_currency');
    expect(stateOf(input)).toBe(before);
  });

  test.each(CASE_KINDS.filter((kind) => !ENDINGS[kind].includes('accept')))(
    'of the kind %s, which has no such ending, is a bug and throws',
    (kind) => {
      expect(() => acceptMoney(kind, inputOf(), attribution)).toThrow('cannot be accepted');
    },
  );
});

describe('attaching the money of a case to another payment', () => {
  const attach = (changed: Partial<SettlementInput> = {}, said = {}) =>
    attachMoney(inputOf(said, changed), attribution);

  test('takes the success of the case, also one under a used event id, as if it had named that payment', () => {
    const { notification } = inputOf({ kind: 'conflicting', paymentNumber: 'P7' });
    expect(successFor('P1', notification)).toEqual({
      ...notification,
      kind: 'succeeded',
      paymentNumber: 'P1',
    });
  });

  test('pays the payment and its order in the name of the operator, if all checks pass', () => {
    expect(attach()).toMatchObject({
      outcome: 'settled',
      newCase: null,
      events: [
        { type: 'payment.succeeded', ...attribution },
        { type: 'order.paid', ...attribution },
      ],
    });
  });

  test.each<[string, Partial<SettlementInput>, object]>([
    ['paid_late', { judgedAt: LATE }, {}],
    ['amount_mismatched', {}, { money: Money.of('99.99', 'CNY') }],
  ])('of money that is %s opens that case for the payment, which owns the money', (kind, changed, said) => {
    expect(attach(changed, said)).toMatchObject({
      outcome: kind,
      newCase: { kind, paymentNumber: 'P1', ownsMoney: true },
    });
  });

  test.each<[string, Partial<SettlementInput>, object, string]>([
    ['that does not exist', { payment: null }, {}, 'unmatched'],
    ['of another gateway', {}, { gateway: 'alipay' }, 'foreign'],
    ['that has succeeded', { payment: paymentIn('succeeded', 'T0') }, {}, 'paid_twice'],
    ['whose order cannot be paid', { order: new Order('O1', DUE, 'cancelled') }, {}, 'order_not_payable'],
    ['while the money has settled another one', { piece: REUSED }, {}, 'transaction_reused'],
    ['while the money has gone back', { piece: pieceBack(DUE, []) }, {}, 'order_not_payable'],
  ])('to a payment %s is refused with the checks, and nothing changes', (_what, changed, said, outcome) => {
    const input = inputOf(said, changed);
    const before = stateOf(input);
    expect(attachMoney(input, attribution)).toMatchObject({ refused: { outcome } });
    expect(stateOf(input)).toBe(before);
  });

  test('is not bound by an earlier attachment: an operator may correct it', () => {
    const ended = moneyCase({ endedBy: 'successor', attached: true });
    const openCase = moneyCase({ paymentNumber: 'P9' });
    const piece = { ...UNKNOWN_PIECE, openCase, endedCases: [ended] };
    expect(attach({ piece })).toMatchObject({ outcome: 'settled' });
  });
});
