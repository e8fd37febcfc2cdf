import { describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import {
  isBelow,
  newerTotal,
  totalWithout,
  unnamedRest,
  type RefundTotal,
} from '../../../src/domain/refunds/total.js';
import { refundState } from '../settlement/situations.js';

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 23, 8, 0, seconds));
const total = (amount: string, seconds: number | null = 1): RefundTotal => ({
  money: cny(amount),
  reportedAt: seconds === null ? null : at(seconds),
  belowSince: null,
});
const refund = (amount: string, changed: Partial<RefundState> = {}) =>
  refundState({ money: cny(amount), ...changed });

describe('the sum of a gateway', () => {
  test.each<[string, RefundTotal | null, [string, number | null], string]>([
    ['is the first one', null, ['10.00', 1], '10.00'],
    ['is the newer one, also if it is lower', total('10.00', 1), ['5.00', 2], '5.00'],
    ['stays if the other one is older, also if that is higher', total('10.00', 2), ['20.00', 1], '10.00'],
    ['is the higher one at one time', total('10.00', 1), ['20.00', 1], '20.00'],
    ['stays if the other one is lower at one time', total('10.00', 1), ['5.00', 1], '10.00'],
    ['is the higher one if a time is not known', total('10.00', null), ['20.00', 1], '20.00'],
    ['stays if the other one is lower and has no time', total('10.00', 1), ['5.00', null], '10.00'],
  ])('%s', (_what, known, [amount, seconds], result) => {
    const news = newerTotal(known, cny(amount), seconds === null ? null : at(seconds));
    expect(news.money.amount).toBe(result);
  });

  test.each<[string, Partial<RefundState>, string, number?]>([
    ['goes down by a refund of its time that fails', { reportedAt: at(1) }, '60.00'],
    ['goes down by a refund without a time', { reportedAt: null }, '60.00'],
    ['stays if the refund is newer, because it does not have it', { reportedAt: at(2) }, '100.00'],
    ['stays if the refund is in another currency', { money: Money.of('40.00', 'USD') }, '100.00'],
    [
      'goes down by a refund under way that has an id',
      { status: 'processing', gatewayRefundId: 're_1' },
      '60.00',
    ],
    ['stays if it is newer than the failure, because it is without it', { reportedAt: at(0) }, '100.00', 0],
    ['stays if the gateway never had the refund', { status: 'requested' }, '100.00'],
  ])('%s', (_what, changed, left, failedAt = 3) => {
    const before = refund('40.00', changed);
    expect(totalWithout(total('100.00'), before, at(failedAt)).money.amount).toBe(left);
  });

  test('that has gone down is as new as the failure, so a repeat of the sum before changes nothing', () => {
    const lowered = totalWithout(total('100.00', 1), refund('40.00'), at(3));
    expect(newerTotal(lowered, cny('100.00'), at(1))).toEqual(lowered);
    expect(totalWithout(total('10.00', 1), refund('40.00'), at(3)).money.amount).toBe('0.00');
  });
});

describe('the part of the sum that no refund explains', () => {
  test.each<[string, readonly RefundState[], string | null]>([
    ['is all of it without refunds', [], '100.00'],
    ['is the rest after the refunds that succeeded', [refund('40.00'), refund('10.00')], '50.00'],
    ['is nothing if they come to it', [refund('100.00')], null],
    ['is nothing if they come to more', [refund('140.00')], null],
    ['does not count what failed', [refund('40.00', { status: 'failed' })], '100.00'],
    [
      'does not count what is under way, because it has not gone back',
      [refund('40.00', { status: 'processing', gatewayRefundId: 're_1' })],
      '100.00',
    ],
    ['does not count what the gateway has no id for', [refund('40.00', { status: 'processing' })], '100.00'],
    ['does not count itself', [refund('40.00', { unnamed: true })], '100.00'],
    ['does not count another currency', [refund('40.00', { money: Money.of('40.00', 'USD') })], '100.00'],
    [
      'counts what an operator has recorded before',
      [refund('40.00', { reference: 'RF', reportedAt: at(0) })],
      '60.00',
    ],
    [
      'does not count what an operator has recorded since',
      [refund('40.00', { reference: 'RF', reportedAt: at(2) })],
      '100.00',
    ],
  ])('%s', (_what, refunds, rest) => {
    expect(unnamedRest(total('100.00'), refunds)?.amount ?? null).toBe(rest);
  });

  test('is nothing without a sum, and of a sum of zero', () => {
    expect([unnamedRest(null, [refund('1.00')]), unnamedRest(total('0.00'), [])]).toEqual([null, null]);
  });
});

test('a sum is below its refunds if those that succeeded come to more', () => {
  expect(isBelow(total('30.00'), [refund('40.00')])).toBe(true);
  expect(isBelow(total('40.00'), [refund('40.00')])).toBe(false);
  expect(isBelow(total('30.00'), [refund('40.00', { status: 'processing', gatewayRefundId: 're_1' })])).toBe(
    false,
  );
});
