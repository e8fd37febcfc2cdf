import { applyDecorators, type Type as Class } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsIn, IsObject, Matches, ValidateBy, ValidateNested } from 'class-validator';
import { Money, type MoneyFault } from '../../../domain/money.js';
import { field, isText } from '../../gateways/parsing.js';
import type { FieldFault } from './problem.js';

/** Order and payment numbers: every gateway accepts them, and they need no escapes in a URL. */
export const BUSINESS_NUMBER = /^[A-Za-z0-9_-]{1,64}$/;
/** Ids of rows, such as callbacks and discrepancies. */
export const ROW_ID = /^[1-9]\d{0,17}$/;

export const IsBusinessNumber = () =>
  Matches(BUSINESS_NUMBER, {
    message: ({ value }) =>
      isOtherThanText(value)
        ? 'must be text of 1 to 64 letters, digits, _ and -'
        : 'must be 1 to 64 of letters, digits, _ and -',
  });

/** Of a value that is missing another message says so. */
const isOtherThanText = (value: unknown): boolean => value !== undefined && typeof value !== 'string';

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

/**
 * Text that is not blank and that PostgreSQL can store: no NUL, no lone surrogate. Its characters are code points, as in JSON Schema and in
 * PostgreSQL: a rare Chinese character is one, although JavaScript has two units for it.
 */
export const IsText = (maxLength: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) =>
        isText(value, 2 * maxLength) && !isLonger(value, maxLength) && /\S/.test(value),
      defaultMessage: (validation) => textFault(validation?.value, maxLength),
    },
  });

/** Text has at most as many code points as units, so short text is not counted. */
function isLonger(text: string, maxLength: number): boolean {
  if (text.length <= maxLength || text.length > 2 * maxLength) return text.length > maxLength;
  return Array.from(text).length > maxLength;
}

function textFault(value: unknown, maxLength: number): string {
  if (typeof value !== 'string') return `must be text of 1 to ${maxLength} characters`;
  if (isLonger(value, maxLength)) return `must have at most ${maxLength} characters`;
  return /\S/.test(value) ? 'must have neither NUL nor half a surrogate pair' : 'must not be empty';
}

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
export const IsMoney = () => isMoney('isMoney');

/** Money that may be zero, such as the total of an order. */
export const IsMoneyOrZero = () => isMoney('isMoneyOrZero');

/** The faults inside a value, by the name of the rule for it. Their fields are those of the value, or empty for the value itself. */
export const FAULTS_INSIDE: Readonly<Record<string, (value: unknown) => readonly FieldFault[]>> = {
  isMoney: (value) => moneyFaults(value, (...money) => Money.positiveFaultyPart(...money)),
  isMoneyOrZero: (value) => moneyFaults(value, (...money) => Money.faultyPart(...money)),
};

const isMoney = (name: 'isMoney' | 'isMoneyOrZero') =>
  ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => FAULTS_INSIDE[name]!(value).length === 0,
      defaultMessage: () => NOT_MONEY,
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

const NOT_MONEY = 'must be an object such as {"amount":"100.00","currency":"CNY"}';

type FaultyPart = (amount: unknown, currency: unknown) => MoneyFault | null;

/** Accepts an object only: the nested validation of class-validator would accept an empty array as money. */
function moneyFaults(value: unknown, faultyPart: FaultyPart): FieldFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ field: '', message: NOT_MONEY }];
  const { amount, currency, ...others } = value as Partial<Record<string, unknown>>;
  const unknown = Object.keys(others).map((name) => ({ field: name, message: UNKNOWN_PART }));
  const missing = [
    amount === undefined ? Money.faultyPart(amount, 'CNY') : null,
    currency === undefined ? Money.faultyPart('0', currency) : null,
  ].flatMap((fault) => (fault ? [{ field: fault.part, message: missingField(fault.text) }] : []));
  if (unknown.length + missing.length > 0) return [...missing, ...unknown];
  const fault = faultyPart(amount, currency);
  return fault ? [{ field: fault.part, message: fault.text }] : [];
}

/** The message for a field that is required, from the message for one that is there. */
export const missingField = (message: string): string => `is missing: it ${message}`;

/** The message for what a request does not have, with the names that it has. */
export function unknownField(kind: 'field' | 'parameter', names: readonly string[]): string {
  return `is not a ${kind} of this request; it has ${names.join(', ') || 'none'}`;
}

/** The message for a query parameter that has several values. */
export const repeatedParameter = (values: readonly unknown[]): string =>
  `is in the query ${values.length} times; it may be there once`;

const UNKNOWN_PART = unknownField('field', ['amount', 'currency']);
