import { Money, type Amount } from '../money.js';
import { givenBack, refundable } from '../refunds/piece.js';
import { amountOf, backOf, type KnownPiece } from './known-piece.js';

/** What a payment shows of its refunds. Zero if it has no money. */
export function moneyBackOf(
  piece: KnownPiece | null,
  currency: string,
): { readonly refunded: Amount; readonly refundable: Amount } {
  const nothing = Money.of('0', currency);
  const whole = piece && amountOf(piece);
  if (!whole) return { refunded: nothing.toJSON(), refundable: nothing.toJSON() };
  const back = backOf(piece);
  const none = Money.of('0', whole.currency);
  return {
    refunded: (givenBack(back, whole.currency) ?? none).toJSON(),
    refundable: (refundable(whole, back) ?? none).toJSON(),
  };
}
