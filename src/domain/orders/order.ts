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

/** What every event of a move has in `data`. Events of releases before 0.6.0 have nothing else. */
interface MoveData {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
  readonly move: OrderMove;
  readonly note: string | null;
}

/** What `order.paid` adds: the money that came. An order of zero is paid by none: it has a `reason` in place of the transaction. */
type PaidData =
  | { readonly amount: Amount; readonly transactionId: string; readonly gateway: string }
  | { readonly amount: Amount; readonly reason: string };

/** Why an order of zero is paid, in its history and in its event. */
const NOTHING_DUE = 'nothing was due';

export type OrderEvent =
  | DomainEvent<'order.created', { total: Amount }>
  | DomainEvent<(typeof ORDER_EVENTS)['pay'], MoveData & PaidData>
  | DomainEvent<
      (typeof ORDER_EVENTS)[Exclude<OrderMove, 'pay'>],
      // `reason` is present if the order was cancelled by the schedule.
      MoveData & { readonly total: Amount; readonly reason?: string }
    >;

/** The payment that pays an order, and its money. */
export interface PayingPayment {
  readonly number: string;
  readonly gateway: string;
  readonly transactionId: string;
  readonly money: Money;
}

/** How much of the payment that paid an order has gone back: all of it, all if what is under way succeeds, or less. */
export type MoneyGone = 'all' | 'all_soon' | 'less';

/** Who has last moved an order to `refunding`, and the status before. */
export interface RefundRequest {
  readonly actor: string;
  readonly from: OrderStatus;
}

/** Reports of gateways move orders under this actor. A person's move is a person's to take back. */
const isByGateway = ({ actor }: RefundRequest): boolean => actor.startsWith('gateway:');

export class Order {
  readonly events: OrderEvent[] = [];

  /** Rebuilds a stored order. `Order.place` makes a new one. */
  constructor(
    readonly number: string,
    readonly total: Money,
    private current: OrderStatus,
    readonly customerId: string | null = null,
  ) {}

  /** An order of zero is paid at once, because no payment can have that amount. */
  static place(number: string, total: Money, customerId: string | null, { actor, at }: Attribution): Order {
    const order = new Order(number, total, 'pending', customerId);
    order.events.push({
      type: 'order.created',
      at,
      actor,
      orderNumber: number,
      data: { total: total.toJSON() },
    });
    if (total.isZero) order.payNothing({ actor, at });
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

  /** Ask `can('pay')` first; an illegal move here is a bug. */
  pay({ number, gateway, transactionId, money }: PayingPayment, { actor, at, note }: Attribution): void {
    if (!this.can('pay')) throw new Error(`order ${this.number} cannot be paid: it is ${this.current}`);
    const data = { ...this.change('pay', note), amount: money.toJSON(), transactionId, gateway };
    const about = { orderNumber: this.number, paymentNumber: number };
    this.events.push({ type: ORDER_EVENTS.pay, at, actor, ...about, data });
  }

  private payNothing({ actor, at }: Attribution): void {
    const data = { ...this.change('pay', NOTHING_DUE), amount: this.total.toJSON(), reason: NOTHING_DUE };
    this.events.push({ type: ORDER_EVENTS.pay, at, actor, orderNumber: this.number, data });
  }

  /** The scheduled cancellation when no open payment is left. It does nothing to an order that was paid or refunded. */
  cancelUnpaid(attribution: Attribution): void {
    // An operator's note is not published. The schedule's note names no person, so it is the published reason as well.
    if (this.can('pay')) this.move('cancel', attribution, attribution.note);
  }

  /**
   * Follows the refunds of the payment that paid it. An order that was refunded stays so, also if a refund fails afterwards, and a cancelled
   * order stays cancelled.
   */
  followRefunds(gone: MoneyGone, request: RefundRequest | null, attribution: Attribution): void {
    if (gone === 'less') {
      if (!this.can('rejectRefund') || !request || !isByGateway(request)) return;
      const note = `the money is not all back; before its refund the order was ${request.from}`;
      return this.move('rejectRefund', { ...attribution, note });
    }
    const note = 'refunds come to all of the money';
    if (this.can('requestRefund')) this.move('requestRefund', { ...attribution, note });
    if (gone === 'all' && this.can('refund')) this.move('refund', { ...attribution, note });
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

  private move(
    move: Exclude<OrderMove, 'pay'>,
    { actor, at, note }: Attribution,
    reason?: string | null,
  ): void {
    const changed = { ...this.change(move, note), total: this.total.toJSON() };
    const data = reason ? { ...changed, reason } : changed;
    this.events.push({ type: ORDER_EVENTS[move], at, actor, orderNumber: this.number, data });
  }

  private change(move: OrderMove, note: string | null = null): MoveData {
    const from = this.current;
    const { to } = ORDER_MOVES[move];
    this.current = to;
    return { from, to, move, note };
  }
}
