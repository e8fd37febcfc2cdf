import { applyDecorators, type Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsIn, IsObject, Matches, ValidateBy, ValidateNested } from 'class-validator';
import { Money } from '../../../domain/money.js';
import { field, isText } from '../../gateways/parsing.js';

/** Order and payment numbers: every gateway accepts them, and they need no escapes in a URL. */
export const BUSINESS_NUMBER = /^[A-Za-z0-9_-]{1,64}$/;
/** Ids of rows, such as callbacks and discrepancies. */
export const ROW_ID = /^[1-9]\d{0,17}$/;

export const IsBusinessNumber = () =>
  Matches(BUSINESS_NUMBER, { message: 'must be 1 to 64 of letters, digits, _ and -' });

export const OneOf = (values: readonly string[]) =>
  IsIn(values, { message: `must be one of ${values.join(', ')}` });

/** A JSON number without a fraction. */
export const IsWholeNumber = (min: number, max: number) =>
  ValidateBy({
    name: 'isWholeNumber',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
      defaultMessage: () => `must be a whole number from ${min} to ${max}`,
    },
  });

/** Text that is not blank and that PostgreSQL can store: no NUL, no lone surrogate. */
export const IsText = (maxLength: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isText(value, maxLength) && /\S/.test(value),
      defaultMessage: () => `must be text of 1 to ${maxLength} characters without NUL or lone surrogates`,
    },
  });

const TIME =
  /^(\d{4}-\d\d-\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,6}))?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** A time that PostgreSQL and JavaScript read alike. */
export const IsTime = () =>
  ValidateBy({
    name: 'isTime',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isDay(TIME.exec(value)?.[1]),
      defaultMessage: () =>
        'must be an ISO 8601 time with its offset, such as 2026-11-26T08:00:00Z (in a URL, the + of an offset is %2B)',
    },
  });

/** A day that the calendar has. PostgreSQL has no year 0, and JavaScript takes the 31st of a shorter month for a day of the next one. */
function isDay(text: string | undefined): boolean {
  if (text === undefined || text.startsWith('0000')) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** The end of a range of times, which is not before its begin. A begin that is no time is a fault of its own. */
export const IsNotBefore = (begin: string) =>
  ValidateBy({
    name: 'isNotBefore',
    validator: {
      validate: (end: unknown, validation) => {
        const from = microseconds(field(validation?.object, begin));
        const to = microseconds(end);
        return from === null || to === null || from <= to;
      },
      defaultMessage: () => `must not be before ${begin}`,
    },
  });

/** Since 1970, and exact until the year 2255. Null for anything that is no time. */
function microseconds(time: unknown): number | null {
  const match = typeof time === 'string' ? TIME.exec(time) : null;
  if (!match) return null;
  const beyondMilliseconds = (match[2] ?? '').padEnd(6, '0').slice(3);
  return Date.parse(match[0]) * 1_000 + Number(beyondMilliseconds);
}

/** Money that is more than zero. */
export const IsMoney = () => isMoney((amount, currency) => Money.positiveFault(amount, currency));

/** Money that may be zero, such as the total of an order. */
export const IsMoneyOrZero = () => isMoney((amount, currency) => Money.fault(amount, currency));

type MoneyFault = (amount: unknown, currency: unknown) => string | null;

const isMoney = (faultOf: MoneyFault) =>
  ValidateBy({
    name: 'isMoney',
    validator: {
      validate: (value: unknown) => moneyFault(value, faultOf) === null,
      defaultMessage: (validation) => moneyFault(validation?.value, faultOf) ?? '',
    },
  });

/** An object with the fields of this class. A fault in it has the path of the field, such as `payment.gateway`. */
export const IsBody = (shape: Class) =>
  applyDecorators(
    Type(() => shape),
    // The nested validation alone would accept an array.
    IsObject({ message: 'must be an object' }),
    ValidateNested(),
  );

/** Accepts an object only: the nested validation of class-validator would accept an empty array as money. */
function moneyFault(value: unknown, faultOf: MoneyFault): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be an object such as {"amount":"100.00","currency":"CNY"}';
  }
  const { amount, currency, ...others } = value as Partial<Record<string, unknown>>;
  return Object.keys(others).length > 0 ? 'must have amount and currency only' : faultOf(amount, currency);
}
