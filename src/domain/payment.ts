import type { DomainEvent } from './events.js';
import type { Money } from './money.js';
import { canMove, moveBetween, reachable, type Moves, type Refusal } from './moves.js';
import type { Notice } from './notice.js';
import type { Deed, Order } from './order.js';

export const PAYMENT_STATUSES = [
  'init',
  'processing',
  'succeeded',
  'failed',
  'cancelled',
  'expired',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/**
 * `failed` and `cancelled` are soft: gateways do report a success after a failed attempt, and the gateway is the truth
 * about money. `expired` is a label. `succeeded` is final for everything but refunds.
 */
// prettier-ignore
export const PAYMENT_MOVES = {
  process: { from: ['init'],                                                      to: 'processing' },
  succeed: { from: ['init', 'processing', 'failed', 'cancelled', 'expired'],      to: 'succeeded' },
  fail:    { from: ['init', 'processing'],                                        to: 'failed' },
  cancel:  { from: ['init', 'processing', 'failed'],                              to: 'cancelled' },
  expire:  { from: ['init', 'processing', 'failed', 'cancelled'],                 to: 'expired' },
} as const satisfies Moves<PaymentStatus>;
export type PaymentMove = keyof typeof PAYMENT_MOVES;

/** A payment that waits for its money. One that has failed or was given up has ended already, and keeps that label when its time is up. */
export const OPEN_STATUSES: readonly PaymentStatus[] = ['init', 'processing'];

/** The moves that the shop itself reports; all others come from the gateway or the clock. */
const MOVES_BY_HAND = ['process', 'cancel'] as const;

/** Why a payment cannot be opened for an order; null where it can. */
export type OpeningFault = 'order_not_pending' | 'amount_differs';

interface PaymentState {
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly due: Money;
  readonly expiresAt: Date;
  status: PaymentStatus;
  transactionId: string | null;
  paidAt: Date | null;
}

export class Payment {
  readonly events: DomainEvent[] = [];

  /** Rebuilds a stored payment; `Payment.open` makes a new one. */
  constructor(private readonly state: PaymentState) {}

  static openingFault(order: Order, due: Money): OpeningFault | null {
    if (!order.can('pay')) return 'order_not_pending';
    return due.currency === order.total.currency && due.amount === order.total.amount
      ? null
      : 'amount_differs';
  }

  /** Ask `openingFault` first: here a payment that does not fit its order is a bug of ours. */
  static open(
    number: string,
    order: Order,
    gateway: string,
    due: Money,
    expiresAt: Date,
    { actor, at }: Deed,
  ): Payment {
    const fault = Payment.openingFault(order, due);
    if (fault) throw new Error(`payment ${number} does not fit order ${order.number}: ${fault}`);
    const fresh = { status: 'init' as const, transactionId: null, paidAt: null };
    const payment = new Payment({ number, orderNumber: order.number, gateway, due, expiresAt, ...fresh });
    const data = { gateway, amount: due.toJSON(), expiresAt: expiresAt.toISOString() };
    payment.announce({ type: 'payment.created', data }, { actor, at });
    return payment;
  }

  get number(): string {
    return this.state.number;
  }
  get orderNumber(): string {
    return this.state.orderNumber;
  }
  get gateway(): string {
    return this.state.gateway;
  }
  get due(): Money {
    return this.state.due;
  }
  get expiresAt(): Date {
    return this.state.expiresAt;
  }
  get status(): PaymentStatus {
    return this.state.status;
  }
  get transactionId(): string | null {
    return this.state.transactionId;
  }
  get paidAt(): Date | null {
    return this.state.paidAt;
  }

  can(move: PaymentMove): boolean {
    return canMove(PAYMENT_MOVES, move, this.state.status);
  }

  /** Takes the money of a success notice. The settlement table decides whether; here an illegal call is a bug of ours. */
  succeed(notice: Notice, judgedAt: Date, deed: Deed): void {
    if (!this.can('succeed') || !notice.transactionId || !notice.money) {
      throw new Error(`payment ${this.number} cannot take a success: it is ${this.status}`);
    }
    const { transactionId, money } = notice;
    this.state.transactionId = transactionId;
    this.state.paidAt = notice.paidAt ?? judgedAt;
    this.move('succeed', deed, { transactionId, amount: money.toJSON() });
  }

  /** Makes the move where the status allows it, and is no change where it does not: a label cannot be put on twice. */
  label(move: 'process' | 'fail' | 'cancel' | 'expire', deed: Deed): void {
    if (this.can(move)) this.move(move, deed, deed.note ? { reason: deed.note } : {});
  }

  /** The clock's word: whether the payment was open and its deadline has passed, and so it is expired now. */
  expireWhenDue(deed: Deed): boolean {
    if (!OPEN_STATUSES.includes(this.status) || deed.at <= this.expiresAt) return false;
    this.label('expire', deed);
    return true;
  }

  /** What the shop asks for, by the status that is wanted. A refusal changes nothing and names what is allowed. */
  moveTo(status: string, deed: Deed): Refusal<PaymentStatus> | null {
    const move = moveBetween(PAYMENT_MOVES, MOVES_BY_HAND, this.status, status);
    if (!move) {
      const allowedTransitions = reachable(PAYMENT_MOVES, MOVES_BY_HAND, this.status);
      return { refused: status, status: this.status, allowedTransitions };
    }
    this.label(move, deed);
    return null;
  }

  private move(
    move: PaymentMove,
    deed: Deed,
    data: { transactionId?: string; amount?: ReturnType<Money['toJSON']>; reason?: string },
  ): void {
    const from = this.status;
    const { to } = PAYMENT_MOVES[move];
    this.state.status = to;
    this.announce({ type: `payment.${to}`, data: { from, ...data } }, deed);
  }

  private announce(event: Announcement, { actor, at }: Deed): void {
    const { orderNumber, number: paymentNumber } = this;
    this.events.push({ at, actor, orderNumber, paymentNumber, ...event });
  }
}

type PaymentEvent = Extract<DomainEvent, { type: `payment.${string}` }>;
type Announcement = PaymentEvent extends infer Event
  ? Event extends PaymentEvent
    ? Pick<Event, 'type' | 'data'>
    : never
  : never;
