import { describe, expect, test } from '@jest/globals';
import { Money } from '../../src/domain/money.js';
import { judgedTime, type Notice, type NoticeKind, type Outcome } from '../../src/domain/notice.js';
import { Order, type OrderStatus } from '../../src/domain/order.js';
import { Payment, type PaymentStatus } from '../../src/domain/payment.js';
import { recordNotice, settleSuccess } from '../../src/domain/settlement.js';

const DEADLINE = new Date('2026-11-23T08:30:00Z');
const IN_TIME = new Date('2026-11-23T08:10:00Z');
const LATE = new Date('2026-11-23T08:30:00.001Z');
const deed = { actor: 'gateway:stripe', at: IN_TIME };

interface Given {
  payment?: PaymentStatus | null;
  order?: OrderStatus;
  notice?: Partial<Notice>;
  judgedAt?: Date;
  transactionReused?: boolean;
  givenBack?: boolean;
}

function given({
  payment = 'init',
  order = 'pending',
  notice = {},
  judgedAt = IN_TIME,
  transactionReused = false,
  givenBack = false,
}: Given) {
  const money = Money.of('100.00', 'CNY');
  const settled = payment === 'succeeded';
  return {
    notice: {
      gateway: 'stripe',
      kind: 'succeeded' as NoticeKind,
      paymentNumber: 'P1',
      transactionId: 'T1',
      money,
      paidAt: null,
      reason: null,
      foreign: null,
      ...notice,
    },
    judgedAt,
    transactionReused,
    givenBack,
    order: new Order('O1', money, order),
    payment:
      payment &&
      new Payment({
        number: 'P1',
        orderNumber: 'O1',
        gateway: 'stripe',
        due: money,
        expiresAt: DEADLINE,
        status: payment,
        transactionId: settled ? 'T1' : null,
        paidAt: settled ? IN_TIME : null,
      }),
  };
}

type Left = [outcome: Outcome, payment: PaymentStatus | undefined, order: OrderStatus, discrepancy: boolean];

describe('settling a success, the first row that holds decides', () => {
  test.each<[string, Given, Left]>([
    ['1 no such payment number', { payment: null }, ['unmatched', undefined, 'pending', true]],
    ['2 signed for another merchant', { notice: { foreign: 'mchid' } }, ['foreign', 'init', 'pending', true]],
    [
      '2 the payment belongs to another gateway',
      { notice: { gateway: 'alipay' } },
      ['foreign', 'init', 'pending', true],
    ],
    [
      '3 already succeeded, same transaction',
      { payment: 'succeeded', order: 'paid' },
      ['duplicate', 'succeeded', 'paid', false],
    ],
    [
      '4 already succeeded, another transaction',
      { payment: 'succeeded', order: 'paid', notice: { transactionId: 'T2' } },
      ['paid_twice', 'succeeded', 'paid', true],
    ],
    [
      '5 the transaction has settled another payment',
      { transactionReused: true },
      ['transaction_reused', 'init', 'pending', true],
    ],
    ['6 judged after the deadline', { judgedAt: LATE }, ['paid_late', 'expired', 'pending', true]],
    [
      '6 judged late, and already labelled expired',
      { payment: 'expired', judgedAt: LATE },
      ['paid_late', 'expired', 'pending', true],
    ],
    [
      '7 too little',
      { notice: { money: Money.of('99.99', 'CNY') } },
      ['amount_mismatched', 'init', 'pending', true],
    ],
    [
      '7 too much',
      { notice: { money: Money.of('100.01', 'CNY') } },
      ['amount_mismatched', 'init', 'pending', true],
    ],
    [
      '7 another currency',
      { notice: { money: Money.of('100.00', 'USD') } },
      ['amount_mismatched', 'init', 'pending', true],
    ],
    [
      '8 the order is cancelled',
      { order: 'cancelled' },
      ['order_not_payable', 'succeeded', 'cancelled', true],
    ],
    ['8 the order is paid already', { order: 'paid' }, ['order_not_payable', 'succeeded', 'paid', true]],
    [
      '8 the order is under refund',
      { order: 'refunding' },
      ['order_not_payable', 'succeeded', 'refunding', true],
    ],
    ['9 all is well', {}, ['settled', 'succeeded', 'paid', false]],
    ['9 exactly at the deadline', { judgedAt: DEADLINE }, ['settled', 'succeeded', 'paid', false]],
    ['9 after a failed attempt', { payment: 'failed' }, ['settled', 'succeeded', 'paid', false]],
    ['9 after the gateway had cancelled', { payment: 'cancelled' }, ['settled', 'succeeded', 'paid', false]],
    ['9 in time, though labelled expired', { payment: 'expired' }, ['settled', 'succeeded', 'paid', false]],
  ])('row %s', (_row, situation, [outcome, payment, order, discrepancy]) => {
    const settled = given(situation);
    const decision = settleSuccess(settled, deed);
    expect([
      decision.outcome,
      settled.payment?.status,
      settled.order.status,
      decision.discrepancy !== null,
    ]).toEqual([outcome, payment, order, discrepancy]);
    if (discrepancy)
      expect(decision.discrepancy).toMatchObject({ kind: outcome, details: { paid: expect.any(String) } });
  });

  test.each<[string, Given, Outcome]>([
    [
      'foreign before duplicate',
      { payment: 'succeeded', order: 'paid', notice: { foreign: 'appid' } },
      'foreign',
    ],
    ['duplicate before late', { payment: 'succeeded', order: 'paid', judgedAt: LATE }, 'duplicate'],
    ['money that was given back is not taken in again', { givenBack: true }, 'duplicate'],
    ['reused before late', { transactionReused: true, judgedAt: LATE }, 'transaction_reused'],
    ['late before amount', { judgedAt: LATE, notice: { money: Money.of('1.00', 'CNY') } }, 'paid_late'],
    [
      'amount before order',
      { order: 'cancelled', notice: { money: Money.of('1.00', 'CNY') } },
      'amount_mismatched',
    ],
  ])('where two rows hold, %s', (_claim, situation, outcome) => {
    expect(settleSuccess(given(situation), deed).outcome).toBe(outcome);
  });

  test('a settled success announces the payment and the order, with the transaction and who brought it', () => {
    const { payment, order, ...rest } = given({});
    settleSuccess({ payment, order, ...rest }, deed);
    expect(payment!.events).toMatchObject([
      {
        type: 'payment.succeeded',
        actor: 'gateway:stripe',
        orderNumber: 'O1',
        data: { from: 'init', transactionId: 'T1' },
      },
    ]);
    expect(order.events).toMatchObject([
      { type: 'order.paid', paymentNumber: 'P1', data: { from: 'pending', to: 'paid', move: 'pay' } },
    ]);
    expect([payment!.transactionId, payment!.paidAt]).toEqual(['T1', IN_TIME]);
  });

  test('a payment without its order is a bug of ours and throws', () => {
    expect(() => settleSuccess({ ...given({}), order: null }, deed)).toThrow('without its order');
  });
});

