import { describe, expect, test } from '@jest/globals';
import { UNKNOWN_PIECE, type KnownPiece } from '../../../src/domain/cases/known-piece.js';
import {
  casesOfExcess,
  casesOfRefund,
  goneOf,
  paymentRefunded,
  returnedTotal,
} from '../../../src/domain/cases/refund-cases.js';
import { Money } from '../../../src/domain/money.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import { moneyCase, refundState } from '../settlement/situations.js';

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const by = { actor: 'gateway:stripe', at: new Date('2026-11-23T08:00:00Z') };

/** 100.00 CNY that paid order O1. */
const pieceWith = (...refunds: readonly RefundState[]): KnownPiece => ({
  ...UNKNOWN_PIECE,
  settledNumber: 'P1',
  came: { money: cny('100.00'), charged: null, paidOrder: true, refundRequest: null },
  refunds,
});

/** What the last of the refunds opens. */
function opened(...refunds: readonly RefundState[]): string[] {
  const refund = refunds.at(-1)!;
  const cases = casesOfRefund({ refund, before: null }, pieceWith(...refunds));
  return cases.map(({ kind, subject, details }) => `${kind}, ${subject}, ${String(details['reason'])}`);
}

describe('a refund opens', () => {
  const failure = { code: 'declined', message: null };
  const failed = refundState({ status: 'failed', failure, money: cny('40.00') });

  test('a case if it fails, with its amount and its number', () => {
    const [found] = casesOfRefund({ refund: failed, before: null }, pieceWith(failed));
    expect(found).toEqual({
      kind: 'refund_failed',
      gateway: 'stripe',
      transactionId: 'T1',
      paymentNumber: 'P1',
      orderNumber: 'O1',
      ownsMoney: false,
      subject: 'refund R1',
      refundNumber: 'R1',
      details: { paid: '40.00 CNY', reason: 'declined' },
    });
  });

  test('none if it fails where nothing is left to refund, or if an operator has withdrawn it', () => {
    expect(opened(refundState({ number: 'R0', money: cny('100.00') }), failed)).toEqual([]);
    expect(opened({ ...failed, failure: { code: 'cancelled', message: null } })).toEqual([]);
  });

  test('a case if it fails while another one of all the money is under way, because that may fail too', () => {
    const other = refundState({ number: 'R0', money: cny('100.00'), status: 'processing' });
    expect(opened(other, failed)).toEqual(['refund_failed, refund R1, declined']);
  });

  test('a case if refunds that succeeded or are under way come to more than the money', () => {
    const [first, second] = [
      refundState({ number: 'R0', money: cny('60.00') }),
      refundState({ money: cny('40.01') }),
    ];
    expect(opened(first, second)).toEqual(['refund_exceeds_payment, refund R1, null']);
    expect(opened(first, { ...second, status: 'processing' })).toEqual([
      'refund_exceeds_payment, refund R1, null',
    ]);
    expect(opened(first, { ...second, money: cny('40.00') })).toEqual([]);
    expect(opened({ ...first, status: 'requested' }, second)).toEqual([]);
  });

  test('a case if it is in another currency', () => {
    expect(opened(refundState({ money: Money.of('1.00', 'USD') }))).toEqual([
      'refund_exceeds_payment, refund R1, other_currency',
    ]);
  });
});

