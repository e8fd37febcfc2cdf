import type { CaseFact } from './facts.js';
import { caseText, first, isOpen, nameOf, type Sentence } from './law.js';
import { textOf } from './sums.js';
import type { Piece, View } from './view.js';

/** Where money has its owner. */
export const MONEY_LAW: readonly Sentence[] = [
  {
    says: 'a piece of money never has two open money cases',
    broken: (view) =>
      first(view.pieces, (piece) => {
        const open = view.casesOf(piece).filter(isOpen);
        return open.length > 1 ? `${nameOf(piece)} has ${open.map(caseText).join(' and ')}` : null;
      }),
  },
  {
    says: 'each piece of money is in exactly one place',
    broken: (view) => first(view.pieces, (piece) => placeFault(view, piece)),
  },
  {
    says: 'a money case is about a transaction that has come',
    broken: (view) => {
      const known = new Set(view.pieces.map(nameOf));
      return first(view.after.cases, (each) =>
        each.ownsMoney && !known.has(nameOf(each)) ? `${caseText(each)} is about ${nameOf(each)}` : null,
      );
    },
  },
  {
    says: 'a money case tells only amounts that came',
    broken: (view) => first(view.pieces, (piece) => amountFault(view, piece)),
  },
  {
    says: 'refund_due opens only for the payment that paid the order',
    broken: ({ after }) =>
      first(after.cases, (each) => {
        if (each.kind !== 'refund_due') return null;
        const paid = after.events.find(
          ({ type, orderNumber }) => type === 'order.paid' && orderNumber === each.orderNumber,
        );
        const isPaying =
          paid?.paymentNumber === each.paymentNumber && paid?.data['transactionId'] === each.transactionId;
        return isPaying ? null : `${caseText(each)} is about ${nameOf(each)}`;
      }),
  },
  {
    says: 'a transaction settles one payment',
    broken: ({ after: { payments } }) =>
      first(payments, (payment) => {
        const other = payments.find(
          (each) =>
            each !== payment &&
            each.transactionId !== null &&
            each.transactionId === payment.transactionId &&
            each.gateway === payment.gateway,
        );
        return other ? `${payment.transactionId} settles ${payment.number} and ${other.number}` : null;
      }),
  },
];

function placeFault(view: View, piece: Piece): string | null {
  const cases = view.casesOf(piece);
  const open = cases.find(isOpen);
  const settled = settledFor(view, piece);
  if (open) {
    if (settled) return `${nameOf(piece)} has paid order ${settled}, and has ${caseText(open)}`;
    const isBack = view.isBack(piece, open.amounts) && open.reason !== 'money_back';
    return isBack ? `${nameOf(piece)} has gone back, and has ${caseText(open)}` : null;
  }
  if (settled || isGivenBack(view, piece) || isDecided(view, piece, cases)) return null;
  if (hasFailedRefund(view, piece, cases)) return null;
  return `${nameOf(piece)} (${piece.amounts.map(textOf).join(', ')}) has no owner; its cases: ${cases.map(caseText).join(', ') || 'none'}`;
}

/** The order that the piece has paid, if it is not cancelled. */
function settledFor(view: View, piece: Piece): string | null {
  const payment = view.settledBy(piece);
  if (!payment || !view.paidBy(payment)) return null;
  const order = view.after.orders.find(({ number }) => number === payment.orderNumber);
  return order && order.status !== 'cancelled' ? order.number : null;
}

/** By any amount that it came with: which of them counts is another sentence's. */
const isGivenBack = (view: View, piece: Piece): boolean =>
  piece.amounts.some((amount) => view.isBack(piece, [amount]));

/** The newest case was ended by a person, and the piece has settled nothing since. */
function isDecided(view: View, piece: Piece, cases: readonly CaseFact[]): boolean {
  const newest = cases.at(-1);
  if (newest?.endedBy?.by !== 'decision') return false;
  const { events } = view.after;
  const decided = events.findIndex(
    ({ type, data }) => type === 'discrepancy.resolved' && data['id'] === newest.id,
  );
  const settled = events.findLastIndex(
    ({ type, data }) =>
      type === 'order.paid' &&
      data['transactionId'] === piece.transactionId &&
      data['gateway'] === piece.gateway,
  );
  return decided >= 0 && decided > settled;
}

/** The money had gone back, and came back because a refund has failed: the case about that refund owns it. */
const hasFailedRefund = (view: View, piece: Piece, cases: readonly CaseFact[]): boolean =>
  cases.at(-1)?.endedBy?.by === 'refunds' &&
  view.after.cases.some(
    (each) =>
      each.kind === 'refund_failed' &&
      nameOf(each) === nameOf(piece) &&
      (isOpen(each) || each.endedBy?.by === 'decision'),
  );

function amountFault(view: View, piece: Piece): string | null {
  const came = new Set(piece.amounts.map(textOf));
  return first(view.casesOf(piece), (each) => {
    const strange = each.amounts.find((amount) => !came.has(textOf(amount)));
    return strange ? `${caseText(each)} tells ${textOf(strange)}, which never came` : null;
  });
}