describe('a notice that brings no money', () => {
  const STATUSES: PaymentStatus[] = ['init', 'processing', 'failed', 'cancelled', 'expired', 'succeeded'];
  // prettier-ignore
  const TABLE: [NoticeKind, string[]][] = [
    ['processing', ['processing recorded', 'processing recorded', 'failed stale',       'cancelled stale',     'expired stale', 'succeeded stale']],
    ['failed',     ['failed recorded',     'failed recorded',     'failed duplicate',   'cancelled stale',     'expired stale', 'succeeded stale']],
    ['cancelled',  ['cancelled recorded',  'cancelled recorded',  'cancelled recorded', 'cancelled duplicate', 'expired stale', 'succeeded stale']],
  ];
  const cells = TABLE.flatMap(([kind, row]) =>
    row.map((left, column) => [kind, STATUSES[column]!, left] as const),
  );

  test.each(cells)('%s on a payment that is %s leaves it %s', (kind, status, left) => {
    const situation = given({
      payment: status,
      order: status === 'succeeded' ? 'paid' : 'pending',
      notice: { kind },
    });
    const { outcome, discrepancy } = recordNotice(situation, deed);
    expect(`${situation.payment!.status} ${outcome}`).toBe(left);
    expect(discrepancy).toBeNull();
    expect(situation.order.events).toEqual([]);
  });

  test.each<[NoticeKind, Given, Outcome, boolean]>([
    ['failed', { payment: null }, 'unmatched', false],
    ['failed', { notice: { foreign: 'appid' } }, 'foreign', false],
    ['refund', { payment: 'succeeded', order: 'paid' }, 'refund_reported', true],
    ['dispute', { payment: 'succeeded', order: 'paid' }, 'dispute_reported', true],
    ['refund', { payment: null }, 'unmatched', false],
    ['ignored', { payment: null }, 'ignored', false],
    ['unreadable', { payment: null }, 'unreadable', true],
    ['conflicting', {}, 'conflicting', true],
  ])(
    '%s, given %j, is %s (discrepancy: %s) and leaves the payment as it was',
    (kind, situation, outcome, owned) => {
      const facts = given({ ...situation, notice: { ...situation.notice, kind } });
      const decision = recordNotice(facts, deed);
      expect([decision.outcome, decision.discrepancy !== null]).toEqual([outcome, owned]);
      expect(facts.payment?.status).toBe(
        situation.payment === null ? undefined : (situation.payment ?? 'init'),
      );
    },
  );
});

describe('the judged time', () => {
  const received = new Date('2026-11-23T08:20:00Z');
  const earlier = new Date('2026-11-23T08:15:00Z');
  const later = new Date('2026-11-23T08:25:00Z');
  test.each([
    ['received_at' as const, earlier, received],
    ['paid_at' as const, earlier, earlier],
    ['paid_at' as const, null, received],
    ['paid_at' as const, later, received],
  ])('by %s, a payment signed for %s is judged at %s', (by, paidAt, judged) => {
    expect(judgedTime(given({ notice: { paidAt } }).notice, received, by)).toEqual(judged);
  });
});
