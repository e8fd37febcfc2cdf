import type { Money } from '../money.js';
import type { RefundStatus } from './refund.js';

/** A refund, as far as the piece of money that it gives back needs it. */
export interface PartBack {
  readonly status: RefundStatus;
  readonly money: Money;
  /** Where a refund that an operator has recorded can be found. */
  readonly reference: string | null;
  readonly gatewayRefundId: string | null;
  /** It stands for what the gateway's sum has and no refund that succeeded explains. */
  readonly unnamed: boolean;
}

/** What has gone back, or is about to go back, of one piece of money. */
export interface MoneyBack {
  /** With the one that stands for what the gateway's sum has and no refund explains. */
  readonly refunds: readonly PartBack[];
  /** What disputes have taken and not given back. Null stands for an amount that no report has named: the whole piece. */
  readonly takenByDisputes: readonly (Money | null)[];
}

export const NOTHING_BACK: MoneyBack = { refunds: [], takenByDisputes: [] };

const UNDER_WAY: readonly RefundStatus[] = ['requested', 'processing'];

/** What has gone back by refunds that succeeded; null if nothing has. */
export function givenBack({ refunds }: MoneyBack, currency: string): Money | null {
  return sum(
    refunds.filter(({ status }) => status === 'succeeded').map(({ money }) => money),
    currency,
  );
}

/** What can still be refunded of a piece of this amount; null if nothing can. Refunds that may still succeed count as well. */
export function refundable(amount: Money, back: MoneyBack): Money | null {
  // Money in another currency cannot be compared, so all of it counts as taken.
  if (back.takenByDisputes.some((money) => money?.currency !== amount.currency)) return null;
  const gone = goneFrom(back, amount.currency);
  return gone ? amount.minus(gone) : amount;
}

/** Whether refunds that succeeded come to the whole piece. A piece of which nothing went back is not back, also if its amount is zero. */
export function isGivenBack(amount: Money, back: MoneyBack): boolean {
  const given = givenBack(back, amount.currency);
  return given !== null && given.compareTo(amount) >= 0;
}

/** Whether the whole piece has gone back or is about to: such money pays for nothing. */
export function isFullyBack(amount: Money, back: MoneyBack): boolean {
  const refunds = sum(
    [givenBack(back, amount.currency), underWay(back, amount.currency)].flatMap((each) => each ?? []),
    amount.currency,
  );
  return refunds !== null && refunds.compareTo(amount) >= 0;
}

/** Whether refunds that nobody knows the end of yet come to the rest of the piece. Until then nothing else may be done with the money. */
export function isRefundUnderWay(amount: Money, back: MoneyBack): boolean {
  return underWay(back, amount.currency) !== null && isFullyBack(amount, back);
}

/** What is under way beside the gateway's sum: the gateway may have counted in it what it is working on, as far as that fits. */
function underWay({ refunds }: MoneyBack, currency: string): Money | null {
  let unnamed = sum(
    refunds.filter((each) => each.unnamed).map(({ money }) => money),
    currency,
  );
  const beside = refunds.filter(({ status, gatewayRefundId, money }) => {
    if (!UNDER_WAY.includes(status) || money.currency !== currency) return false;
    if (gatewayRefundId === null || !unnamed || money.compareTo(unnamed) > 0) return true;
    unnamed = unnamed.minus(money);
    return false;
  });
  return sum(
    beside.map(({ money }) => money),
    currency,
  );
}

/** What refunds that the gateway has come to: what has gone back, and what it is working on. */
export function atGateway(back: MoneyBack, currency: string): Money | null {
  const refunds = back.refunds.filter(({ status }) => status !== 'requested');
  const parts = [givenBack(back, currency), underWay({ ...back, refunds }, currency)];
  return sum(
    parts.flatMap((each) => each ?? []),
    currency,
  );
}

function goneFrom(back: MoneyBack, currency: string): Money | null {
  const parts = [givenBack(back, currency), underWay(back, currency), ...back.takenByDisputes];
  return sum(
    parts.flatMap((each) => each ?? []),
    currency,
  );
}

/** Null if there is nothing in this currency. */
function sum(moneys: readonly Money[], currency: string): Money | null {
  return moneys
    .filter((money) => money.currency === currency)
    .reduce<Money | null>((total, money) => (total ? total.plus(money) : money), null);
}
