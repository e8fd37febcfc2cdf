import type { Deed, Sent } from './deed.js';
import type { CaseFact, EventFact, Facts, PaymentFact, RefundFact } from './facts.js';
import type { Names } from './names.js';
import { GATEWAYS } from './story.js';
import { sumOf, sumOfJson, totalIn, type Sum } from './sums.js';

interface NamesMoney {
  readonly gateway: string;
  readonly transactionId: string | null;
}

/** A piece of money that a stored success has named. */
export interface Piece {
  readonly gateway: string;
  readonly transactionId: string;
  /** With which its successes came. */
  readonly amounts: readonly Sum[];
}

/** Callbacks with these outcomes were not decided. Until they are, the inbox has their money. */
const UNDECIDED: readonly string[] = ['pending', 'undeliverable', 'unreadable'];

/** What the law looks at after a step. */
export class View {
  private readonly outcomes: ReadonlyMap<string, string>;
  private named: readonly Piece[] | null = null;

  constructor(
    readonly before: Facts,
    readonly after: Facts,
    readonly deed: Deed,
    readonly sent: readonly Sent[],
    readonly names: Names,
  ) {
    this.outcomes = new Map(after.callbacks.map(({ id, outcome }) => [id, outcome]));
  }

  /** Every piece that a decided success has named. */
  get pieces(): readonly Piece[] {
    return (this.named ??= this.findPieces());
  }

  outcomeOf(callbackId: string): string {
    return this.outcomes.get(callbackId) ?? 'pending';
  }

  casesOf({ gateway, transactionId }: Piece): readonly CaseFact[] {
    return this.after.cases.filter(
      (each) => each.ownsMoney && each.gateway === gateway && each.transactionId === transactionId,
    );
  }

  /** A payment or a case has the piece, or has had it. */
  isKnown({ gateway, transactionId }: NamesMoney): boolean {
    const isOf = (each: NamesMoney): boolean =>
      each.gateway === gateway && each.transactionId === transactionId;
    return this.after.payments.some(isOf) || this.after.cases.some((each) => each.ownsMoney && isOf(each));
  }

  /** The payment that the piece has settled. */
  settledBy({ gateway, transactionId }: Piece): PaymentFact | null {
    return (
      this.after.payments.find((each) => each.gateway === gateway && each.transactionId === transactionId) ??
      null
    );
  }

  /** The event by which this payment has paid its order. */
  paidBy({ number, orderNumber }: PaymentFact): EventFact | null {
    return (
      this.after.events.find(
        (each) =>
          each.type === 'order.paid' && each.orderNumber === orderNumber && each.paymentNumber === number,
      ) ?? null
    );
  }

  /** What succeeded refunds have given back, in the currency. Null if there is none. */
  givenBack(piece: NamesMoney, currency: string): number | null {
    const sums = refundsOf(this.after, piece)
      .filter(({ status, sum }) => status === 'succeeded' && sum.currency === currency)
      .map(({ sum }) => sum);
    return sums.length ? totalIn(sums, currency) : null;
  }

  /** Whether succeeded refunds come to each of these amounts: nobody knows which of them is right. */
  isBack(piece: NamesMoney, amounts: readonly Sum[]): boolean {
    const isGiven = ({ currency, cents }: Sum): boolean => {
      const back = this.givenBack(piece, currency);
      return back !== null && back >= cents;
    };
    return amounts.length > 0 && amounts.every(isGiven);
  }

  /** The cases that this step has ended, as they were and as they are. */
  get endedNow(): readonly CaseFact[] {
    if (this.before.cases === this.after.cases) return [];
    const open = new Set(this.before.cases.flatMap(({ id, status }) => (status === 'open' ? [id] : [])));
    const known = new Set(this.before.cases.map(({ id }) => id));
    return this.after.cases.filter(({ id, status }) => status !== 'open' && (open.has(id) || !known.has(id)));
  }

  private findPieces(): readonly Piece[] {
    const found = new Map<string, { gateway: string; transactionId: string; amounts: Sum[] }>();
    for (const { callbackId, said } of this.sent) {
      const outcome = this.outcomeOf(callbackId);
      const isNeverRead = said.kind === 'unreadable' && outcome === 'conflicting';
      const money = UNDECIDED.includes(outcome) || isNeverRead ? null : moneyIn(said, this.names);
      if (!money) continue;
      const gateway = GATEWAYS[said.gateway];
      const key = `${gateway} ${money.transactionId}`;
      const piece = found.get(key) ?? { gateway, transactionId: money.transactionId, amounts: [] };
      piece.amounts.push(money.sum);
      found.set(key, piece);
    }
    return [...found.values()];
  }
}

export const refundsOf = (
  { refunds }: Facts,
  { gateway, transactionId }: NamesMoney,
): readonly RefundFact[] =>
  refunds.filter((each) => each.gateway === gateway && each.transactionId === transactionId);

/** The money that a callback brings. One that could not be read brings it when a replay has read it. */
function moneyIn(
  { kind, payment, transaction, money }: Sent['said'],
  names: Names,
): { readonly transactionId: string; readonly sum: Sum } | null {
  if (kind === 'unreadable' && payment !== null)
    return { transactionId: names.readLater(payment), sum: sumOf('100.00 CNY')! };
  if (kind !== 'succeeded' || transaction === null) return null;
  return { transactionId: names.transaction(transaction), sum: sumOf(money)! };
}

/** The amount that an event tells. */
export const amountOf = ({ data }: EventFact): Sum | null => sumOfJson(data['amount']);
