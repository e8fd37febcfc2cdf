import { describe, expect, test } from '@jest/globals';
import { ENDINGS } from '../../../src/domain/cases/endings.js';
import { CASE_KINDS } from '../../../src/domain/cases/kinds.js';
import { acceptMoney } from '../../../src/domain/settlement/acceptance.js';
import { settleSuccess } from '../../../src/domain/settlement/success-table.js';
import { DUE, IN_TIME, inputOf, LATE, situations, stateOf } from './situations.js';

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
    const input = inputOf({}, { judgedAt: LATE, transactionReused: true });
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
