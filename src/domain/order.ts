import { ORDER_EVENTS, type DomainEvent } from './events.js';
import { Money } from './money.js';
import { canMove, moveBetween, reachable, type Moves, type Refusal } from './moves.js';

export const ORDER_STATUSES = [
  'pending',
  'paid',
  'shipped',
  'completed',
  'refunding',
  'refunded',
  'cancelled',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The specification's transition matrix, as moves: a late payment cannot reopen a refund, because `pay` is not `rejectRefund`. */
// prettier-ignore
export const ORDER_MOVES = {
  pay:           { from: ['pending'],                      to: 'paid' },
  cancel:        { from: ['pending', 'paid'],              to: 'cancelled' },
  ship:          { from: ['paid'],                         to: 'shipped' },
  complete:      { from: ['shipped'],                      to: 'completed' },
  requestRefund: { from: ['paid', 'shipped', 'completed'], to: 'refunding' },
  refund:        { from: ['refunding'],                    to: 'refunded' },
  rejectRefund:  { from: ['refunding'],                    to: 'paid' },
} as const satisfies Moves<OrderStatus>;
export type OrderMove = keyof typeof ORDER_MOVES;

/** The moves that people make; only a payment pays an order. */
export const MOVES_BY_HAND = [
  'ship',
  'complete',
  'requestRefund',
  'refund',
  'rejectRefund',
  'cancel',
] as const;

/** Who moves something, when, and why. */
export interface Deed {
  readonly actor: string;
  readonly at: Date;
  readonly note?: string | null;
}

export class Order {
  readonly events: DomainEvent[] = [];

  /** Rebuilds a stored order; `Order.place` makes a new one. */
  constructor(
    readonly number: string,
    readonly total: Money,
    private current: OrderStatus,
    readonly customerId: string | null = null,
  ) {}

  static place(number: string, total: Money, customerId: string | null, { actor, at }: Deed): Order {
    const order = new Order(number, total, 'pending', customerId);
    order.events.push({
      type: 'order.created',
      at,
      actor,
      orderNumber: number,
      data: { total: total.toJSON() },
    });
    return order;
  }

  get status(): OrderStatus {
    return this.current;
  }

  get allowedTransitions(): OrderStatus[] {
    return reachable(ORDER_MOVES, MOVES_BY_HAND, this.current);
  }

  can(move: OrderMove): boolean {
    return canMove(ORDER_MOVES, move, this.current);
  }

  /** Paid by the payment with this number. Ask `can('pay')` first: here an illegal move is a bug of ours. */
  pay(paymentNumber: string, deed: Deed): void {
    if (!this.can('pay')) throw new Error(`order ${this.number} cannot be paid: it is ${this.current}`);
    this.move('pay', deed, paymentNumber);
  }

  /** The clock's word, when no payment of it is open any more. Money that is in or was given back is not the clock's business. */
  cancelUnpaid(deed: Deed): void {
    if (this.can('pay')) this.move('cancel', deed);
  }

  /** What a person asks for, by the status that is wanted. A refusal changes nothing and names what is allowed. */
  moveTo(status: string, deed: Deed): Refusal<OrderStatus> | null {
    const move = moveBetween(ORDER_MOVES, MOVES_BY_HAND, this.current, status);
    if (!move) {
      return { refused: status, status: this.current, allowedTransitions: this.allowedTransitions };
    }
    this.move(move, deed);
    return null;
  }

  private move(move: OrderMove, { actor, at, note = null }: Deed, paymentNumber?: string): void {
    const from = this.current;
    const { to } = ORDER_MOVES[move];
    this.current = to;
    this.events.push({
      type: ORDER_EVENTS[move],
      at,
      actor,
      orderNumber: this.number,
      ...(paymentNumber === undefined ? {} : { paymentNumber }),
      data: { from, to, move, note },
    });
  }
}