describe('an amount of the money that counts from now on', () => {
  const unsettled = (amounts: readonly Money[], ...refunds: readonly RefundState[]): KnownPiece => ({
    ...UNKNOWN_PIECE,
    openCase: moneyCase({ amounts }),
    refunds,
  });
  const refund = refundState({ money: cny('80.00') });

  test('opens a case if its refunds exceed it, and did not exceed the one before', () => {
    const before = unsettled([cny('100.00')], refund);
    const kinds = (piece: KnownPiece) =>
      casesOfExcess(before, piece).map(({ kind, subject }) => [kind, subject]);
    expect(kinds(unsettled([cny('100.00'), cny('60.00')], refund))).toEqual([
      ['refund_exceeds_payment', 'refund R1'],
    ]);
    expect(kinds(unsettled([cny('100.00'), cny('80.00')], refund))).toEqual([]);
    expect(kinds(before)).toEqual([]);
  });

  test('opens a case if its refunds are in another currency than it', () => {
    const dollars = refundState({ money: Money.of('80.00', 'USD') });
    const [found] = casesOfExcess(unsettled([Money.of('100.00', 'USD')], dollars), pieceWith(dollars));
    expect(found).toMatchObject({ kind: 'refund_exceeds_payment', details: { reason: 'other_currency' } });
  });
});

describe('what has not gone back after all, as the sum of the gateway says', () => {
  const rest = (amount: string): RefundState =>
    refundState({ number: 'T1-unnamed', unnamed: true, money: cny(amount) });
  const withTotal = (amount: string, ...refunds: readonly RefundState[]): KnownPiece => ({
    ...pieceWith(...refunds),
    total: { money: cny(amount), reportedAt: by.at, belowSince: null },
  });
  const named = refundState({ money: cny('40.00') });

  test('is what the sum has lost, beside refunds that have failed', () => {
    const before = withTotal('100.00', named, rest('60.00'));
    const sumOf = (piece: KnownPiece) => returnedTotal(before, piece)?.money.toString();
    expect(sumOf(withTotal('70.00', named, rest('30.00')))).toBe('30.00 CNY');
    expect(sumOf(withTotal('60.00', { ...named, status: 'failed' }, rest('60.00')))).toBeUndefined();
    expect(sumOf(withTotal('50.00', { ...named, status: 'failed' }, rest('50.00')))).toBe('10.00 CNY');
  });

  test('is nothing as long as refunds that have names come to as much', () => {
    const before = withTotal('40.00', named);
    expect(returnedTotal(before, withTotal('30.00', named))).toBeNull();
    expect(returnedTotal(before, withTotal('50.00', named, rest('10.00')))).toBeNull();
  });
});

describe('what has gone back of a payment', () => {
  test.each<[string, readonly RefundState[]]>([
    ['less', []],
    ['less', [refundState({ money: cny('99.99') })]],
    ['all_soon', [refundState({ status: 'processing' })]],
    [
      'all_soon',
      [refundState({ money: cny('40.00') }), refundState({ money: cny('60.00'), status: 'requested' })],
    ],
    ['all', [refundState()]],
    ['less', [refundState({ status: 'failed' })]],
  ])('is %s', (gone, refunds) => {
    expect(goneOf(pieceWith(...refunds))).toBe(gone);
  });

  test('is measured by the amount that has settled, whatever was named before', () => {
    const piece = {
      ...pieceWith(refundState({ money: cny('99.00') })),
      endedCases: [moneyCase({ amounts: [cny('99.00')], endedBy: 'settlement' })],
    };
    expect(goneOf(piece)).toBe('less');
  });

  test('is told when the sum has changed, and not otherwise', () => {
    const about = { gateway: 'stripe', transactionId: 'T1', orderNumber: 'O1' };
    const part = pieceWith(refundState({ money: cny('40.00') }));
    expect(paymentRefunded(pieceWith(), part, about, by)).toEqual({
      type: 'payment.refunded',
      ...by,
      orderNumber: 'O1',
      paymentNumber: 'P1',
      data: {
        gateway: 'stripe',
        transactionId: 'T1',
        amount: { amount: '40.00', currency: 'CNY' },
        refundable: { amount: '60.00', currency: 'CNY' },
      },
    });
    expect(paymentRefunded(part, part, about, by)).toBeNull();
    expect(paymentRefunded(null, { ...part, settledNumber: null }, about, by)).toBeNull();
    expect(paymentRefunded(part, pieceWith(), about, by)).toMatchObject({
      data: { amount: { amount: '0.00' } },
    });
  });
});
