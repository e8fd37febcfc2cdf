import type { CallbackRow, DiscrepancyRow, PaymentRow, RefundRow } from './history.js';
import { type IndexedHistory, keyOfMoney } from './indexed-history.js';
import type { Place } from './plan.js';

/** Everything that the tables have about one piece of money: a transaction of a gateway. */
export interface Piece {
  readonly key: string;
  /** The callbacks that have brought it. */
  readonly brought: readonly CallbackRow[];
  /** The payment that names it, with its order. */
  readonly payment: PaymentRow | null;
  /** The cases that own it or have owned it, oldest first. */
  readonly cases: readonly DiscrepancyRow[];
  readonly refunds: readonly RefundRow[];
}

/** Whether a callback brings money: a success, also one under an event id that was used before. */
export const bringsMoney = ({ kind, claimed_kind }: CallbackRow): boolean =>
  kind === 'succeeded' || (kind === 'conflicting' && claimed_kind === 'succeeded');

/** A decimal of at most two places. Exact, because the plan has no amount that a number cannot hold. */
export const centsOf = (amount: string): number => Math.round(Number(amount) * 100);

/** Every piece that the tables name, whatever names it. */
export function piecesOf(history: IndexedHistory): Piece[] {
  const named = [
    ...[...history.rows.values()].filter(bringsMoney),
    ...history.payments.values(),
    ...history.cases.filter(({ money }) => money),
  ];
  const keys = new Map(named.map((each) => [keyOfMoney(each), each]));
  return [...keys].flatMap(([key, name]) => {
    if (key === null) return [];
    const payment = history.payments.get(history.settledNumberOf(name) ?? '') ?? null;
    const brought = history.rowsAbout(name).filter(bringsMoney);
    const cases = history.casesOf(name).filter(({ money }) => money);
    return [{ key, brought, payment, cases, refunds: history.refundsOf(name) }];
  });
}

/** Where the piece is. The law allows one place. Money that was settled may have gone back later, which is one place. */
export function placesOf(history: IndexedHistory, piece: Piece): Place[] {
  const { payment, cases } = piece;
  const open = cases.filter(({ status }) => status === 'open').map((): Place => 'in its case');
  const isBack = isGivenBack(piece) && !cases.some(isOpenAfterRefunds);
  const order = payment && history.orders.get(payment.order_number);
  const hasPaid = payment !== null && order?.status !== 'cancelled' && history.hasPaidOrder(payment);
  const places: Place[] = [...open];
  if (isBack) places.push('given back');
  else if (hasPaid) places.push('settled');
  if (places.length === 0 && cases.some(({ ended_by }) => ended_by?.by === 'decision'))
    places.push('ended by a decision');
  return places;
}

/** The one case that refunds do not close: the money went back before it was known to have come. */
const isOpenAfterRefunds = ({ kind, status, opening_reason }: DiscrepancyRow): boolean =>
  status === 'open' && kind === 'order_not_payable' && opening_reason === 'money_back';

/** Refunds that have succeeded come to the smallest amount with which the piece has come. */
export function isGivenBack(piece: Piece): boolean {
  const amount = amountOf(piece);
  const back = sumBack(piece);
  return back > 0 && amount !== null && back >= amount;
}

/** In cents. Null if nothing says how much it is. */
export function amountOf({ brought, payment, cases }: Piece): number | null {
  const said = [...brought, ...cases].flatMap(({ amount }) => (amount === null ? [] : centsOf(amount)));
  if (said.length > 0) return Math.min(...said);
  return payment && centsOf(payment.amount);
}

/** What of it has gone back, in cents. */
export const sumBack = ({ refunds }: Pick<Piece, 'refunds'>): number =>
  refunds
    .filter(({ status }) => status === 'succeeded')
    .reduce((sum, { amount }) => sum + centsOf(amount), 0);
