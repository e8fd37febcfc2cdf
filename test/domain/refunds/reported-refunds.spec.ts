import { describe, expect, test } from '@jest/globals';
import type { RefundReport } from '../../../src/domain/callbacks/notification.js';
import { Money } from '../../../src/domain/money.js';
import { learnReport, type PieceRefunds } from '../../../src/domain/refunds/reported-refunds.js';
import { REFUND, refundState } from '../settlement/situations.js';

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 23, 8, 0, seconds));
const by = { actor: 'gateway:stripe', at: at(0) };
const NOTHING: PieceRefunds = { refunds: [], total: null };

/** Numbers that only `taken` is a stranger's of. */
const numbers = {
  free: (number: string) => (number === 'taken' ? 'taken~0a0b0c0d' : number),
  isFor: (stored: string, reported: string) => stored === reported || stored === `${reported}~0a0b0c0d`,
};
const context = (waiting = false) => ({
  terms: { gateway: 'stripe', transactionId: 'T1', paymentNumber: 'P1', orderNumber: 'O1', reason: null },
  waiting,
  numbers,
  rounding: null,
});
const report = (changed: Partial<RefundReport> = {}): RefundReport => ({ ...REFUND, at: at(1), ...changed });

/** The outcomes of the reports, one after the other, and the refunds afterwards. */
function learn(...reports: readonly Partial<RefundReport>[]): { outcomes: string[]; refunds: string[] } {
  let known = NOTHING;
  const outcomes = reports.map((each) => {
    const learned = learnReport(known, report(each), context(), by);
    known = learned;
    return learned.outcome;
  });
  const refunds = known.refunds.map(({ number, gatewayRefundId, status, money }) =>
    [number, gatewayRefundId ?? '-', status, money.amount].join(' '),
  );
  return { outcomes, refunds };
}

describe('a refund is stored once', () => {
  const number = { refundNumber: 'R1', gatewayRefundId: null };
  const both = { refundNumber: 'R1', gatewayRefundId: 're_1' };
  const id = { refundNumber: null, gatewayRefundId: 're_1' };
  test.each([
    ['number, both, id', [number, both, id], 'R1 re_1 succeeded 100.00'],
    ['both, number, id', [both, number, id], 'R1 re_1 succeeded 100.00'],
    ['id, both', [id, both], 're_1 re_1 succeeded 100.00'],
  ])('if reports name it by %s', (_names, reports, refund) => {
    expect(learn(...reports)).toEqual({
      outcomes: ['refund_reported', ...reports.slice(1).map(() => 'duplicate')],
      refunds: [refund],
    });
  });

  test('also if its number is longer because another refund has that number', () => {
    const taken = { refundNumber: 'taken', gatewayRefundId: null };
    expect(learn(taken, taken).refunds).toEqual(['taken~0a0b0c0d - succeeded 100.00']);
  });
});

test('a refund that an operator has recorded is a part of the sum of a report that names its reference, however late the operator did so', () => {
  const recorded = refundState({
    number: 'case-7-1',
    money: cny('40.00'),
    reference: 'R-1',
    reportedAt: at(10),
  });
  const names = { refundNumber: 'R-1', amount: null, cumulative: cny('40.00') };
  for (const seconds of [5, 10, 15]) {
    const known = { refunds: [recorded], total: null };
    const { refunds } = learnReport(known, report({ ...names, at: at(seconds) }), context(), by);
    expect(refunds.map(({ number, money }) => `${number} ${money.amount}`)).toEqual(['case-7-1 40.00']);
  }
});

test('a refund that this service has requested is the one that a report names by its number, and stays requested by this service', () => {
  const known = { refunds: [refundState({ origin: 'requested', status: 'requested' })], total: null };
  const reported = report({ gatewayRefundId: 're_1', status: 'processing' });
  const { outcome, refunds } = learnReport(known, reported, context(), by);
  expect([outcome, refunds]).toMatchObject([
    'refund_reported',
    [{ number: 'R1', origin: 'requested', status: 'processing', gatewayRefundId: 're_1' }],
  ]);
});

