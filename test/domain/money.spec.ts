import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Money } from '../../src/domain/money.js';

describe('Money', () => {
  test.each([
    ['100.00', 'CNY', '100.00'],
    ['100', 'CNY', '100.00'],
    ['0.1', 'CNY', '0.10'],
    ['500', 'JPY', '500'],
    ['1.234', 'KWD', '1.234'],
    ['999999999999999999.99', 'USD', '999999999999999999.99'],
    ['0', 'CNY', '0.00'],
    ['0', 'JPY', '0'],
  ])('%s %s is shown as %s, with the decimals of its currency', (amount, currency, shown) => {
    expect(Money.fault(amount, currency)).toBeNull();
    expect(Money.of(amount, currency).toJSON()).toEqual({ amount: shown, currency });
  });

  test.each([
    ['100.001', 'CNY', 'amount has more decimals than CNY, which has 2'],
    ['1.5', 'JPY', 'amount has more decimals than JPY, which has 0'],
    ['-1.00', 'CNY', 'amount must not be negative'],
    ['-0.00', 'CNY', 'amount must not be negative'],
    ['1e3', 'CNY', 'amount must be a decimal string such as "100.00"'],
    ['1,00', 'CNY', 'amount must be a decimal string such as "100.00"'],
    [' 1.00', 'CNY', 'amount must be a decimal string such as "100.00"'],
    ['007.00', 'CNY', 'amount must be a decimal string such as "100.00"'],
    ['1000000000000000000', 'CNY', 'amount is too large: it has more than 18 digits before the point'],
    ['1000000000000000000.00', 'CNY', 'amount is too large: it has more than 18 digits before the point'],
    [100, 'CNY', 'amount must be a decimal string such as "100.00"'],
    [null, 'CNY', 'amount must be a decimal string such as "100.00"'],
    ['1.00', 'cny', 'currency must be an ISO 4217 code in capital letters, such as CNY'],
    ['1.00', 'XXX', 'currency must be an ISO 4217 code in capital letters, such as CNY'],
    ['1.00', undefined, 'currency must be an ISO 4217 code in capital letters, such as CNY'],
  ])('%p %p is not valid money: %s', (amount, currency, fault) => {
    expect(Money.fault(amount, currency)).toBe(fault);
  });

  test.each([
    [0, ['BIF', 'ISK', 'JPY', 'KRW', 'XPF']],
    [2, ['AED', 'CHE', 'CHF', 'CNY', 'HNL', 'HTG', 'MUR', 'MVR', 'SEK', 'SGD', 'XCD', 'XCG', 'ZWG']],
    [3, ['BHD', 'IQD', 'KWD', 'TND']],
    [4, ['CLF', 'UYW']],
  ])('ISO 4217 gives %i decimals to %j', (decimals, currencies) => {
    const amount = decimals === 0 ? '7' : `7.${'1'.repeat(decimals)}`;
    for (const currency of currencies) {
      expect(Money.of(amount, currency).amount).toBe(amount);
      const fault = `amount has more decimals than ${currency}, which has ${decimals}`;
      expect(Money.fault(`7.${'1'.repeat(decimals + 1)}`, currency)).toBe(fault);
    }
  });

  test('an amount with a fault cannot become money', () => {
    expect(() => Money.of('1e3', 'CNY')).toThrow('amount must be a decimal string');
    expect(() => Money.of('-1', 'CNY')).toThrow('amount must not be negative');
  });

  test.each([
    ['0', 'CNY', 'amount must be greater than zero'],
    ['0.00', 'CNY', 'amount must be greater than zero'],
    ['-1.00', 'CNY', 'amount must be greater than zero'],
    ['0', 'XXX', 'currency must be an ISO 4217 code in capital letters, such as CNY'],
    ['0,00', 'CNY', 'amount must be a decimal string such as "100.00"'],
    ['0.01', 'CNY', null],
  ])('where money must be more than zero, the fault of %p %p is %p', (amount, currency, fault) => {
    const found = Money.positiveFaultyPart(amount, currency);
    expect(found && `${found.part} ${found.text}`).toBe(fault);
  });

  test.each([
    ['0.00', 'CNY', true],
    ['0', 'JPY', true],
    ['0.01', 'CNY', false],
    ['10', 'JPY', false],
  ])('%s %s is zero: %j', (amount, currency, isZero) => {
    expect(Money.of(amount, currency).isZero).toBe(isZero);
  });

  test('any input is either valid money or has a fault, and nothing throws', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.oneof(fc.constantFrom('CNY', 'JPY', 'KWD'), fc.anything()),
        (amount, currency) => {
          const fault = Money.fault(amount, currency);
          if (fault === null)
            expect(Money.of(amount as string, currency as string).amount).toMatch(/^\d+(\.\d+)?$/);
          else expect(fault).not.toBe('');
        },
      ),
    );
  });

  test.each([
    ['100.00', '100.00', true],
    ['100.00', '99.99', false],
    ['100.00', '100.01', false],
  ])('amounts agree if they differ by less than 0.01 CNY: %s and %s: %j', (left, right, agree) => {
    expect(Money.of(left, 'CNY').agreesWith(Money.of(right, 'CNY'))).toBe(agree);
  });

  test('two amounts in yen agree only if they are equal, because a yen has no decimals', () => {
    expect(Money.of('100', 'JPY').agreesWith(Money.of('101', 'JPY'))).toBe(false);
    expect(Money.of('100', 'JPY').agreesWith(Money.of('100', 'JPY'))).toBe(true);
  });

  test('equal amounts in two currencies do not agree', () => {
    expect(Money.of('100.00', 'CNY').agreesWith(Money.of('100.00', 'USD'))).toBe(false);
  });

  test('a number of minor units becomes the exact decimal string of any currency', () => {
    expect(Money.decimalOf(10_000, 'CNY')).toBe('100');
    expect(Money.decimalOf(9_999, 'CNY')).toBe('99.99');
    expect(Money.decimalOf(500, 'JPY')).toBe('500');
    expect(Money.decimalOf(500, 'UGX', 2)).toBe('5');
    expect(Money.decimalOf(1_234, 'KWD')).toBe('1.234');
    expect(Money.decimalOf(1_234, 'an unknown currency')).toBe('12.34');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (minorUnits) => {
        const { amount } = Money.of(Money.decimalOf(minorUnits, 'CNY'), 'CNY');
        expect(BigInt(amount.replace('.', ''))).toBe(BigInt(minorUnits));
      }),
    );
  });
});

describe('sums of money', () => {
  const cny = (amount: string) => Money.of(amount, 'CNY');

  test('are exact, and what is left is null if nothing is', () => {
    expect(cny('0.10').plus(cny('0.20')).toString()).toBe('0.30 CNY');
    expect(cny('100.00').minus(cny('99.99'))!.toString()).toBe('0.01 CNY');
    expect([cny('1.00').minus(cny('1.00')), cny('1.00').minus(cny('2.00'))]).toEqual([null, null]);
    expect(cny('1.00').compareTo(cny('1'))).toBe(0);
    expect(cny('9.00').compareTo(cny('10.00'))).toBeLessThan(0);
  });

  test('of two currencies do not exist', () => {
    const usd = Money.of('1.00', 'USD');
    for (const calculate of ['plus', 'minus', 'compareTo'] as const)
      expect(() => cny('1.00')[calculate](usd)).toThrow('USD and CNY cannot be compared');
  });
});
