import { describe, expect, test } from '@jest/globals';
import { DISCREPANCY_KINDS } from '../../src/domain/discrepancy.js';
import { explain } from '../../src/domain/explanation.js';
import { Money } from '../../src/domain/money.js';
import type { Notice, NoticeKind } from '../../src/domain/notice.js';
import { Order, ORDER_STATUSES } from '../../src/domain/order.js';
import { Payment, PAYMENT_STATUSES, type PaymentStatus } from '../../src/domain/payment.js';
import { acceptMoney, resolutionFault, RESOLUTIONS } from '../../src/domain/resolution.js';
import { recordNotice, settleSuccess, type Case } from '../../src/domain/settlement.js';

const DEADLINE = new Date('2026-11-23T08:30:00Z');
const IN_TIME = new Date('2026-11-23T08:10:00Z');
const LATE = new Date('2026-11-23T08:30:00.001Z');
const DUE = Money.of('100.00', 'CNY');
const deed = { actor: 'admin:otto', at: LATE };
const KINDS: readonly NoticeKind[] = [
  'succeeded', 'processing', 'failed', 'cancelled', 'refund', 'dispute', 'ignored', 'unreadable', 'conflicting',
]; // prettier-ignore

const SAID: readonly Partial<Notice>[] = [
  {},
  { foreign: 'mchid' },
  { gateway: 'alipay' },
  { transactionId: 'T2' },
  { money: Money.of('99.99', 'CNY') },
  { money: Money.of('100.00', 'USD') },
];

/** Every way in which a notice and the rows that it speaks of can stand to one another. */
function situations(kinds: readonly NoticeKind[]): (() => Case)[] {
  const notices = kinds.flatMap((kind) => SAID.map((said): Notice => ({ ...SUCCESS, kind, ...said })));
  const payments = [null, ...PAYMENT_STATUSES].flatMap((payment) =>
    ORDER_STATUSES.map((order) => ({ payment, order })),
  );
  const judged = [IN_TIME, LATE].flatMap((judgedAt) =>
    [false, true].map((transactionReused) => ({ judgedAt, transactionReused, givenBack: false })),
  );
  return notices.flatMap((notice) =>
    payments.flatMap(({ payment, order }) =>
      judged.map((when) => () => ({
        notice,
        ...when,
        order: new Order('O1', DUE, order),
        payment: payment && paymentThatIs(payment),
      })),
    ),
  );
}

function paymentThatIs(status: PaymentStatus): Payment {
  const settled = status === 'succeeded';
  const paid = { transactionId: settled ? 'T1' : null, paidAt: settled ? IN_TIME : null };
  const named = { number: 'P1', orderNumber: 'O1', gateway: 'stripe', due: DUE };
  return new Payment({ ...named, expiresAt: DEADLINE, status, ...paid });
}

const SUCCESS: Notice = {
  gateway: 'stripe',
  kind: 'succeeded',
  paymentNumber: 'P1',
  transactionId: 'T1',
  money: DUE,
  paidAt: null,
  reason: null,
  foreign: null,
};

const stateOf = ({ payment, order }: Case) => [payment?.status, payment?.transactionId, order?.status];

describe('explaining', () => {
  test('in every situation, what is explained is what is decided, by the first check that fails', () => {
    const all = situations(KINDS);
    expect(all.length).toBe(9 * 7 * 7 * 6 * 2 * 2);
    // Ten thousand expectations would take seconds; one over what is wrong shows as much.
    const wrong = all.flatMap((situation) => {
      const given = situation();
      const before = String(stateOf(given));
      const { outcome, checks } = explain(given);
      const isQuiet = !given.payment?.events.length && !given.order?.events.length;
      const isUntouched = isQuiet && String(stateOf(given)) === before;
      const isFine = ['settled', 'recorded', 'refund_reported', 'dispute_reported'].includes(outcome);
      const isExplained = checks.every(({ holds }) => holds) === isFine;
      const decide = given.notice.kind === 'succeeded' ? settleSuccess : recordNotice;
      const decided = decide(given, deed).outcome;
      return isUntouched && isExplained && decided === outcome
        ? []
        : [{ ...given, before, outcome, decided }];
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });
});

describe('ending cases', () => {
  test('accept is for lateness and amounts alone; a refund elsewhere says where; a dismissal ends any case', () => {
    const table = DISCREPANCY_KINDS.flatMap((kind) =>
      RESOLUTIONS.map((resolution) => [kind, resolution, resolutionFault(kind, resolution, null)] as const),
    );
    for (const [kind, resolution, fault] of table) {
      const acceptable = kind === 'paid_late' || kind === 'amount_mismatched';
      if (resolution === 'accept')
        expect([kind, fault]).toEqual([kind, acceptable ? null : 'not_acceptable']);
      if (resolution === 'refunded_elsewhere') expect(fault).toBe('reference_missing');
      if (resolution === 'dismiss') expect(fault).toBeNull();
      expect(resolutionFault(kind, 'refunded_elsewhere', 'RF-1')).toBeNull();
    }
  });

  test('in every situation, accepting does what would be done had the check of the case held, and nothing else', () => {
    const wrong = (['paid_late', 'amount_mismatched'] as const).flatMap((kind) =>
      situations(['succeeded']).flatMap((situation) => {
        const [given, mended] = [situation(), situation()];
        if (!given.payment || given.notice.money?.currency !== 'CNY') return [];
        const money = kind === 'amount_mismatched' ? DUE : mended.notice.money;
        const fine = { ...mended, judgedAt: IN_TIME, notice: { ...mended.notice, money } };
        const expected = settleSuccess(fine, deed).outcome;
        const accepted = acceptMoney(kind, given, deed);
        const isSame = typeof accepted === 'object' && accepted.outcome === expected;
        return isSame && String(stateOf(given)) === String(stateOf(fine))
          ? []
          : [{ kind, given, accepted, expected }];
      }),
    );
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('money of another currency is never accepted, and nothing changes', () => {
    for (const kind of ['paid_late', 'amount_mismatched'] as const)
      for (const situation of situations(['succeeded'])) {
        const given = situation();
        if (given.notice.money?.currency !== 'USD') continue;
        const before = stateOf(given);
        expect(acceptMoney(kind, given, deed)).toBe('other_currency');
        expect(stateOf(given)).toEqual(before);
      }
  });

  test('a notice without money has nothing that could be accepted', () => {
    const [situation] = situations(['succeeded']);
    const given = { ...situation!(), payment: paymentThatIs('init'), notice: { ...SUCCESS, money: null } };
    expect(acceptMoney('paid_late', given, deed)).toBe('other_currency');
    expect(stateOf(given)).toEqual(['init', null, 'pending']);
  });

  test('a case that cannot be accepted is a bug of ours by the time that money is taken', () => {
    const [situation] = situations(['succeeded']);
    expect(() => acceptMoney('unmatched', situation!(), deed)).toThrow('cannot be accepted');
  });
});
