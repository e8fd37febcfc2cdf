import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Money } from '../../../src/domain/money.js';
import {
  convertedPart,
  convertedRefunds,
  convertedSum,
  convertedTotal,
  roundingOf,
  type Conversion,
} from '../../../src/domain/refunds/conversion.js';
import { refundState } from '../settlement/situations.js';

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const eur = (amount: string): Money => Money.of(amount, 'EUR');
const RATIO: Conversion = { money: cny('100.00'), charged: eur('12.85') };
const amountsOf = (parts: readonly Money[], ratio: Conversion): string[] =>
  convertedRefunds(
    parts.map((money, index) => refundState({ number: `R${index}`, money })),
    ratio,
  ).map(({ money }) => money.toString());

describe('a part of what was charged', () => {
  test('is that part of the money, rounded down', () => {
    expect(convertedPart(eur('1.00'), RATIO, []).toString()).toBe('7.78 CNY');
  });

  test('takes the rest if it is the last one', () => {
    expect(amountsOf([eur('4.28'), eur('4.28'), eur('4.29')], RATIO)).toEqual([
      '33.30 CNY',
      '33.30 CNY',
      '33.40 CNY',
    ]);
    expect(amountsOf([eur('12.85')], RATIO)).toEqual(['100.00 CNY']);
  });

  test('does not count refunds that have failed', () => {
    const failed = refundState({ number: 'R0', money: cny('60.00'), status: 'failed' });
    expect(convertedPart(eur('5.14'), RATIO, [failed]).toString()).toBe('40.00 CNY');
  });

  test('is never nothing', () => {
    const ratio = { money: Money.of('1', 'JPY'), charged: eur('100.00') };
    expect(convertedPart(eur('0.01'), { ...ratio, money: Money.of('100', 'JPY') }, []).toString()).toBe(
      '1 JPY',
    );
  });

  test.each([cny('5.00'), Money.of('5.00', 'USD')])('stays as it is in another currency: %s', (part) => {
    expect(convertedPart(part, RATIO, [])).toBe(part);
  });

  test('stays as it is if it is more than was charged, so that no amount is too large', () => {
    const huge = Money.of('999999999999999999.99', 'EUR');
    expect(convertedPart(huge, RATIO, [])).toBe(huge);
    expect(convertedSum(huge, RATIO)).toBe(huge);
  });

  test('is the last one only if all that was charged has gone back with it, however many there are', () => {
    const parts = Array.from({ length: 1_285 }, () => eur('0.01'));
    const amounts = amountsOf(parts, RATIO);
    expect(new Set(amounts.slice(0, -1))).toEqual(new Set(['0.07 CNY']));
    expect(amounts.at(-1)).toBe('10.12 CNY');
  });

  test('stays as it is if nothing was charged', () => {
    expect(convertedPart(eur('1.00'), { ...RATIO, charged: eur('0.00') }, []).toString()).toBe('1.00 EUR');
  });

  test('comes to exactly the money with the other parts, whatever the parts and the ratio are', () => {
    const cents = fc.integer({ min: 1, max: 10_000_000 });
    const parts = fc.array(cents, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parts, cents, (all, moneyCents) => {
        const inEur = (minor: number) => eur(Money.decimalOf(minor, 'EUR'));
        const charged = inEur(all.reduce((sum, each) => sum + each));
        // Each part is worth at least one minor unit of the money.
        const money = cny(Money.decimalOf(moneyCents + all.length * 10_000_000, 'CNY'));
        const converted = convertedRefunds(
          all.map((each, index) => refundState({ number: `R${index}`, money: inEur(each) })),
          { money, charged },
        );
        const sum = converted.reduce((left, each) => left.plus(each.money), cny('0.00'));
        return sum.toString() === money.toString();
      }),
    );
  });
});

describe('a sum of what was charged', () => {
  test('is that part of the money, and all of it is all of the money', () => {
    expect([convertedSum(eur('1.00'), RATIO), convertedSum(eur('12.85'), RATIO)].map(String)).toEqual([
      '7.78 CNY',
      '100.00 CNY',
    ]);
    expect(convertedTotal(null, RATIO)).toBeNull();
    const total = { money: eur('12.85'), reportedAt: null, belowSince: null };
    expect(convertedTotal(total, RATIO)).toEqual({ ...total, money: cny('100.00') });
    expect(convertedTotal(total, null)).toBe(total);
  });

  test('may differ from its refunds by one minor unit for each', () => {
    expect(roundingOf(RATIO, [refundState(), refundState()])?.toString()).toBe('0.02 CNY');
    expect(roundingOf(RATIO, [])?.toString()).toBe('0.01 CNY');
    expect(roundingOf(null, [])).toBeNull();
  });
});
