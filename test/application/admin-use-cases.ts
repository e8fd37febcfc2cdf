import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrder } from '../../src/application/create-order.js';
import { CreatePayment, type NewPayment } from '../../src/application/create-payment.js';
import type { Stores, UnitOfWork } from '../../src/application/ports.js';
import type { DiscrepancyView, OrderView, PaymentView } from '../../src/application/queries.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { transitionPayment } from '../../src/application/transition-payment.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import type { Deed, OrderStatus } from '../../src/domain/order.js';

export interface OpenStores {
  readonly unitOfWork: UnitOfWork;
  close(): Promise<void>;
}

export const AT = new Date('2026-11-23T08:00:00.000Z');
const DEED: Deed = { actor: 'admin:otto', at: AT };
const TOTAL = Money.of('100.00', 'CNY');
const createPayment = new CreatePayment({
  gateways: ['stripe', 'alipay'],
  ttlSeconds: 1800,
  drawNumber: () => randomUUID().replaceAll('-', ''),
});

export const freshNumber = (): string => randomUUID();

/** What people may do to orders and payments, over whatever keeps them. */
export function adminUseCases(name: string, open: () => Promise<OpenStores>): void {
  describe(`orders and payments by hand, on ${name}`, () => {
    let stores: OpenStores;
    beforeAll(async () => {
      stores = await open();
    });
    afterAll(() => stores.close());
    const run = <Result>(work: (stores: Stores) => Promise<Result>) => stores.unitOfWork.run(work);

    creating(run);
    moving(run);
    cancellingPaidOrders(run);
  });
}

type Run = <Result>(work: (stores: Stores) => Promise<Result>) => Promise<Result>;

async function placed(run: Run, orderNumber = freshNumber()): Promise<OrderView> {
  const order = { orderNumber, total: TOTAL, customerId: 'c-1' };
  return (await run((stores) => createOrder(stores, order, DEED))) as OrderView;
}

const asking = (orderNumber: string, other: Partial<NewPayment> = {}): NewPayment => ({
  orderNumber,
  gateway: 'stripe',
  amount: null,
  expiresInSeconds: null,
  paymentNumber: null,
  ...other,
});

async function opened(run: Run, orderNumber: string): Promise<PaymentView> {
  return (await run((stores) => createPayment.execute(stores, asking(orderNumber), DEED))) as PaymentView;
}

