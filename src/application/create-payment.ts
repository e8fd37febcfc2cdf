import type { Money } from '../domain/money.js';
import type { Deed } from '../domain/order.js';
import { Payment, type OpeningFault } from '../domain/payment.js';
import type { DecideCallbacks } from './decide-callbacks.js';
import type { Entry } from './inbox.js';
import { Ledger } from './ledger.js';
import type { Stores } from './ports.js';
import type { PaymentView } from './queries.js';

export interface NewPayment {
  readonly orderNumber: string;
  readonly gateway: string;
  /** Null for the order's total, which is the only amount that is taken. */
  readonly amount: Money | null;
  /** Null for the configured default. */
  readonly expiresInSeconds: number | null;
  /** Null for a number that nobody has. */
  readonly paymentNumber: string | null;
}

export type PaymentFault = OpeningFault | 'gateway_unknown' | 'order_unknown' | 'number_taken';

export interface PaymentRules {
  /** The gateways whose callbacks are taken; a payment of any other could never be paid. */
  readonly gateways: readonly string[];
  readonly ttlSeconds: number;
  /** Draws a number of at most 32 letters and digits, which is what the strictest gateway takes. */
  readonly drawNumber: () => string;
}

/** A gateway repeats itself under one event id, so this is more than any sends; the net for unmatched callbacks takes what is beyond. */
const WAITING_LIMIT = 256;

/**
 * Opens a payment for an order that waits for one, and settles the callbacks that came before it, in the same transaction. An order may
 * have several open payments.
 */
export class CreatePayment {
  constructor(
    private readonly rules: PaymentRules,
    private readonly decideCallbacks: DecideCallbacks,
  ) {}

  async execute(stores: Stores, asked: NewPayment, deed: Deed): Promise<PaymentView | PaymentFault> {
    if (!this.rules.gateways.includes(asked.gateway)) return 'gateway_unknown';
    const number = asked.paymentNumber ?? this.rules.drawNumber();
    // The number is reserved first because every other transaction, too, takes payment numbers before orders.
    const isFree = await stores.payments.reserve(number);
    const order = (await stores.orders.lock([asked.orderNumber], 'wait')).found.get(asked.orderNumber);
    if (!order) return 'order_unknown';
    if (!isFree) return 'number_taken';
    const due = asked.amount ?? order.total;
    const fault = Payment.openingFault(order, due);
    if (fault) return fault;

    const seconds = asked.expiresInSeconds ?? this.rules.ttlSeconds;
    const expiresAt = new Date(deed.at.getTime() + seconds * 1000);
    const payment = Payment.open(number, order, asked.gateway, due, expiresAt, deed);
    await stores.payments.add(payment);
    await stores.events.append(payment.events);
    await this.settleWaiting(number, stores);
    return (await stores.queries.payment(number))!;
  }

  /**
   * A callback that comes now stands behind the number, which this transaction has reserved, and one that came before is committed
   * as unmatched. So each finds its payment, and no order of events leaves one without it.
   */
  private async settleWaiting(number: string, stores: Stores): Promise<void> {
    const waiting = await stores.backlog.waitingFor(number, WAITING_LIMIT);
    if (waiting.length === 0) return;
    const entries = waiting.map((stored): Entry => ({
      id: stored.id,
      receipt: null,
      stored,
      undecided: true,
      deliveries: 0,
    }));
    const notices = waiting.map(({ notice }) => notice);
    const ledger = await Ledger.lock(notices, stores, 'wait');
    await this.decideCallbacks.execute(entries, ledger, stores, 'wait');
  }
}
