import { IsIn, Matches, ValidateBy } from 'class-validator';
import { Money } from '../../../domain/money.js';
import { isText } from '../../gateways/parsing.js';

/** Order and payment numbers: every gateway accepts them, and they need no escapes in a URL. */
export const BUSINESS_NUMBER = /^[A-Za-z0-9_-]{1,64}$/;
/** Ids of rows, such as callbacks and discrepancies. */
export const ROW_ID = /^[1-9]\d{0,17}$/;

export const IsBusinessNumber = () =>
  Matches(BUSINESS_NUMBER, { message: 'must be 1 to 64 of letters, digits, _ and -' });

export const OneOf = (values: readonly string[]) =>
  IsIn(values, { message: `must be one of ${values.join(', ')}` });

/** Text that is not blank and that PostgreSQL can store: no NUL, no lone surrogate. */
export const IsText = (maxLength: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isText(value, maxLength) && /\S/.test(value),
      defaultMessage: () => `must be text of 1 to ${maxLength} characters without NUL or lone surrogates`,
    },
  });

export const IsMoney = () =>
  ValidateBy({
    name: 'isMoney',
    validator: {
      validate: (value: unknown) => moneyFault(value) === null,
      defaultMessage: (validation) => moneyFault(validation?.value) ?? '',
    },
  });

/** Accepts an object only: the nested validation of class-validator would accept an empty array as money. */
function moneyFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be an object such as {"amount":"100.00","currency":"CNY"}';
  }
  const { amount, currency, ...others } = value as Partial<Record<string, unknown>>;
  return Object.keys(others).length > 0
    ? 'must have amount and currency only'
    : Money.fault(amount, currency);
}
