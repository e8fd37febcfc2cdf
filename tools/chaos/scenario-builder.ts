import type { Outcome } from '../../src/domain/callbacks/outcome.js';
import type { OrderStatus } from '../../src/domain/orders/order.js';
import { type PlayedGateway, SIGNERS } from '../../src/sandbox/gateways/registry.js';
import type { Action, PlannedCallback, PlannedOrder, PlannedPayment } from './plan.js';
import type { SeededRandom } from './seeded-random.js';

const GATEWAYS = Object.keys(SIGNERS) as PlayedGateway[];
/** Longer than a run, so that a payment expires only where the scenario says so. */
const LONG_SECONDS = 7_200;
/** The share of callbacks that are repeated although they were acknowledged. */
const REPEATED_SHARE = 0.05;
/** From the opening of a payment to its callback. A row lock that is taken in this time meets the callback. */
const LONGEST_PAYING_MS = 500;

/** The fields of a callback that differ from the usual, and the outcomes that are right. */
type CallbackFields = Partial<PlannedCallback> & { readonly expected: readonly Outcome[] };

/** Collects the steps of one scenario, with unique numbers and ids. */
export class ScenarioBuilder {
  readonly steps: Action[][] = [];
  readonly gateway: PlayedGateway;
  private count = 0;

  constructor(
    private readonly prefix: string,
    private readonly scenario: string,
    readonly random: SeededRandom,
  ) {
    this.gateway = random.oneOf(GATEWAYS);
  }

  /** Adds a step whose actions run at the same time. A callback stands for the action that sends it. */
  step(...actions: readonly (PlannedCallback | Action)[]): this {
    this.steps.push(actions.map((action) => ('type' in action ? action : this.send(action))));
    return this;
  }

  pause(shortestMs: number, longestMs: number): this {
    return this.step({ type: 'wait', ms: this.random.integer(shortestMs, longestMs) });
  }

  /** Adds a step that places an order. */
  placeOrder(...expected: OrderStatus[]): PlannedOrder {
    const amount = `${this.random.integer(1, 9_999)}.${this.random.integer(10, 99)}`;
    const order = { number: this.unique('O'), amount, currency: 'CNY', expected };
    this.step({ type: 'place', order });
    return order;
  }

  /** A payment that is not opened yet. */
  payment(order: PlannedOrder, expiresInSeconds = LONG_SECONDS): PlannedPayment {
    return { number: this.unique('P'), orderNumber: order.number, gateway: this.gateway, expiresInSeconds };
  }

  /** Adds a step that opens a payment, and a pause before its callback. */
  openPayment(order: PlannedOrder, expiresInSeconds?: number): PlannedPayment {
    const payment = this.payment(order, expiresInSeconds);
    this.step({ type: 'open', payment }).pause(0, LONGEST_PAYING_MS);
    return payment;
  }

  /** By default a success over the amount due, with a new transaction id and a new event id. */
  callback(payment: PlannedPayment, order: PlannedOrder, fields: CallbackFields): PlannedCallback {
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
      ...fields,
    };
  }

  /** A callback that reports no money, with a status that the gateway knows. */
  statusUpdate(payment: PlannedPayment, order: PlannedOrder, ...expected: Outcome[]): PlannedCallback {
    const statuses = SIGNERS[this.gateway].statuses.filter((status) =>
      ['processing', 'failed', 'cancelled'].includes(status),
    );
    return this.callback(payment, order, { status: this.random.oneOf(statuses), expected });
  }

  private send(callback: PlannedCallback): Action {
    const repeatAfterMs = this.random.chance(REPEATED_SHARE) ? this.random.integer(50, 3_000) : null;
    return { type: 'send', callback, to: this.random.oneOf([0, 1]), repeatAfterMs };
  }

  private unique(letter: string): string {
    this.count += 1;
    return `${this.prefix}${letter}${this.count}`;
  }
}
