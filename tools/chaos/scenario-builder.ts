import type { Outcome } from '../../src/domain/callbacks/outcome.js';
import type { OrderStatus } from '../../src/domain/orders/order.js';
import { type PlayedGateway, SIGNERS } from '../../src/sandbox/gateways/registry.js';
import {
  type Action,
  type Deed,
  type DeedAnswer,
  OPERATORS,
  type Operator,
  type Place,
  type PlannedCallback,
  type PlannedOrder,
  type PlannedPayment,
} from './plan.js';
import { REFUNDING_GATEWAYS } from './report-payloads.js';
import type { SeededRandom } from './seeded-random.js';

/** Longer than a run, so that a payment expires only where the scenario says so. */
const LONG_SECONDS = 7_200;
/** The share of callbacks that are repeated although they were acknowledged. */
const REPEATED_SHARE = 0.05;
/** The share of deeds whose first answer is lost, and of those that are asked again although they were done. */
const LOST_SHARE = 0.25;
const ASKED_AGAIN_SHARE = 0.2;
/** About the time that a deed takes: the request is lost before, during or after it. */
const LONGEST_UNTIL_LOST_MS = 40;
/** From the opening of a payment to its callback. A row lock that is taken in this time meets the callback. */
const LONGEST_PAYING_MS = 500;

/** The fields of a callback that differ from the usual, and the outcomes that are right. */
type CallbackFields = Partial<PlannedCallback> & { readonly expected: readonly Outcome[] };

/** These say nothing of where money ends: another callback of the same transaction does. */
const NO_PLACE: readonly Outcome[] = ['duplicate', 'transaction_reused'];

/** Where the money of a success ends if nobody acts on it. */
function placesAfter(outcomes: readonly Outcome[]): Place[] {
  const places = outcomes
    .filter((outcome) => !NO_PLACE.includes(outcome))
    .map((outcome): Place => (outcome === 'settled' ? 'settled' : 'in its case'));
  return [...new Set(places)];
}

/** Collects the steps of one scenario, with unique numbers and ids. */
export class ScenarioBuilder {
  readonly steps: Action[][] = [];
  /** Of the payments and callbacks that it makes from now on. */
  gateway: PlayedGateway;
  private count = 0;

  constructor(
    private readonly prefix: string,
    private readonly scenario: string,
    readonly random: SeededRandom,
  ) {
    this.gateway = random.oneOf(REFUNDING_GATEWAYS);
  }

  /** Adds a step whose actions run at the same time. A callback stands for the action that sends it. */
  step(...actions: readonly (PlannedCallback | Action)[]): this {
    this.steps.push(actions.map((action) => ('type' in action ? action : this.send(action))));
    return this;
  }

  pause(shortestMs: number, longestMs: number): this {
    return this.step({ type: 'wait', ms: this.random.integer(shortestMs, longestMs) });
  }

  /** Adds a step that ends when the callback is decided. */
  decided({ gateway, eventId }: PlannedCallback): this {
    return this.step({ type: 'await decision', callback: { gateway, eventId } });
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
  callback(
    payment: Pick<PlannedPayment, 'number' | 'gateway'>,
    order: Pick<PlannedOrder, 'amount' | 'currency'>,
    fields: CallbackFields,
  ): PlannedCallback {
    const { status = 'succeeded', expected } = fields;
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
      ends: status === 'succeeded' ? placesAfter(expected) : [],
      ...fields,
    };
  }

  /** The action of an operator. */
  deed(
    deed: Deed,
    expected: readonly DeedAnswer[],
    operator: Operator = this.random.oneOf(OPERATORS),
  ): Action {
    const losesAnswer = this.random.chance(LOST_SHARE);
    return {
      type: 'operate',
      deed: {
        key: this.unique('D'),
        scenario: this.scenario,
        operator,
        to: this.random.oneOf([0, 1]),
        deed,
        expected,
        losesAnswerAfterMs: losesAnswer ? this.random.integer(0, LONGEST_UNTIL_LOST_MS) : null,
        isRepeated: this.random.chance(ASKED_AGAIN_SHARE),
      },
    };
  }

  /** Adds a step in which both operators do something at the same time, each of them one of these. */
  stepOfBoth(deeds: readonly Deed[], expected: readonly DeedAnswer[]): this {
    return this.step(...OPERATORS.map((operator) => this.deed(this.random.oneOf(deeds), expected, operator)));
  }

  /** A callback that reports no money, with a status that the gateway knows. */
  statusUpdate(payment: PlannedPayment, order: PlannedOrder, ...expected: Outcome[]): PlannedCallback {
    const statuses = SIGNERS[this.gateway].statuses.filter((status) =>
      ['processing', 'failed', 'cancelled'].includes(status),
    );
    return this.callback(payment, order, { status: this.random.oneOf(statuses), expected });
  }

  /** A number or an id that nothing else of the run has. */
  unique(letter: string): string {
    this.count += 1;
    return `${this.prefix}${letter}${this.count}`;
  }

  private send(callback: PlannedCallback): Action {
    const repeatAfterMs = this.random.chance(REPEATED_SHARE) ? this.random.integer(50, 3_000) : null;
    return { type: 'send', callback, to: this.random.oneOf([0, 1]), repeatAfterMs };
  }
}
