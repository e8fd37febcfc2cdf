import type { RefundReport } from '../callbacks/notification.js';
import { Money } from '../money.js';
import type { RefundState } from './refund.js';
import type { RefundTotal } from './total.js';

/** Money that came, and what the customer was charged in another currency. A gateway may report refunds in either of them. */
export interface Conversion {
  /** In the currency in which the shop asked for it. All that is stored is in this one. */
  readonly money: Money;
  readonly charged: Money;
}

type Refunds = readonly Readonly<RefundState>[];

const isLive = ({ status }: Readonly<RefundState>): boolean => status !== 'failed';

/**
 * The part of the money that is this part of what was charged: by the ratio of the two, rounded down to the minor unit. The last part takes the
 * rest, so that the parts of all that was charged come to all of the money.
 * @param others the refunds of the money beside it that have names.
 */
export function convertedPart(part: Money, { money, charged }: Conversion, others: Refunds): Money {
  if (!isIn(part, { money, charged })) return part;
  const share = money.portion(part, charged);
  // No refund is of nothing.
  const converted = share.isZero ? money.minorUnit : share;
  const before = sumIn(others.filter(isLive), money.currency);
  const left = money.minus(before.plus(converted));
  if (!left) return converted;
  // Each part may have lost one minor unit, and what is less than one minor unit of what was charged cannot be refunded by itself.
  const tooLittle = [slackOf(others.length + 1, money.currency), money.portion(charged.minorUnit, charged)];
  return tooLittle.some((least) => left.compareTo(least) <= 0) ? converted.plus(left) : converted;
}

/** The sum of all refunds. What was lost by rounding its parts is not a refund of its own. */
export function convertedSum(sum: Money, { money, charged }: Conversion): Money {
  if (!isIn(sum, { money, charged })) return sum;
  return sum.compareTo(charged) === 0 ? money : money.portion(sum, charged);
}

/** By how much the sum of a gateway may differ from its refunds because each was rounded. Null if nothing is converted. */
export const roundingOf = (conversion: Conversion | null, { length }: Refunds): Money | null =>
  conversion && slackOf(Math.max(length, 1), conversion.money.currency);

/** A report in the currency of the money. A refund that is known keeps its amount. */
export function convertedReport(
  report: RefundReport,
  conversion: Conversion | null,
  others: Refunds,
): RefundReport {
  if (!conversion) return report;
  const { amount, cumulative } = report;
  return {
    ...report,
    amount: amount && convertedPart(amount, conversion, others),
    cumulative: cumulative && convertedSum(cumulative, conversion),
  };
}

/** Refunds that have waited for their money, one after the other. The one that stands for a sum is worked out from the sum. */
export function convertedRefunds(refunds: Refunds, conversion: Conversion | null): Refunds {
  if (!conversion) return refunds;
  return refunds.reduce<Refunds>((done, refund) => {
    const named = done.filter(({ unnamed }) => !unnamed);
    const money = refund.unnamed ? refund.money : convertedPart(refund.money, conversion, named);
    return [...done, money === refund.money ? refund : { ...refund, money }];
  }, []);
}

export function convertedTotal(total: RefundTotal | null, conversion: Conversion | null): RefundTotal | null {
  const money = total && conversion && convertedSum(total.money, conversion);
  return money && money !== total.money ? { ...total, money } : total;
}

const isIn = ({ currency }: Money, { money, charged }: Conversion): boolean =>
  currency === charged.currency && currency !== money.currency && !charged.isZero;

const slackOf = (parts: number, currency: string): Money => {
  const unit = Money.of('0', currency).minorUnit;
  return Array.from({ length: parts - 1 }).reduce<Money>((sum) => sum.plus(unit), unit);
};

const sumIn = (refunds: Refunds, currency: string): Money =>
  refunds
    .filter(({ money }) => money.currency === currency)
    .reduce((sum, { money }) => sum.plus(money), Money.of('0', currency));
