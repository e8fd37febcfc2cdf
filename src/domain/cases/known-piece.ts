import type { Money } from '../money.js';
import { isFullyBack, NOTHING_BACK, type MoneyBack } from '../refunds/piece.js';
import type { EndedBy } from './ended-by.js';
import type { CaseKind } from './kinds.js';

/** A money case, as far as a later notification about its piece needs it. */
export interface MoneyCase {
  readonly kind: CaseKind;
  readonly paymentNumber: string | null;
  readonly amounts: readonly Money[];
  /** Null while it is open. */
  readonly endedBy: EndedBy['by'] | null;
  /** An operator has given the money to another payment. */
  readonly attached: boolean;
}

/** What is stored about one piece of money: a transaction of a gateway. The caller has locked the piece. */
export interface KnownPiece {
  /** The payment that it has settled. */
  readonly settledNumber: string | null;
  /** The one open case that owns it. */
  readonly openCase: MoneyCase | null;
  /** The cases that owned it before, the newest first. */
  readonly endedCases: readonly MoneyCase[];
  readonly back: MoneyBack;
}

/** Of a transaction that was never named before. */
export const UNKNOWN_PIECE: KnownPiece = {
  settledNumber: null,
  openCase: null,
  endedCases: [],
  back: NOTHING_BACK,
};

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

/** Neither a payment nor a refund has the money. */
export function isFree(piece: KnownPiece, money: Money | null): boolean {
  return piece.settledNumber === null && !isBack(piece, money);
}

/** The smallest of the amounts that the piece came with decides, as for the amount that can be refunded. */
export function isBack(piece: KnownPiece, money: Money | null): boolean {
  if (piece.back === NOTHING_BACK) return false;
  const amounts = [...casesOf(piece).flatMap(({ amounts: known }) => known), ...(money ? [money] : [])];
  return amounts.some((amount) => isFullyBack(amount, piece.back));
}

const casesOf = ({ openCase, endedCases }: KnownPiece): readonly MoneyCase[] =>
  openCase ? [openCase, ...endedCases] : endedCases;
