import type { Attribution } from '../attribution.js';
import type { DomainEvent } from '../event.js';
import { Money, type Amount } from '../money.js';
import type { MoneyGone } from '../orders/order.js';
import { atGateway, givenBack, isFullyBack, isGivenBack, refundable } from '../refunds/piece.js';
import type { RefundState, RefundStatus } from '../refunds/refund.js';
import type { ChangedRefund } from '../refunds/reported-refunds.js';
import type { RefundTotal } from '../refunds/total.js';
import { moneyOfCase, type Case, type StoredCase } from './case.js';
import { amountOf, backOf, isAllBack, type KnownPiece } from './known-piece.js';
import { aboutLess, aboutRefund, aboutTotal } from './subject.js';

/** What has gone back of the money of a payment. It names the sum, because a part may have no refund of its own. */
export type PaymentRefunded = DomainEvent<
  'payment.refunded',
  {
    readonly gateway: string;
    readonly transactionId: string;
    /** What refunds that succeeded come to. */
    readonly amount: Amount;
    /** What can still be refunded. */
    readonly refundable: Amount;
  }
>;

type RefundCase = Pick<Case, 'kind' | 'details'> & Required<Pick<Case, 'subject' | 'refundNumber'>>;

const LIVE: readonly RefundStatus[] = ['processing', 'succeeded'];

/** An operator has withdrawn it before the gateway had it. */
const WITHDRAWN = 'cancelled';

/** The cases that a changed refund opens. The piece is as it is with it. */
export function casesOfRefund({ refund }: ChangedRefund, piece: KnownPiece): Case[] {
  const opened = [failed(refund, piece), exceeding(refund, piece)];
  return opened.flatMap((each) => (each ? caseAbout(refund, each) : []));
}

/** The cases of refunds that were right so far, and exceed the piece because another of its amounts, or another sum, counts now. */
export function casesOfExcess(before: KnownPiece, piece: KnownPiece): Case[] {
  if (!amountOf(before)) return [];
  const exceeds = (refund: Readonly<RefundState>, of: KnownPiece) => exceeding(refund, of) !== null;
  const newest = piece.refunds.findLast((refund) => exceeds(refund, piece) && !exceeds(refund, before));
  return newest ? [caseAbout(newest, exceeding(newest, piece)!)] : [];
}

/** The gateway could not send the money, and waits for a person. */
export function stuckRefund(refund: Readonly<RefundState>): Case {
  const reason = refund.failure?.code ?? 'abnormal';
  return caseAbout(refund, { kind: 'refund_stuck', ...detailsOf(refund, reason) });
}

/** The money of a refund has not come. */
export function unmatchedRefund(refund: Readonly<RefundState>): Case {
  return caseAbout(refund, {
    kind: 'unmatched',
    ...detailsOf(refund, 'the money of the refund has not come'),
  });
}

/** The cases of failed refunds that have nothing to tell any more, because all money has gone back by others. */
export function casesDone(before: KnownPiece | null, piece: KnownPiece): Case[] {
  if ((before && isAllBack(before)) || !isAllBack(piece)) return [];
  const failedOnes = piece.refunds.filter(({ status }) => status === 'failed');
  return failedOnes.map((refund) => caseAbout(refund, { kind: 'refund_failed', ...detailsOf(refund, null) }));
}

/** What of the money of a case about a failed refund has not gone back by another way yet. Null if all of it has, or if no amount is known. */
export function leftToRefund({ id, details }: StoredCase, { refunds }: KnownPiece): Money | null {
  const whole = moneyOfCase(details);
  return refunds
    .filter(({ caseId, status, money }) => {
      return caseId === id && status === 'succeeded' && money.currency === whole?.currency;
    })
    .reduce<Money | null>((left, { money }) => left && left.minus(money), whole);
}

/** The sum that the gateway names is less than the refunds that it has reported. */
export function stuckTotal(
  piece: { readonly gateway: string; readonly transactionId: string },
  payment: { readonly paymentNumber: string | null; readonly orderNumber: string | null },
  total: Money,
): Case {
  const details = { paid: total.toString(), reason: 'the sum of the gateway is less than its refunds' };
  const about = { kind: 'refund_stuck', ownsMoney: false, subject: aboutTotal(piece.transactionId) } as const;
  const { gateway, transactionId } = piece;
  return { ...about, gateway, transactionId, ...payment, details };
}

