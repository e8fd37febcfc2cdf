import { Money } from '../money.js';
import type { RefundState } from './refund.js';

/** The sum of all refunds of a piece of money, as its gateway has last named it. */
export interface RefundTotal {
  readonly money: Money;
  /** The gateway's time. Null if it named none. */
  readonly reportedAt: Date | null;
  /** Since when the sum is less than the refunds that have names, on the clock of this service. */
  readonly belowSince: Date | null;
}

type Refunds = readonly Readonly<RefundState>[];

/** The newer of two sums by the gateway's time; the higher one if the times are equal, or one of them is not known. */
export function newerTotal(known: RefundTotal | null, money: Money, at: Date | null): RefundTotal {
  if (!known) return { money, reportedAt: at, belowSince: null };
  // Sums in two currencies contradict each other. The first one holds.
  if (money.currency !== known.money.currency) return known;
  const age = at && known.reportedAt ? at.getTime() - known.reportedAt.getTime() : 0;
  if (age < 0) return known;
  if (age === 0 && money.compareTo(known.money) <= 0) return known;
  return { ...known, money, reportedAt: at ?? known.reportedAt };
}

/**
 * The sum after a refund has failed. The gateway's sum has the refund if it is as new as the report of the refund before and older than the
 * failure, or if one of the times is not known. Then it goes down, so that the money can be refunded again.
 */
export function totalWithout(
  total: RefundTotal,
  before: Readonly<RefundState>,
  failedAt: Date | null,
): RefundTotal {
  const { money, reportedAt } = total;
  const isNewer = reportedAt && before.reportedAt && before.reportedAt > reportedAt;
  if (reportedAt && failedAt && reportedAt > failedAt) return total;
  if (isNewer || money.currency !== before.money.currency || !isInSum(before)) return total;
  const left = money.minus(before.money) ?? Money.of('0', money.currency);
  // A repeat of the sum from before the failure is older than this one.
  const isLater = failedAt && reportedAt && failedAt > reportedAt;
  return { ...total, money: left, reportedAt: isLater ? failedAt : reportedAt };
}

/**
 * The sum after a refund of which nothing but its failure is known. Gateways count a refund from the time when it is made, so a sum of a time
 * before the failure has it, if refunds that succeeded and those that the gateway is working on leave room for it.
 */
export function totalWithoutFailed(
  total: RefundTotal,
  failed: Readonly<RefundState>,
  refunds: Refunds,
): RefundTotal {
  const { currency } = total.money;
  const rest = refunds
    .filter((each) => each.status === 'processing' && isInSum(each) && each.money.currency === currency)
    .reduce<Money | null>((left, { money }) => left && left.minus(money), unnamedRest(total, refunds));
  if (!rest || failed.money.currency !== currency || rest.compareTo(failed.money) < 0) return total;
  return totalWithout(total, { ...failed, status: 'succeeded', reportedAt: null }, failed.reportedAt);
}

/** The part of the sum that no refund explains; null if there is none. */
export function unnamedRest(total: RefundTotal | null, refunds: Refunds): Money | null {
  if (!total) return null;
  return explaining(total, refunds).reduce<Money | null>(
    (rest, { money }) => rest && rest.minus(money),
    total.money.isZero ? null : total.money,
  );
}

/** Whether the refunds that have succeeded come to more than the gateway's sum. */
export function isBelow(total: RefundTotal, refunds: Refunds): boolean {
  const named = explaining(total, refunds).reduce(
    (sum, { money }) => sum.plus(money),
    Money.of('0', total.money.currency),
  );
  return named.compareTo(total.money) > 0;
}

/** Money of a refund that is under way has not gone back, so it explains nothing, although the gateway's sum may have it. */
const explaining = (total: RefundTotal, refunds: Refunds): Refunds =>
  refunds.filter(
    (refund) =>
      refund.status === 'succeeded' &&
      isInSum(refund) &&
      refund.money.currency === total.money.currency &&
      !isLater(refund, total),
  );

/** A gateway counts what has succeeded, and what it is working on. A refund that only this service knows is not in its sum. */
function isInSum({ unnamed, status, gatewayRefundId }: Readonly<RefundState>): boolean {
  if (unnamed) return false;
  return status === 'succeeded' || (status === 'processing' && gatewayRefundId !== null);
}

/** An operator has recorded it after the gateway named the sum, and it may have been made by another way. */
function isLater(
  { reference, gatewayRefundId, reportedAt }: Readonly<RefundState>,
  total: RefundTotal,
): boolean {
  if (reference === null || gatewayRefundId !== null) return false;
  return reportedAt !== null && total.reportedAt !== null && reportedAt > total.reportedAt;
}
