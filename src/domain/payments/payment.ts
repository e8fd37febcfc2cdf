import type { DomainEvent } from '../event.js';
import type { Attribution } from '../attribution.js';
import type { Amount, Money } from '../money.js';
import type { Order } from '../orders/order.js';
import { type Moves, type Refusal, canMove, moveBetween, reachable } from '../transitions.js';

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
 * `failed` and `cancelled` are not final: gateways report a success after a failed attempt, and the gateway decides about
 * money. `expired` is a label. `succeeded` is final for everything except refunds.
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

/** A payment that waits for its money. A failed or cancelled payment keeps its status when its deadline passes. */
export const OPEN_STATUSES: readonly PaymentStatus[] = ['init', 'processing'];

/** The moves that the shop reports. All others come from the gateway or from the expiry schedule. */
const MOVES_BY_HAND = ['process', 'cancel'] as const;

/** Why a payment cannot be opened for an order. */
export type OpeningFault = 'order_not_pending' | 'amount_differs';

export type PaymentEvent =
  | DomainEvent<'payment.created', { gateway: string; amount: Amount; expiresAt: string }>
  | DomainEvent<
      `payment.${Exclude<PaymentStatus, 'init'>}`,
      {
        from: PaymentStatus;
        gateway: string;
        /** Of `payment.succeeded`: what came. Of all others: what was due. */
        amount: Amount;
        transactionId?: string;
        /** What the customer was charged, if the gateway has converted the currency. */
        charged?: Amount;
        /** As the gateway says it. Of `payment.expired`: `paid_late` if late money has ended it, and absent if no money came in time. */
        reason?: string;
      }
    >;

/** The money that a gateway reports for a payment. */
export interface IncomingMoney {
  readonly transactionId: string;
  readonly money: Money;
  /** What the customer was charged, if the gateway has converted the currency. */
  readonly charged: Money | null;
  readonly paidAt: Date;
}

interface PaymentTerms {
  readonly number: string;
  readonly gateway: string;
  readonly due: Money;
  readonly expiresAt: Date;
}

interface PaymentState extends PaymentTerms {
  readonly orderNumber: string;
  status: PaymentStatus;
  transactionId: string | null;
  paidAt: Date | null;
}

export class Payment {
  readonly events: PaymentEvent[] = [];

  /** Rebuilds a stored payment. `Payment.open` makes a new one. */
  constructor(private readonly state: PaymentState) {}

  static openingFault(order: Order, due: Money): OpeningFault | null {
    if (!order.can('pay')) return 'order_not_pending';
    return due.currency === order.total.currency && due.amount === order.total.amount
      ? null
      : 'amount_differs';
  }

  /** Ask `openingFault` first; a payment that does not fit its order is a bug here. */
  static open(
    order: Order,
    { number, gateway, due, expiresAt }: PaymentTerms,
    { actor, at }: Attribution,
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

  /** The settlement table decides whether the money is taken; an illegal call here is a bug. */
  succeed({ transactionId, money, charged, paidAt }: IncomingMoney, attribution: Attribution): void {
    if (!this.can('succeed')) {
      throw new Error(`payment ${this.number} cannot take a success: it is ${this.status}`);
    }
    this.state.transactionId = transactionId;
    this.state.paidAt = paidAt;
    const converted = charged && { charged: charged.toJSON() };
    this.move('succeed', attribution, { amount: money.toJSON(), transactionId, ...converted });
  }

  /** Makes the move if the status allows it, and otherwise changes nothing: a payment cannot get a label twice. */
  mark(move: 'process' | 'fail' | 'cancel' | 'expire', attribution: Attribution): void {
    if (!this.can(move)) return;
    const { note: reason } = attribution;
    const amount = this.due.toJSON();
    this.move(move, attribution, reason ? { amount, reason } : { amount });
  }

  /** Expires an open payment whose deadline has passed. Returns whether it has. */
  expireWhenDue(attribution: Attribution): boolean {
    if (!OPEN_STATUSES.includes(this.status) || attribution.at <= this.expiresAt) return false;
    this.mark('expire', attribution);
    return true;
  }

  /** The transition that the shop asks for. A refusal changes nothing and names the allowed statuses. */
  moveTo(status: string, attribution: Attribution): Refusal<PaymentStatus> | null {
    const move = moveBetween(PAYMENT_MOVES, MOVES_BY_HAND, this.status, status);
    if (!move) {
      const allowedTransitions = reachable(PAYMENT_MOVES, MOVES_BY_HAND, this.status);
      return { refused: status, status: this.status, allowedTransitions };
    }
    this.mark(move, attribution);
    return null;
  }

  private move(
    move: PaymentMove,
    attribution: Attribution,
    data: { amount: Amount; transactionId?: string; charged?: Amount; reason?: string },
  ): void {
    const from = this.status;
    const { to } = PAYMENT_MOVES[move];
    this.state.status = to;
    this.announce({ type: `payment.${to}`, data: { from, gateway: this.gateway, ...data } }, attribution);
  }

  private announce(event: Pick<PaymentEvent, 'type' | 'data'>, { actor, at }: Attribution): void {
    const { orderNumber, number: paymentNumber } = this;
    this.events.push({ at, actor, orderNumber, paymentNumber, ...event } as PaymentEvent);
  }
}