/** What its gateway's sum had, and has no more, although no refund that has a name has failed. It names the sum that is left. */
export function failedTotal(
  piece: { readonly gateway: string; readonly transactionId: string },
  payment: { readonly paymentNumber: string | null; readonly orderNumber: string | null },
  { money, total }: ReturnedTotal,
): Case {
  const details = { paid: money.toString(), reason: 'the sum of the gateway has become less' };
  const subject = aboutLess(piece.transactionId, total);
  const { gateway, transactionId } = piece;
  return { kind: 'refund_failed', ownsMoney: false, subject, gateway, transactionId, ...payment, details };
}

export interface ReturnedTotal {
  /** What has not gone back after all. */
  readonly money: Money;
  readonly total: RefundTotal;
}

/** Null if refunds with names tell what has become of the money. */
export function returnedTotal(before: KnownPiece, piece: KnownPiece): ReturnedTotal | null {
  const { total } = piece;
  if (!before.total || !total || total.money.compareTo(before.total.money) >= 0) return null;
  const { currency } = total.money;
  const nothing = Money.of('0', currency);
  const sumOf = (of: KnownPiece) => givenBack(backOf(of), currency) ?? nothing;
  const failsNow = (number: string): boolean =>
    before.refunds.find((each) => each.number === number)?.status !== 'failed';
  const failed = piece.refunds.filter(
    ({ number, status, money }) => status === 'failed' && money.currency === currency && failsNow(number),
  );
  const left = failed.reduce((sum, { money }) => sum.plus(money), sumOf(piece));
  const money = sumOf(before).minus(left);
  return money && { money, total };
}

/** Where others have given back all money, it has gone by another way. One that is under way may fail, and a dispute may be won. */
function failed(refund: Readonly<RefundState>, piece: KnownPiece): RefundCase | null {
  if (refund.status !== 'failed' || refund.failure?.code === WITHDRAWN) return null;
  if (isAllBack(piece)) return null;
  const { code = null, message = null } = refund.failure ?? {};
  return { kind: 'refund_failed', ...detailsOf(refund, message === null ? code : `${code}: ${message}`) };
}

/** More than the piece has, or money in another currency, which cannot be counted. */
function exceeding(refund: Readonly<RefundState>, piece: KnownPiece): RefundCase | null {
  const whole = amountOf(piece);
  if (!whole || !LIVE.includes(refund.status)) return null;
  const { currency } = whole;
  const isOther = refund.money.currency !== currency;
  // Refunds that were only requested here may never be made.
  const sum = atGateway(backOf(piece), currency);
  if (!isOther && (!sum || sum.compareTo(whole) <= 0)) return null;
  return { kind: 'refund_exceeds_payment', ...detailsOf(refund, isOther ? 'other_currency' : null) };
}

function detailsOf(
  { number, money }: Readonly<RefundState>,
  reason: string | null,
): Omit<RefundCase, 'kind'> {
  const details = { paid: money.toString(), reason };
  return { details, subject: aboutRefund(number), refundNumber: number };
}

function caseAbout(
  { gateway, transactionId, paymentNumber, orderNumber }: Readonly<RefundState>,
  opened: RefundCase,
): Case {
  return { gateway, transactionId, paymentNumber, orderNumber, ownsMoney: false, ...opened };
}

/** How much of the piece has gone back, for the order that it has paid. */
export function goneOf(piece: KnownPiece): MoneyGone {
  const [whole, back] = [amountOf(piece), backOf(piece)];
  if (!whole) return 'less';
  if (isGivenBack(whole, back)) return 'all';
  return isFullyBack(whole, back) ? 'all_soon' : 'less';
}

/** Says what has gone back of the payment that the piece has settled. Null if that is what it was before. */
export function paymentRefunded(
  before: KnownPiece | null,
  piece: KnownPiece,
  about: {
    readonly gateway: string;
    readonly transactionId: string;
    readonly orderNumber: string | null;
  },
  { actor, at }: Attribution,
): PaymentRefunded | null {
  const whole = amountOf(piece);
  if (piece.settledNumber === null || !whole) return null;
  const sumOf = (of: KnownPiece) => givenBack(backOf(of), whole.currency) ?? Money.of('0', whole.currency);
  const sum = sumOf(piece);
  if ((before ? sumOf(before) : Money.of('0', whole.currency)).toString() === sum.toString()) return null;
  const { gateway, transactionId, orderNumber } = about;
  const left = refundable(whole, backOf(piece)) ?? Money.of('0', whole.currency);
  const data = { gateway, transactionId, amount: sum.toJSON(), refundable: left.toJSON() };
  const paymentNumber = piece.settledNumber;
  return { type: 'payment.refunded', at, actor, orderNumber, paymentNumber, data };
}
