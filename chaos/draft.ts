import type { Outcome } from '../src/domain/notice.js';
import type { OrderStatus } from '../src/domain/order.js';
import { SIGNERS, type PlayedGateway } from '../src/sandbox/sign-callback.js';
import type { Dice } from './dice.js';
import type { Deed, PlannedCallback, PlannedOrder, PlannedPayment } from './plan.js';

const GATEWAYS = Object.keys(SIGNERS) as PlayedGateway[];
/** No payment of a storm expires by itself but those that are to. */
const LONG_SECONDS = 7_200;
/** How many deliveries come once more although they were acknowledged. */
const AGAIN = 0.05;
/** From the opening of a payment to its money. A lock that is taken meanwhile meets the callback. */
const LONGEST_PAYING_MS = 500;

type Said = Partial<PlannedCallback> & { readonly expected: readonly Outcome[] };

/** A scenario while it is being written: numbers and ids of its own, and the steps. */
export class Draft {
  readonly steps: Deed[][] = [];
  readonly gateway: PlayedGateway;
  private drawn = 0;

  constructor(
    private readonly prefix: string,
    private readonly scenario: string,
    readonly dice: Dice,
  ) {
    this.gateway = dice.oneOf(GATEWAYS);
  }

  /** Each is a callback to send, or another deed; all of them at once. */
  next(...deeds: readonly (PlannedCallback | Deed)[]): this {
    this.steps.push(deeds.map((deed) => ('do' in deed ? deed : this.send(deed))));
    return this;
  }

  pause(shortest: number, longest: number): this {
    return this.next({ do: 'wait', ms: this.dice.between(shortest, longest) });
  }

  /** An order that is placed as the next step. */
  order(...expected: OrderStatus[]): PlannedOrder {
    const amount = `${this.dice.between(1, 9_999)}.${this.dice.between(10, 99)}`;
    const order = { number: this.unique('O'), amount, currency: 'CNY', expected };
    this.next({ do: 'place', order });
    return order;
  }

  payment(order: PlannedOrder, expiresInSeconds = LONG_SECONDS): PlannedPayment {
    return { number: this.unique('P'), orderNumber: order.number, gateway: this.gateway, expiresInSeconds };
  }

  /** A payment that is opened as the next step, and whose money comes some time after. */
  opened(order: PlannedOrder, expiresInSeconds?: number): PlannedPayment {
    const payment = this.payment(order, expiresInSeconds);
    this.next({ do: 'open', payment }).pause(0, LONGEST_PAYING_MS);
    return payment;
  }

  /** A success over what is due, of a transaction and an event of its own, but for what is said. */
  callback(payment: PlannedPayment, order: PlannedOrder, said: Said): PlannedCallback {
    return {
      key: this.unique('C'),
      scenario: this.scenario,
      gateway: payment.gateway,
      eventId: this.unique('E'),
      status: 'succeeded',
      paymentNumber: payment.number,
      transactionId: this.unique('T'),
      amount: order.amount,
      currency: order.currency,
      forgery: null,
      ...said,
    };
  }

  /** What moves no money, as far as the gateway has a word for it. */
  label(payment: PlannedPayment, order: PlannedOrder, ...expected: Outcome[]): PlannedCallback {
    const words = SIGNERS[this.gateway].statuses.filter((status) =>
      ['processing', 'failed', 'cancelled'].includes(status),
    );
    return this.callback(payment, order, { status: this.dice.oneOf(words), expected });
  }

  private send(callback: PlannedCallback): Deed {
    const again = this.dice.chance(AGAIN) ? this.dice.between(50, 3_000) : null;
    return { do: 'send', callback, to: this.dice.oneOf([0, 1]), again };
  }

  private unique(letter: string): string {
    this.drawn += 1;
    return `${this.prefix}${letter}${this.drawn}`;
  }
}
