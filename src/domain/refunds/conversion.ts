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
 * rest, so that the parts of all that was charged come to all of the money. More than was charged stays as it is: it is too much anyway.
 * @param others the refunds of the money beside it that have names.
 */
export function convertedPart(part: Money, conversion: Conversion, others: Refunds): Money {
  if (!isIn(part, conversion)) return part;
  const { money, charged } = conversion;
  const share = money.portion(part, charged);
  // No refund is of nothing.
  const converted = share.isZero ? money.minorUnit : share;
  const parts = others
    .filter(isLive)
    .flatMap((each) => (each.money.currency === money.currency ? each.money : []));
  const left = money.minus(parts.reduce((sum, each) => sum.plus(each), converted));
  return left && isLast({ part, parts, left }, conversion) ? converted.plus(left) : converted;
}

function isLast(
  { part, parts, left }: { readonly part: Money; readonly parts: readonly Money[]; readonly left: Money },
  { money, charged }: Conversion,
): boolean {
  // Where a minor unit of what was charged is worth less than one of the money, a part does not tell which one it was.
  if (money.portion(charged.minorUnit, charged).isZero)
    return left.compareTo(slackOf(parts.length + 1, money.currency)) <= 0;
  const sum = parts.reduce((all, each) => all.plus(charged.portion(each, money, 'up')), part);
  return sum.compareTo(charged) >= 0;
}

/** The sum of all refunds. What was lost by rounding its parts is not a refund of its own. */
export function convertedSum(sum: Money, conversion: Conversion): Money {
  if (!isIn(sum, conversion)) return sum;
  const { money, charged } = conversion;
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

const isIn = (part: Money, { money, charged }: Conversion): boolean =>
  part.currency === charged.currency &&
  part.currency !== money.currency &&
  !charged.isZero &&
  !money.isZero &&
  part.compareTo(charged) <= 0;

const slackOf = (parts: number, currency: string): Money => {
  const unit = Money.of('0', currency).minorUnit;
  return Array.from({ length: parts - 1 }).reduce<Money>((sum) => sum.plus(unit), unit);
};
