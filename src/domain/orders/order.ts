import type { DomainEvent } from '../event.js';
import type { Attribution } from '../attribution.js';
import type { Amount, Money } from '../money.js';
import { type Moves, type Refusal, canMove, moveBetween, reachable } from '../transitions.js';

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

/** The specification's transition matrix as named moves: a late payment cannot reopen a refund, because `pay` is not `rejectRefund`. */
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

/** The moves that a person may ask for. Only a payment pays an order. */
export const MOVES_BY_HAND = [
  'ship',
  'complete',
  'requestRefund',
  'refund',
  'rejectRefund',
  'cancel',
] as const;

/** What each move announces. */
export const ORDER_EVENTS = {
  pay: 'order.paid',
  cancel: 'order.cancelled',
  ship: 'order.shipped',
  complete: 'order.completed',
  requestRefund: 'order.refund_requested',
  refund: 'order.refunded',
  rejectRefund: 'order.refund_rejected',
} as const satisfies Record<OrderMove, string>;

export type OrderEvent =
  | DomainEvent<'order.created', { total: Amount }>
  | DomainEvent<
      (typeof ORDER_EVENTS)[OrderMove],
      { from: OrderStatus; to: OrderStatus; move: OrderMove; note: string | null }
    >;

export class Order {
  readonly events: OrderEvent[] = [];

  /** Rebuilds a stored order. `Order.place` makes a new one. */
  constructor(
    readonly number: string,
    readonly total: Money,
    private current: OrderStatus,
    readonly customerId: string | null = null,
  ) {}

  static place(number: string, total: Money, customerId: string | null, { actor, at }: Attribution): Order {
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

  /** Paid by the payment with this number. Ask `can('pay')` first; an illegal move here is a bug. */
  pay(paymentNumber: string, attribution: Attribution): void {
    if (!this.can('pay')) throw new Error(`order ${this.number} cannot be paid: it is ${this.current}`);
    this.move('pay', attribution, paymentNumber);
  }

  /** The scheduled cancellation when no open payment is left. It does nothing to an order that was paid or refunded. */
  cancelUnpaid(attribution: Attribution): void {
    if (this.can('pay')) this.move('cancel', attribution);
  }

  /** The transition that a person asks for. A refusal changes nothing and names the allowed statuses. */
  moveTo(status: string, attribution: Attribution): Refusal<OrderStatus> | null {
    const move = moveBetween(ORDER_MOVES, MOVES_BY_HAND, this.current, status);
    if (!move) {
      return { refused: status, status: this.current, allowedTransitions: this.allowedTransitions };
    }
    this.move(move, attribution);
    return null;
  }

  private move(move: OrderMove, { actor, at, note = null }: Attribution, paymentNumber?: string): void {
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
