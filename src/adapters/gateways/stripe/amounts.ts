import { decimalOf, field } from '../parsing.js';

/**
 * Decimals of the currencies whose minor unit at Stripe differs from ISO 4217. Stripe has no fraction of the ariary (MGA), and
 * keeps two decimals for ISK and UGX, which lost theirs after integrations had been written (docs.stripe.com/currencies, special
 * cases).
 */
const STRIPE_DECIMALS: ReadonlyMap<unknown, number> = new Map([
  ['MGA', 0],
  ['ISK', 2],
  ['UGX', 2],
]);

/** An amount of Stripe, as a notification takes it. */
export interface StripeAmount {
  readonly amount: string | null;
  readonly currency: unknown;
}

/** The amount in a field of an object that has its `currency`. */
export function moneyIn(object: object, amountField: string): StripeAmount {
  return amountIn(field(object, amountField), field(object, 'currency'));
}

/**
 * What the customer was charged, if Stripe has converted the currency (Adaptive Pricing). The object itself then has the amount that
 * the shop asked for. Null if nothing was converted.
 */
export function presentmentIn(object: object): StripeAmount | null {
  const details = field(object, 'presentment_details') ?? null;
  if (details === null) return null;
  return amountIn(field(details, 'presentment_amount'), field(details, 'presentment_currency'));
}

export function amountIn(minorUnits: unknown, code: unknown): StripeAmount {
  const currency = typeof code === 'string' ? code.toUpperCase() : code;
  return { amount: decimalOf(minorUnits, currency, STRIPE_DECIMALS.get(currency)), currency };
}
