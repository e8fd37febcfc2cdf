import { describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import {
  givenBack,
  isFullyBack,
  isGivenBack,
  isRefundUnderWay,
  NOTHING_BACK,
  refundable,
  type MoneyBack,
} from '../../../src/domain/refunds/piece.js';
import type { RefundStatus } from '../../../src/domain/refunds/refund.js';

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const PIECE = cny('100.00');

/** Refunds as in "succeeded 40.00"; "unnamed 40.00" is what the gateway's sum has and no refund explains. */
function back(refunds: readonly string[], more: Partial<MoneyBack> = {}): MoneyBack {
  const parts = refunds.map((text) => {
    const [word, amount] = text.split(' ') as [RefundStatus | 'unnamed', string];
    const unnamed = word === 'unnamed';
    const names = { reference: null, gatewayRefundId: word === 'requested' || unnamed ? null : 're' };
    return { ...names, unnamed, status: unnamed ? 'succeeded' : word, money: cny(amount) };
  });
  return { ...NOTHING_BACK, refunds: parts, ...more };
}

describe('what is left of a piece of money', () => {
  test.each<[readonly string[], string | null]>([
    [[], '100.00 CNY'],
    [['succeeded 40.00'], '60.00 CNY'],
    [['requested 40.00'], '60.00 CNY'],
    [['unnamed 70.00', 'processing 40.00'], '30.00 CNY'],
    [['unnamed 40.00', 'processing 50.00'], '10.00 CNY'],
    [['unnamed 70.00', 'processing 40.00', 'processing 30.00'], '30.00 CNY'],
    [['unnamed 40.00', 'requested 40.00'], '20.00 CNY'],
    [['processing 40.00'], '60.00 CNY'],
    [['failed 40.00'], '100.00 CNY'],
    [['succeeded 40.00', 'requested 60.00'], null],
    [['succeeded 140.00'], null],
  ])('after %j is %s', (refunds, left) => {
    expect(refundable(PIECE, back(refunds))?.toString() ?? null).toBe(left);
  });

  test('does not include what a dispute has taken', () => {
    const taken = { takenByDisputes: [cny('20.00'), cny('10.00')] };
    expect(refundable(PIECE, back(['succeeded 40.00'], taken))!.toString()).toBe('30.00 CNY');
  });

  test.each([
    ['whose amount no report has named', null],
    ['in a currency that cannot be compared', Money.of('1.00', 'USD')],
  ])('is nothing while a dispute has taken money %s', (_what, money) => {
    expect(refundable(PIECE, back([], { takenByDisputes: [cny('1.00'), money] }))).toBeNull();
  });
});

describe('what has gone back', () => {
  test('is the sum of the refunds that succeeded, in the currency that is asked for', () => {
    expect(givenBack(back(['succeeded 20.00', 'succeeded 40.00']), 'CNY')!.toString()).toBe('60.00 CNY');
    expect(givenBack(back(['processing 60.00']), 'CNY')).toBeNull();
    expect(givenBack(back(['succeeded 60.00']), 'USD')).toBeNull();
  });

  test.each<[readonly string[], boolean, boolean, boolean]>([
    [[], false, false, false],
    [['succeeded 99.99'], false, false, false],
    [['succeeded 100.00'], true, true, false],
    [['succeeded 40.00', 'succeeded 60.00'], true, true, false],
    [['succeeded 40.00', 'processing 60.00'], false, true, true],
    [['requested 100.00'], false, true, true],
    [['requested 99.99'], false, false, false],
    [['failed 100.00'], false, false, false],
  ])(
    'with %j: the whole of it is back: %j; it pays for nothing: %j; a refund is under way: %j',
    (refunds, given, fully, underWay) => {
      const all = back(refunds);
      const answers = [isGivenBack(PIECE, all), isFullyBack(PIECE, all), isRefundUnderWay(PIECE, all)];
      expect(answers).toEqual([given, fully, underWay]);
    },
  );
});
