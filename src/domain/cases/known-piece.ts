import { leastOf, type Money } from '../money.js';
import type { RefundRequest } from '../orders/order.js';
import type { Conversion } from '../refunds/conversion.js';
import { isFullyBack, isGivenBack, NOTHING_BACK, type MoneyBack } from '../refunds/piece.js';
import type { RefundState } from '../refunds/refund.js';
import type { RefundTotal } from '../refunds/total.js';
import { takenBy } from '../disputes/dispute.js';
import type { KnownDispute } from './dispute-cases.js';
import type { EndedBy } from './ended-by.js';
import type { CaseKind } from './kinds.js';

/** A money case, as far as a later notification about its piece needs it. */
export interface MoneyCase {
  readonly kind: CaseKind;
  readonly paymentNumber: string | null;
  readonly amounts: readonly Money[];
  /** What the customer was charged, if the gateway has converted the currency. */
  readonly charged: Money | null;
  /** Null while it is open. */
  readonly endedBy: EndedBy['by'] | null;
  /** An operator has given the money to another payment. */
  readonly attached: boolean;
  /** The money went back before its success was decided. Its case tells why the order is not paid, so refunds do not end it. */
  readonly moneyBack: boolean;
}

/** What is stored about one piece of money: a transaction of a gateway. The caller has locked the piece. */
export interface KnownPiece {
  /** The payment that it has settled. */
  readonly settledNumber: string | null;
  /** The one open case that owns it. */
  readonly openCase: MoneyCase | null;
  /** The cases that owned it before, the newest first. */
  readonly endedCases: readonly MoneyCase[];
  /** Also those that have failed. */
  readonly refunds: readonly Readonly<RefundState>[];
  readonly total: RefundTotal | null;
  readonly disputes: readonly KnownDispute[];
  /** What came with the payment that it has settled. Null if it has settled none; only what a report is about needs it. */
  readonly came: MoneyThatCame | null;
}

/** The money of a payment that has succeeded, and what its order needs to follow the refunds. */
export interface MoneyThatCame {
  readonly money: Money;
  /** What the customer was charged, if the gateway has converted the currency. */
  readonly charged: Money | null;
  /** The payment has paid its order. Money of other payments of an order never changes the order. */
  readonly paidOrder: boolean;
  /** Null if nobody has moved the order to `refunding`. */
  readonly refundRequest: RefundRequest | null;
}

/** Of a transaction that was never named before. */
export const UNKNOWN_PIECE: KnownPiece = {
  settledNumber: null,
  openCase: null,
  endedCases: [],
  refunds: [],
  total: null,
  disputes: [],
  came: null,
};

/** What of the piece has gone back, or is about to. */
export function backOf({ refunds, disputes }: KnownPiece): MoneyBack {
  if (refunds.length === 0 && disputes.length === 0) return NOTHING_BACK;
  return { refunds, takenByDisputes: takenBy(disputes.map(({ state }) => state)) };
}

/** Whether anything but refunds and disputes is known: it has settled a payment, or a case owns it or has owned it. */
export function isKnown({ settledNumber, openCase, endedCases }: KnownPiece): boolean {
  return settledNumber !== null || openCase !== null || endedCases.length > 0;
}

/**
 * How much of it can be refunded at most. If it came with several amounts, the settlement has decided which one it is; before that it is the
 * smallest. Null if none is known.
 */
export function amountOf(piece: KnownPiece): Money | null {
  return piece.came?.money ?? leastOf(casesOf(piece).flatMap(({ amounts }) => amounts));
}

/** How the gateway has converted the money. Null if it has not, or if the money came with several amounts, so that nobody knows the ratio. */
export function conversionOf(piece: KnownPiece): Conversion | null {
  const { came } = piece;
  if (came) return came.charged && { money: came.money, charged: came.charged };
  const amounts = casesOf(piece).flatMap((each) => each.amounts);
  const [money, ...others] = amounts;
  const charged = casesOf(piece).find((each) => each.charged)?.charged;
  const isOne = others.every((other) => other.toString() === money?.toString());
  return money && charged && isOne ? { money, charged } : null;
}

/** Whether refunds that succeeded come to the money. If it came with several amounts, nobody knows which one it is, so it is each. */
export function isAllBack(piece: KnownPiece): boolean {
  const amounts = piece.came ? [piece.came.money] : casesOf(piece).flatMap((each) => each.amounts);
  const back = backOf(piece);
  return amounts.length > 0 && amounts.every((amount) => isGivenBack(amount, back));
}

/**
 * Whether an operator has given the money, which came under this number, to another payment. The newest case under the number tells, because
 * the money may have been given back to it.
 */
export function wasAttachedFrom(piece: KnownPiece, paymentNumber: string | null): boolean {
  return casesOf(piece).find((each) => each.paymentNumber === paymentNumber)?.attached ?? false;
}

/** The money has gone back, or is about to, after it was known under this number. Repeats of its success say nothing new. */
export function wentBackFrom(piece: KnownPiece, paymentNumber: string | null, money: Money | null): boolean {
  return isBack(piece, money) && casesOf(piece).some((each) => each.paymentNumber === paymentNumber);
}

/** The money has settled another payment, or has gone back after it was known under other numbers only. */
export function belongsElsewhere(
  piece: KnownPiece,
  paymentNumber: string | null,
  money: Money | null,
): boolean {
  const { settledNumber } = piece;
  if (settledNumber !== null) return settledNumber !== paymentNumber;
  return isBack(piece, money) && casesOf(piece).length > 0 && !wentBackFrom(piece, paymentNumber, money);
}

/** The money has gone back, or is about to, before its success was decided. */
export function wentBackFirst(piece: KnownPiece, money: Money | null): boolean {
  return piece.settledNumber === null && isBack(piece, money) && casesOf(piece).length === 0;
}

/**
 * Neither a payment has the money, nor has it gone back. A refund that is under way may fail. Money that no case has told of yet gets one, also if
 * it has gone back: refunds end the case at once, and if one of them fails, the case tells of what.
 */
export function isFree(piece: KnownPiece, money: Money | null): boolean {
  if (piece.settledNumber !== null) return false;
  if (casesOf(piece).length === 0) return true;
  const back = backOf(piece);
  const amounts = [...casesOf(piece).flatMap(({ amounts: known }) => known), ...(money ? [money] : [])];
  return !amounts.some((amount) => isGivenBack(amount, back));
}

/** The smallest of the amounts that the piece came with decides, as for the amount that can be refunded. */
export function isBack(piece: KnownPiece, money: Money | null): boolean {
  const back = backOf(piece);
  if (back === NOTHING_BACK) return false;
  const amounts = [...casesOf(piece).flatMap(({ amounts: known }) => known), ...(money ? [money] : [])];
  return amounts.some((amount) => isFullyBack(amount, back));
}

const casesOf = ({ openCase, endedCases }: KnownPiece): readonly MoneyCase[] =>
  openCase ? [openCase, ...endedCases] : endedCases;