describe('what a report changes', () => {
  test('is nothing if it is older, and the time of a repeat counts', () => {
    const { outcomes, refunds } = learn(
      { at: at(1) },
      { at: at(3) },
      { at: at(2), status: 'failed' },
      { at: at(3), status: 'failed' },
    );
    expect(outcomes).toEqual(['refund_reported', 'duplicate', 'stale', 'refund_reported']);
    expect(refunds).toEqual(['R1 - failed 100.00']);
  });

  test('is nothing if a refund that failed is said to have succeeded later', () => {
    expect(learn({ status: 'failed' }, { at: at(9) })).toEqual({
      outcomes: ['refund_reported', 'stale'],
      refunds: ['R1 - failed 100.00'],
    });
  });

  test('is unreadable without an amount of its own or a sum, unless the refund is known', () => {
    expect(learn({ amount: null }).outcomes).toEqual(['unreadable']);
    expect(learn({ status: 'processing' }, { amount: null, at: at(2) }).outcomes).toEqual([
      'refund_reported',
      'refund_reported',
    ]);
  });

  test('is unreadable without a number and an id, because its repeat could not be recognised, and if it is of nothing', () => {
    expect(learn({ refundNumber: null }, { amount: cny('0.00') })).toEqual({
      outcomes: ['unreadable', 'unreadable'],
      refunds: [],
    });
  });

  test('waits if the money is not known, and names no payment as its owner yet', () => {
    const { refunds } = learnReport(NOTHING, report(), context(true), by);
    expect(refunds).toMatchObject([{ waiting: true, origin: 'reported' }]);
  });

  test('an abnormal refund is under way', () => {
    expect(learn({ status: 'abnormal' }).refunds).toEqual(['R1 - processing 100.00']);
  });
});

describe('a sum', () => {
  const sum = (amount: string, seconds: number): Partial<RefundReport> => ({
    refundNumber: null,
    amount: null,
    cumulative: cny(amount),
    at: at(seconds),
  });

  test('without a refund is one refund without a name, which shrinks, and goes when refunds have come to it', () => {
    const named = (id: string, amount: string) => ({ refundNumber: id, amount: cny(amount) });
    expect(learn(sum('50.00', 1)).refunds).toEqual(['T1-unnamed - succeeded 50.00']);
    expect(learn(sum('50.00', 1), named('R1', '20.00')).refunds).toEqual([
      'T1-unnamed - succeeded 30.00',
      'R1 - succeeded 20.00',
    ]);
    expect(learn(sum('50.00', 1), named('R1', '20.00'), named('R2', '30.00')).refunds).toEqual([
      'R1 - succeeded 20.00',
      'R2 - succeeded 30.00',
    ]);
  });

  test('does not have a refund any more that fails after it, whichever of the two is known first', () => {
    const failed = { status: 'failed', amount: cny('70.00'), at: at(3) } as const;
    const left = ['T1-unnamed - succeeded 30.00', 'R1 - failed 70.00'];
    expect(learn(sum('100.00', 1), failed).refunds).toEqual(left);
    expect(learn(failed, sum('100.00', 1)).refunds.toReversed()).toEqual(left);
    expect(learn(failed, sum('100.00', 1), sum('100.00', 1)).refunds.toReversed()).toEqual(left);
    // A sum of a time after the failure is without it.
    expect(learn(failed, sum('100.00', 4)).refunds).toContain('T1-unnamed - succeeded 100.00');
    expect(learn(sum('100.00', 4), failed).refunds).toContain('T1-unnamed - succeeded 100.00');
  });

  test('announces no refund, and has a refund under way until it fails', () => {
    const { events } = learnReport(NOTHING, report(sum('50.00', 1)), context(), by);
    expect(events).toEqual([]);
    const pending = { gatewayRefundId: 're_1', status: 'processing' as const };
    expect(learn(pending, sum('100.00', 1)).refunds).toEqual([
      'R1 re_1 processing 100.00',
      'T1-unnamed - succeeded 100.00',
    ]);
    expect(learn(pending, sum('100.00', 1), { ...pending, status: 'succeeded', at: at(2) }).refunds).toEqual([
      'R1 re_1 succeeded 100.00',
    ]);
    expect(learn(pending, sum('100.00', 1), { ...pending, status: 'failed', at: at(2) }).refunds).toEqual([
      'R1 re_1 failed 100.00',
    ]);
  });

  test('is below its refunds since the first time that it was', () => {
    let known: PieceRefunds = NOTHING;
    for (const [each, time] of [
      [sum('20.00', 1), 10],
      [{ amount: cny('40.00') }, 20],
      [{ amount: cny('1.00'), refundNumber: 'R2' }, 30],
    ] as const)
      known = learnReport(known, report(each), context(), { ...by, at: at(time) });
    expect(known.total!.belowSince).toEqual(at(20));
    expect(learnReport(known, report(sum('41.00', 2)), context(), by).total!.belowSince).toBeNull();
  });
});
