import { Big as UncheckedBig } from 'big.js';

// Strict mode refuses JavaScript numbers, so that no float can enter a sum of money.
const Big = UncheckedBig();
Big.strict = true;

/** Active ISO 4217 currencies by the number of decimals of their minor unit. */
const CURRENCIES_BY_DECIMALS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE ' +
    'CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL ' +
    'HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR ' +
    'MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK ' +
    'SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD ' +
    'XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const DECIMALS = new Map(
  Object.entries(CURRENCIES_BY_DECIMALS).flatMap(([decimals, currencies]) =>
    currencies.split(' ').map((currency) => [currency, Number(decimals)] as const),
  ),
);

/** Plain digits only, because big.js also accepts `1e3`. */
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Digits before the point. No amount of real money has more. */
const MAX_DIGITS = 18;

const NEGATIVE = 'must not be negative';

/** One minor unit by its number of decimals. */
const MINOR_UNITS = [0, 1, 2, 3, 4].map((decimals) => new Big('1').div(new Big('10').pow(decimals)));

/** Money as JSON carries it. `amount` is a decimal string in the decimals of its currency. */
export interface Amount {
  readonly amount: string;
  readonly currency: string;
}

/** What is wrong with one part of what should be money, in words for a person. */
export interface MoneyFault {
  readonly part: 'amount' | 'currency';
  readonly text: string;
}

/** An exact amount, zero or more, in an ISO 4217 currency, with the currency's number of decimals. */
export class Money {
  private constructor(
    /** In the decimals of its currency, as in "100.00". */
    readonly amount: string,
    readonly currency: string,
  ) {}

  /**
   * Why amount and currency are not valid money, in words for a person; null if they are. Money is a decimal string that is not
   * negative, with at most as many decimals as its currency (ISO 4217), and at most eighteen digits before the point.
   */
  static fault(amount: unknown, currency: unknown): string | null {
    const fault = Money.faultyPart(amount, currency);
    return fault && `${fault.part} ${fault.text}`;
  }

  /** As `fault`, with the name of the part that is wrong. */
  static faultyPart(amount: unknown, currency: unknown): MoneyFault | null {
    const decimals = typeof currency === 'string' ? DECIMALS.get(currency) : undefined;
    if (decimals === undefined)
      return { part: 'currency', text: 'must be an ISO 4217 code in capital letters, such as CNY' };
    const text = faultOfAmount(amount, decimals, currency as string);
    return text === null ? null : { part: 'amount', text };
  }

  /** As `faultyPart`, for money that must be more than zero, such as the amount of a payment. */
  static positiveFaultyPart(amount: unknown, currency: unknown): MoneyFault | null {
    const fault = Money.faultyPart(amount, currency);
    const isTooLittle = fault === null ? isZero(amount as string) : fault.text === NEGATIVE;
    return isTooLittle ? { part: 'amount', text: 'must be greater than zero' } : fault;
  }

  /** @throws Error if `fault` is not null. Ask `fault` first for any input from outside. */
  static of(amount: string, currency: string): Money {
    const fault = Money.fault(amount, currency);
    if (fault) throw new Error(fault);
    return new Money(inDecimals(amount, DECIMALS.get(currency)!), currency);
  }

  /** A sum that is stored. It may have more digits than one amount. @throws Error if it is no number, or the currency is unknown. */
  static ofSum(amount: string, currency: string): Money {
    return Money.of('0', currency).sameCurrency(new Big(amount));
  }

  /**
   * The decimal string for a whole number of minor units, for gateways that send integers.
   * @param decimals of the gateway's minor unit, if they differ from ISO 4217.
   */
  static decimalOf(minorUnits: number, currency: string, decimals = DECIMALS.get(currency) ?? 2): string {
    return new Big(String(minorUnits)).div(new Big('10').pow(decimals)).toFixed();
  }