/** The gateway reports the money, and the order is paid where it can be. */
async function paid(run: Run, { paymentNumber, orderNumber }: PaymentView): Promise<string> {
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

const discrepanciesOf = async (run: Run, paymentNumber: string): Promise<readonly DiscrepancyView[]> =>
  (await run(({ queries }) => queries.discrepancies({ paymentNumber }, { limit: 10, before: null }))).items;

function creating(run: Run): void {
  test('an order is placed as it was asked for, and waits for its money', async () => {
    const order = await placed(run);
    expect(order).toMatchObject({
      status: 'pending',
      total: { amount: '100.00', currency: 'CNY' },
      customerId: 'c-1',
      payments: [],
      statusHistory: [],
      allowedTransitions: ['cancelled'],
    });
    expect(await run(({ queries }) => queries.order(order.orderNumber))).toEqual(order);
  });

  test('of ten orders under one number at once, one is placed and nine are told that it is taken', async () => {
    const orderNumber = freshNumber();
    const totals = Array.from({ length: 10 }, (_, index) => Money.of(`${index + 1}.00`, 'CNY'));
    const answers = await Promise.all(
      totals.map((total) =>
        run((stores) => createOrder(stores, { orderNumber, total, customerId: null }, DEED)),
      ),
    );
    expect(answers.filter((answer) => answer === 'number_taken')).toHaveLength(9);
    const winner = answers.find((answer) => answer !== 'number_taken');
    expect(await run(({ queries }) => queries.order(orderNumber))).toEqual(winner);
  });

  test("a payment is for the order's total and waits as long as is configured", async () => {
    const { orderNumber } = await placed(run);
    const payment = await opened(run, orderNumber);
    expect(payment).toMatchObject({
      orderNumber,
      gateway: 'stripe',
      amount: { amount: '100.00', currency: 'CNY' },
      status: 'init',
      transactionId: null,
      paidAt: null,
      expiresAt: new Date('2026-11-23T08:30:00.000Z'),
      log: [{ event: 'payment.created', actor: 'admin:otto', at: AT }],
    });
    expect(payment.paymentNumber).toMatch(/^[A-Za-z0-9]{1,32}$/);
  });

  test('a payment has the number and the time that are asked for', async () => {
    const { orderNumber } = await placed(run);
    const paymentNumber = freshNumber();
    const asked = asking(orderNumber, {
      paymentNumber,
      expiresInSeconds: 60,
      amount: Money.of('100', 'CNY'),
    });
    const payment = await run((stores) => createPayment.execute(stores, asked, DEED));
    expect(payment).toMatchObject({ paymentNumber, expiresAt: new Date('2026-11-23T08:01:00.000Z') });
  });

  test('an order may have several open payments, and shows all of them', async () => {
    const { orderNumber } = await placed(run);
    const numbers = [await opened(run, orderNumber), await opened(run, orderNumber)].map(
      (each) => each.paymentNumber,
    );
    const order = await run(({ queries }) => queries.order(orderNumber));
    expect(new Set(order?.payments.map(({ paymentNumber }) => paymentNumber))).toEqual(new Set(numbers));
  });

  test.each<[string, Partial<NewPayment>]>([
    ['gateway_unknown', { gateway: 'paypal' }],
    ['order_unknown', { orderNumber: 'nowhere' }],
    ['amount_differs', { amount: Money.of('100.01', 'CNY') }],
    ['amount_differs', { amount: Money.of('100.00', 'USD') }],
  ])('a payment is refused as %s and leaves nothing: %j', async (fault, other) => {
    const { orderNumber } = await placed(run);
    const asked = asking(orderNumber, other);
    expect(await run((stores) => createPayment.execute(stores, asked, DEED))).toBe(fault);
    expect((await run(({ queries }) => queries.order(orderNumber)))?.payments).toEqual([]);
  });

  test('of ten payments under one number at once, for ten orders, one is opened', async () => {
    const paymentNumber = freshNumber();
    const orders = await Promise.all(Array.from({ length: 10 }, () => placed(run)));
    const answers = await Promise.all(
      orders.map(({ orderNumber }) =>
        run((stores) => createPayment.execute(stores, asking(orderNumber, { paymentNumber }), DEED)),
      ),
    );
    expect(answers.filter((answer) => answer === 'number_taken')).toHaveLength(9);
  });
}

function moving(run: Run): void {
  const move = (orderNumber: string, to: OrderStatus, note?: string) =>
    run((stores) => transitionOrder(stores, { orderNumber, to }, { ...DEED, note: note ?? null }));

  test('an order goes its whole way by hand once it is paid, and its history tells who, when and why', async () => {
    const { orderNumber } = await placed(run);
    await paid(run, await opened(run, orderNumber));
    for (const to of ['shipped', 'completed', 'refunding'] as const) await move(orderNumber, to);
    const order = await move(orderNumber, 'refunded', 'goods came back');
    expect(order).toMatchObject({ status: 'refunded', allowedTransitions: [] });
    expect((order as OrderView).statusHistory.map(({ from, to, move }) => `${from} ${move} ${to}`)).toEqual([
      'pending pay paid',
      'paid ship shipped',
      'shipped complete completed',
      'completed requestRefund refunding',
      'refunding refund refunded',
    ]);
    const last = { actor: 'admin:otto', note: 'goods came back', at: AT };
    expect((order as OrderView).statusHistory.at(-1)).toMatchObject(last);
  });

  test('a refused move names the allowed ones and changes nothing', async () => {
    const order = await placed(run);
    expect(await move(order.orderNumber, 'paid')).toEqual({
      refused: 'paid',
      status: 'pending',
      allowedTransitions: ['cancelled'],
    });
    expect(await run(({ queries }) => queries.order(order.orderNumber))).toEqual(order);
  });

  test('a paid or cancelled order takes no further payment', async () => {
    const [first, second] = [await placed(run), await placed(run)];
    await paid(run, await opened(run, first.orderNumber));
    await move(second.orderNumber, 'cancelled');
    for (const { orderNumber } of [first, second]) {
      const answer = await run((stores) => createPayment.execute(stores, asking(orderNumber), DEED));
      expect(answer).toBe('order_not_pending');
    }
  });

  test('what does not exist cannot be moved', async () => {
    expect(await move('nowhere', 'cancelled')).toBe('order_unknown');
    const asked = { paymentNumber: 'nowhere', to: 'cancelled' as const };
    expect(await run((stores) => transitionPayment(stores, asked, DEED))).toBe('payment_unknown');
  });

  test('the shop may begin a payment and give it up, once each', async () => {
    const { paymentNumber } = await opened(run, (await placed(run)).orderNumber);
    const movePayment = (to: 'processing' | 'cancelled') =>
      run((stores) => transitionPayment(stores, { paymentNumber, to }, DEED));
    expect(await movePayment('processing')).toMatchObject({ status: 'processing' });
    expect(await movePayment('processing')).toMatchObject({ allowedTransitions: ['cancelled'] });
    const cancelled = (await movePayment('cancelled')) as PaymentView;
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.log.map(({ event }) => event)).toEqual([
      'payment.created',
      'payment.processing',
      'payment.cancelled',
    ]);
    expect(await movePayment('cancelled')).toEqual({
      refused: 'cancelled',
      status: 'cancelled',
      allowedTransitions: [],
    });
  });
}

