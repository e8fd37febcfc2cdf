import { randomUUID } from 'node:crypto';
import { createOrder } from '../../src/application/create-order.js';
import { CreatePayment, type NewPayment } from '../../src/application/create-payment.js';
import { DecideCallbacks } from '../../src/application/decide-callbacks.js';
import type { Stores, UnitOfWork } from '../../src/application/ports.js';
import { ProcessPaymentSuccess } from '../../src/application/process-payment-success.js';
import type { DiscrepancyView, OrderView, PaymentView } from '../../src/application/queries.js';
import { RecordNotice } from '../../src/application/record-notice.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import type { Deed } from '../../src/domain/order.js';

export interface OpenStores {
  readonly unitOfWork: UnitOfWork;
  close(): Promise<void>;
}

export const AT = new Date('2026-11-23T08:00:00.000Z');
export const DEED: Deed = { actor: 'admin:otto', at: AT };
const TOTAL = Money.of('100.00', 'CNY');
export const createPayment = new CreatePayment(
  {
    gateways: ['stripe', 'alipay'],
    ttlSeconds: 1800,
    drawNumber: () => randomUUID().replaceAll('-', ''),
  },
  new DecideCallbacks(new ProcessPaymentSuccess(), new RecordNotice(), { now: () => AT }),
);

/** Stores are shared by a suite's tests, so every test has numbers of its own. */
export const freshNumber = (): string => randomUUID();

export type Run = <Result>(work: (stores: Stores) => Promise<Result>) => Promise<Result>;

export async function placed(run: Run, orderNumber = freshNumber()): Promise<OrderView> {
  const order = { orderNumber, total: TOTAL, customerId: 'c-1' };
  return (await run((stores) => createOrder(stores, order, DEED))) as OrderView;
}

export const asking = (orderNumber: string, other: Partial<NewPayment> = {}): NewPayment => ({
  orderNumber,
  gateway: 'stripe',
  amount: null,
  expiresInSeconds: null,
  paymentNumber: null,
  ...other,
});

export async function opened(run: Run, orderNumber: string): Promise<PaymentView> {
  return (await run((stores) => createPayment.execute(stores, asking(orderNumber), DEED))) as PaymentView;
}

/** The gateway reports the money, and the order is paid where it can be. */
export async function paid(run: Run, { paymentNumber, orderNumber }: PaymentView): Promise<string> {
  const transactionId = `tx-${paymentNumber}`;
  const nothing = { paidAt: null, reason: null, foreign: null };
  const notice: Notice = {
    gateway: 'stripe',
    kind: 'succeeded',
    paymentNumber,
    transactionId,
    money: TOTAL,
    ...nothing,
  };
  await run(async (stores) => {
    const payment = (await stores.payments.lock([paymentNumber], 'wait')).found.get(paymentNumber)!;
    const order = (await stores.orders.lock([orderNumber], 'wait')).found.get(orderNumber)!;
    payment.succeed(notice, AT, DEED);
    if (order.can('pay')) order.pay(paymentNumber, DEED);
    await stores.payments.save([payment]);
    await stores.orders.save([order]);
    await stores.events.append([...payment.events, ...order.events]);
  });
  return transactionId;
}

export const discrepanciesOf = async (run: Run, paymentNumber: string): Promise<readonly DiscrepancyView[]> =>
  (await run(({ queries }) => queries.discrepancies({ paymentNumber }, { limit: 10, before: null }))).items;
