import { createOrder } from '../../src/application/create-order.js';
import { CreatePayment } from '../../src/application/create-payment.js';
import { DecideCallbacks } from '../../src/application/decide-callbacks.js';
import type { LockMode, Receipt, Telemetry } from '../../src/application/ports.js';
import { ProcessPaymentSuccess } from '../../src/application/process-payment-success.js';
import type { PaymentView } from '../../src/application/queries.js';
import { ReceiveCallback } from '../../src/application/receive-callback.js';
import { RecordNotice } from '../../src/application/record-notice.js';
import { SettlePending } from '../../src/application/settle-pending.js';
import { SettleUnmatched } from '../../src/application/settle-unmatched.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import { freshNumber, type OpenStores } from './by-hand.js';

export const NOW = Date.parse('2026-11-23T08:00:00.000Z');

/** Counts what the core reports, so that a story can ask for it. */
export class Tally implements Telemetry {
  readonly counted: string[] = [];
  lockConflict = (): void => void this.counted.push('lock conflict');
  lockWaited = (): void => undefined;
  groupSettled = (size: number): void => void this.counted.push(`group of ${size}`);
  decidedLater = (): void => undefined;
  paymentExpired = (): void => void this.counted.push('payment expired');
  transitionFailed = (): void => void this.counted.push('transition failed');
}

/** The use cases over somebody's stores, and what a gateway and a shop do to them. */
export class World {
  readonly clock = { at: NOW, now: () => new Date(this.clock.at) };
  readonly tally = new Tally();
  private readonly decideCallbacks: DecideCallbacks;
  private readonly receiveCallback: ReceiveCallback;
  readonly settlePending: SettlePending;
  readonly settleUnmatched: SettleUnmatched;

  constructor(readonly stores: OpenStores) {
    const { unitOfWork } = stores;
    this.decideCallbacks = new DecideCallbacks(new ProcessPaymentSuccess(), new RecordNotice(), this.clock);
    this.receiveCallback = new ReceiveCallback(unitOfWork, this.decideCallbacks, this.tally);
    this.settlePending = new SettlePending(unitOfWork, this.receiveCallback, this.clock);
    this.settleUnmatched = new SettleUnmatched(unitOfWork, this.receiveCallback);
  }

  async receive(receipts: readonly Receipt[], mode: LockMode = 'skip') {
    return this.receiveCallback.receive(receipts, { mode, deadline: performance.now() + 3_000 });
  }

  async outcomes(receipts: readonly Receipt[]): Promise<string[]> {
    return (await this.receive(receipts)).map(({ outcome, copy }) => (copy ? `copy of ${outcome}` : outcome));
  }

  /** An order over 100.00 CNY and open payments of it. */
  async given({ payments = 1, paymentNumber = null as string | null, gateway = 'stripe' } = {}) {
    const deed = { actor: 'admin:otto', at: this.clock.now() };
    const rules = { gateways: ['stripe', 'alipay'], ttlSeconds: 1_800, drawNumber: freshNumber };
    const creating = new CreatePayment(rules, this.decideCallbacks);
    const order = { orderNumber: freshNumber(), total: Money.of('100.00', 'CNY'), customerId: null };
    const asked = {
      orderNumber: order.orderNumber,
      gateway,
      amount: null,
      expiresInSeconds: null,
      paymentNumber,
    };
    return this.stores.unitOfWork.run(async (stores) => {
      await createOrder(stores, order, deed);
      const created: PaymentView[] = [];
      for (let count = 0; count < payments; count += 1) {
        const payment = await creating.execute(stores, asked, deed);
        if (typeof payment === 'string') throw new Error(payment);
        created.push(payment);
      }
      const paymentNumbers = created.map((payment) => payment.paymentNumber);
      return {
        orderNumber: order.orderNumber,
        created,
        paymentNumbers,
        paymentNumber: paymentNumbers[0]!,
      };
    });
  }

  /** A further payment of an order. */
  async opened(orderNumber: string): Promise<string> {
    const rules = { gateways: ['stripe'], ttlSeconds: 1_800, drawNumber: freshNumber };
    const asked = {
      orderNumber,
      gateway: 'stripe',
      amount: null,
      expiresInSeconds: null,
      paymentNumber: null,
    };
    const deed = { actor: 'admin:otto', at: this.clock.now() };
    const creating = new CreatePayment(rules, this.decideCallbacks);
    const payment = await this.stores.unitOfWork.run((stores) => creating.execute(stores, asked, deed));
    if (typeof payment === 'string') throw new Error(payment);
    return payment.paymentNumber;
  }

  async left(paymentNumber: string) {
    return this.stores.unitOfWork.run(async ({ queries }) => {
      const payment = await queries.payment(paymentNumber);
      const order = payment && (await queries.order(payment.orderNumber));
      const { items } = await queries.discrepancies({ paymentNumber }, { limit: 50, before: null });
      return {
        payment: payment?.status,
        order: order?.status,
        log: payment?.log.map(({ event }) => event).slice(1),
        cases: items.map(({ kind, status }) => `${kind} ${status}`),
      };
    });
  }
}

const SOME_BYTES = new Uint8Array([1, 2, 3]);

export function receipt(
  paymentNumber: string,
  said: Partial<Notice> & Partial<Pick<Receipt, 'eventId' | 'receivedAt' | 'body'>> = {},
): Receipt {
  const { eventId = freshNumber(), receivedAt = new Date(NOW), body = SOME_BYTES, ...notice } = said;
  const money = Money.of('100.00', 'CNY');
  const nothing = { paidAt: null, reason: null, foreign: null };
  const transactionId = `T-${paymentNumber}`;
  const full: Notice = {
    gateway: 'stripe',
    kind: 'succeeded',
    paymentNumber,
    transactionId,
    money,
    ...nothing,
    ...notice,
  };
  return {
    eventId,
    notice: full,
    fingerprint: [full.kind, full.paymentNumber, full.transactionId, full.money].join(' '),
    keyId: 'whsec:1',
    headers: {},
    body,
    receivedAt,
    judgedAt: receivedAt,
  };
}