function cancellingPaidOrders(run: Run): void {
  const cancel = (orderNumber: string) =>
    run((stores) => transitionOrder(stores, { orderNumber, to: 'cancelled' }, DEED));

  test('cancelling a paid order leaves its payment alone and opens a refund that somebody owes', async () => {
    const { orderNumber } = await placed(run);
    const { paymentNumber } = await opened(run, orderNumber);
    const transactionId = await paid(run, (await run(({ queries }) => queries.payment(paymentNumber)))!);
    expect(await cancel(orderNumber)).toMatchObject({ status: 'cancelled' });

    const payment = await run(({ queries }) => queries.payment(paymentNumber));
    expect(payment).toMatchObject({ status: 'succeeded', transactionId });
    expect(payment?.log.at(-1)).toMatchObject({ event: 'discrepancy.opened', actor: 'admin:otto' });
    expect(await discrepanciesOf(run, paymentNumber)).toMatchObject([
      { kind: 'refund_due', status: 'open', orderNumber, transactionId, gateway: 'stripe', callbackId: null },
    ]);
  });

  test('money that came for the order when it was paid already keeps its one case', async () => {
    const { orderNumber } = await placed(run);
    const [first, second] = [await opened(run, orderNumber), await opened(run, orderNumber)];
    await paid(run, first);
    const transactionId = await paid(run, second);
    const { paymentNumber } = second;
    const stranded = {
      kind: 'order_not_payable' as const,
      gateway: 'stripe',
      paymentNumber,
      orderNumber,
      transactionId,
    };
    await run((stores) => stores.discrepancies.open([{ ...stranded, callbackId: null, details: {} }], AT));
    await cancel(orderNumber);
    expect((await discrepanciesOf(run, first.paymentNumber)).map(({ kind }) => kind)).toEqual(['refund_due']);
    expect((await discrepanciesOf(run, paymentNumber)).map(({ kind }) => kind)).toEqual([
      'order_not_payable',
    ]);
  });

  test('cancelling an order that waits owes nothing', async () => {
    const { orderNumber } = await placed(run);
    const { paymentNumber } = await opened(run, orderNumber);
    await cancel(orderNumber);
    expect(await discrepanciesOf(run, paymentNumber)).toEqual([]);
    expect(await run(({ queries }) => queries.payment(paymentNumber))).toMatchObject({ status: 'init' });
  });
}