  /** Specification, "amount validation": amounts agree when they differ by less than one minor unit (0.01 for CNY). */
  agreesWith(other: Money): boolean {
    if (this.currency !== other.currency) return false;
    // Usually they are equal. Then no number is made of either: each callback has three amounts, and only compares two of them.
    if (this.amount === other.amount) return true;
    const difference = new Big(this.amount).minus(new Big(other.amount)).abs();
    return difference.lt(MINOR_UNITS[DECIMALS.get(this.currency)!]!);
  }

  /** Negative if this is less than the other, zero if they are equal. @throws Error if the currencies differ. */
  compareTo(other: Money): number {
    return new Big(this.amount).cmp(this.amountIn(other));
  }

  /** A sum may have more digits than a single amount, which a gateway could name otherwise to break it. @throws Error if the currencies differ. */
  plus(other: Money): Money {
    return this.sameCurrency(new Big(this.amount).plus(this.amountIn(other)));
  }

  /** What is left; null if nothing is. @throws Error if the currencies differ. */
  minus(other: Money): Money | null {
    const left = new Big(this.amount).minus(this.amountIn(other));
    return left.gt('0') ? this.sameCurrency(left) : null;
  }

  /** This money × part ÷ whole, rounded to the minor unit. @throws Error if part and whole have two currencies, or whole is zero. */
  portion(part: Money, whole: Money, rounding: 'down' | 'up' = 'down'): Money {
    const share = new Big(this.amount).times(whole.amountIn(part)).div(new Big(whole.amount));
    const mode = rounding === 'down' ? Big.roundDown : Big.roundUp;
    return this.sameCurrency(share.round(DECIMALS.get(this.currency), mode));
  }

  /** One minor unit of its currency, such as 0.01 CNY. */
  get minorUnit(): Money {
    return Money.of(MINOR_UNITS[DECIMALS.get(this.currency)!]!.toFixed(), this.currency);
  }

  private sameCurrency(amount: UncheckedBig): Money {
    return new Money(inDecimals(amount.toFixed(), DECIMALS.get(this.currency)!), this.currency);
  }

  private amountIn({ amount, currency }: Money): UncheckedBig {
    if (currency === this.currency) return new Big(amount);
    throw new Error(`${currency} and ${this.currency} cannot be compared`);
  }

  get isZero(): boolean {
    return isZero(this.amount);
  }

  toJSON(): Amount {
    return { amount: this.amount, currency: this.currency };
  }

  toString(): string {
    return `${this.amount} ${this.currency}`;
  }
}

/** The smallest amount in the currency of the first. Null if there is none. */
export function leastOf([first, ...others]: readonly Money[]): Money | null {
  return others
    .filter(({ currency }) => currency === first?.currency)
    .reduce<Money | null>(
      (least, money) => (least && money.compareTo(least) < 0 ? money : least),
      first ?? null,
    );
}

const isZero = (amount: string): boolean => !/[1-9]/.test(amount);

/** The number of digits after the point. */
function decimalsOf(amount: string): number {
  const point = amount.indexOf('.');
  return point < 0 ? 0 : amount.length - point - 1;
}

function integerDigitsOf(amount: string): number {
  const point = amount.indexOf('.');
  return point < 0 ? amount.length : point;
}

function faultOfAmount(amount: unknown, decimals: number, currency: string): string | null {
  if (typeof amount !== 'string' || !DECIMAL.test(amount)) return 'must be a decimal string such as "100.00"';
  if (amount.startsWith('-')) return NEGATIVE;
  if (decimalsOf(amount) > decimals) return `has more decimals than ${currency}, which has ${decimals}`;
  return integerDigitsOf(amount) > MAX_DIGITS
    ? `is too large: it has more than ${MAX_DIGITS} digits before the point`
    : null;
}

/** Adds the zeros that are missing to an amount without a fault. */
function inDecimals(amount: string, decimals: number): string {
  const given = decimalsOf(amount);
  if (given === decimals) return amount;
  return `${amount}${given === 0 ? '.' : ''}${'0'.repeat(decimals - given)}`;
}
