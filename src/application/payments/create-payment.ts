import type { Attribution } from '../../domain/attribution.js';
import type { Money } from '../../domain/money.js';
import { Payment, type OpeningFault } from '../../domain/payments/payment.js';
import { CallbackRepository } from '../callbacks/callback-repository.js';
import type { ProcessPaymentSuccess } from '../callbacks/process-payment-success.js';
import { EventRepository } from '../events/event-repository.js';
import { OrderRepository } from '../orders/order-repository.js';
import type { Transaction } from '../transaction.js';
import { PaymentQueries, type PaymentView } from './payment-queries.js';
import { PaymentRepository } from './payment-repository.js';

export interface NewPayment {
  readonly orderNumber: string;
  readonly gateway: string;
  /** Null for the order's total, which is the only amount that is accepted. */
  readonly amount: Money | null;
  /** Null for the configured default. */
  readonly expiresInSeconds: number | null;
  /** Null for a generated number. */
  readonly paymentNumber: string | null;
}

export type PaymentFault = OpeningFault | 'gateway_unknown' | 'order_unknown' | 'number_taken';

export interface PaymentRules {
  /** The gateways whose callbacks are accepted. A payment of any other gateway could never be paid. */
  readonly gateways: readonly string[];
  readonly ttlSeconds: number;
  /** Generates a number of at most 32 letters and digits, which every gateway accepts. */
  readonly generateNumber: () => string;
}

/** More callbacks than a gateway sends about one payment. SettleUnmatched settles any that are beyond it. */
const EARLY_CALLBACKS_LIMIT = 256;

/**
 * Opens a payment for a pending order, and settles the callbacks that came before it in the same transaction. An order may
 * have several open payments.
 */
export class CreatePayment {
  constructor(
    private readonly rules: PaymentRules,
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
  ) {}

  async execute(
    tx: Transaction,
    request: NewPayment,
    attribution: Attribution,
  ): Promise<PaymentView | PaymentFault> {
    const { gateway } = request;
    if (!this.rules.gateways.includes(gateway)) return 'gateway_unknown';
    const number = request.paymentNumber ?? this.rules.generateNumber();
    const payments = tx.of(PaymentRepository);
    // The number is reserved first, because every transaction locks payment numbers before orders.
    const isFree = await payments.reserve(number);
    const { locked } = await tx.of(OrderRepository).lock([request.orderNumber], 'wait');
    const order = locked.get(request.orderNumber);
    if (!order) return 'order_unknown';
    if (!isFree) return 'number_taken';
    const due = request.amount ?? order.total;
    const fault = Payment.openingFault(order, due);
    if (fault) return fault;

    const seconds = request.expiresInSeconds ?? this.rules.ttlSeconds;
    const expiresAt = new Date(attribution.at.getTime() + seconds * 1000);
    const payment = Payment.open(order, { number, gateway, due, expiresAt }, attribution);
    await payments.add(payment);
    await tx.of(EventRepository).append(payment.events);
    await this.settleEarlyCallbacks(number, tx);
    return (await tx.of(PaymentQueries).find(number))!;
  }

  /**
   * A callback that comes now waits for the number, which this transaction has reserved. One that came before is committed as
   * unmatched. So each callback finds its payment, in whatever order they come.
   */
  private async settleEarlyCallbacks(number: string, tx: Transaction): Promise<void> {
    const early = await tx.of(CallbackRepository).findUnmatched(number, EARLY_CALLBACKS_LIMIT);
    if (early.length > 0) await this.processPaymentSuccess.executeWithin(tx, early);
  }
}
