import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import {
  OrderQueries,
  type OrderView,
  type PartOfOrder,
} from '../../../src/application/orders/order-queries.js';
import type { NewPayment } from '../../../src/application/orders/placement.js';
import type { SentReply } from '../../../src/application/idempotency/idempotency-key-repository.js';
import type { PaymentView } from '../../../src/application/payments/payment-queries.js';
import { Money } from '../../../src/domain/money.js';
import { freshNumber, NOW, receipt } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** What the shop and operators do with orders and payments. */
export function orderAndPaymentSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`orders and payments, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    placingOrders(() => world);
    openingPayments(() => world);
    movingOrders(() => world);
    movingPayments(() => world);
    cancellingOrders(() => world);
    findingOrders(() => world);
  });
}

/** A view as it is sent. */
const asJson = (view: unknown): unknown => JSON.parse(JSON.stringify(view));

function placingOrders(world: () => World): void {
  test('a new order has the requested total and customer, and is pending', async () => {
    const { orderNumber } = await world().placeOrder({ payments: 0 });
    expect(await world().order(orderNumber)).toMatchObject({
      status: 'pending',
      total: { amount: '100.00', currency: 'CNY' },
      customerId: 'c-1',
      payments: [],
      statusHistory: [],
      allowedTransitions: ['cancelled'],
    });
  });

  test('of ten simultaneous orders under one number, one is placed and nine find the number taken', async () => {
    const orderNumber = freshNumber();
    const totals = Array.from({ length: 10 }, (_, index) => Money.of(`${index + 1}.00`, 'CNY'));
    const answers = await Promise.all(
      totals.map((total) => world().batcher.place(world().placement({ orderNumber, order: { total } }))),
    );
    expect(answers.filter((answer) => answer === 'order_number_taken')).toHaveLength(9);
    const placed = answers.find((answer) => answer !== 'order_number_taken');
    expect(placed).toEqual({ status: 201, text: expect.any(String) });
    expect(JSON.parse((placed as SentReply).text)).toEqual(asJson(await world().order(orderNumber)));
  });
}

function openingPayments(world: () => World): void {
  test("a payment is for the order's total and expires after the configured time", async () => {
    const { orderNumber } = await world().placeOrder({ payments: 0 });
    const payment = await world().openPayment(orderNumber);
    expect(payment).toMatchObject({
      orderNumber,
      gateway: 'stripe',
      amount: { amount: '100.00', currency: 'CNY' },
      status: 'init',
      transactionId: null,
      paidAt: null,
      expiresAt: new Date('2026-11-23T08:30:00.000Z'),
      log: [{ event: 'payment.created', actor: 'admin:otto', at: new Date(NOW) }],
    });
    expect(payment.paymentNumber).toMatch(/^[A-Za-z0-9]{1,32}$/);
  });

  test('a payment has the requested number and time to live', async () => {
    const { orderNumber } = await world().placeOrder({ payments: 0 });
    const paymentNumber = freshNumber();
    const asked = { paymentNumber, expiresInSeconds: 60, amount: Money.of('100', 'CNY') };
    expect(await world().openPayment(orderNumber, asked)).toMatchObject({
      paymentNumber,
      expiresAt: new Date('2026-11-23T08:01:00.000Z'),
    });
  });

  test('an order may have several open payments and shows all of them', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 2 });
    const order = await world().order(orderNumber);
    expect(new Set(order?.payments.map(({ paymentNumber }) => paymentNumber))).toEqual(
      new Set(paymentNumbers),
    );
  });

  test.each<[string, Partial<NewPayment & { readonly orderNumber: string }>]>([
    ['gateway_unknown', { gateway: 'paypal' }],
    ['order_unknown', { orderNumber: 'nowhere' }],
    ['amount_differs', { amount: Money.of('100.01', 'CNY') }],
    ['amount_differs', { amount: Money.of('100.00', 'USD') }],
  ])('a payment is refused as %s and leaves no trace: %j', async (fault, asked) => {
    const { orderNumber } = await world().placeOrder({ payments: 0 });
    expect(await world().tryToOpenPayment(orderNumber, asked)).toBe(fault);
    expect((await world().order(orderNumber))?.payments).toEqual([]);
  });

  test('of ten simultaneous payments under one number, for ten orders, one is opened', async () => {
    const paymentNumber = freshNumber();
    const orders = await Promise.all(Array.from({ length: 10 }, () => world().placeOrder({ payments: 0 })));
    const answers = await Promise.all(
      orders.map(({ orderNumber }) => world().tryToOpenPayment(orderNumber, { paymentNumber })),
    );
    expect(answers.filter((answer) => answer === 'payment_number_taken')).toHaveLength(9);
  });

  test('a paid or cancelled order accepts no further payment', async () => {
    const [paid, cancelled] = [await world().placeOrder(), await world().placeOrder()];
    await world().receive(receipt(paid.paymentNumber));
    await world().moveOrder(cancelled.orderNumber, 'cancelled');
    for (const { orderNumber } of [paid, cancelled])
      expect(await world().tryToOpenPayment(orderNumber)).toBe('order_not_pending');
  });
}

function movingOrders(world: () => World): void {
  test('an operator moves a paid order to its end, and its history records who moved it, when and why', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber));
    for (const to of ['shipped', 'completed', 'refunding'] as const) await world().moveOrder(orderNumber, to);
    const order = (await world().moveOrder(orderNumber, 'refunded', 'goods came back')) as OrderView;
    expect(order).toMatchObject({ status: 'refunded', allowedTransitions: [] });
    expect(order.statusHistory.map(({ from, to, move }) => `${from} ${move} ${to}`)).toEqual([
      'pending pay paid',
      'paid ship shipped',
      'shipped complete completed',
      'completed requestRefund refunding',
      'refunding refund refunded',
    ]);
    const last = { actor: 'admin:otto', note: 'goods came back', at: new Date(NOW) };
    expect(order.statusHistory.at(-1)).toMatchObject(last);
  });

  test('a refused transition names the allowed ones and changes nothing', async () => {
    const { orderNumber } = await world().placeOrder();
    const before = await world().order(orderNumber);
    expect(await world().moveOrder(orderNumber, 'paid')).toEqual({
      refused: 'paid',
      status: 'pending',
      allowedTransitions: ['cancelled'],
    });
    expect(await world().order(orderNumber)).toEqual(before);
  });

  test('an unknown order or payment cannot be moved', async () => {
    expect(await world().moveOrder('nowhere', 'cancelled')).toBe('order_unknown');
    expect(await world().movePayment('nowhere', 'cancelled')).toBe('payment_unknown');
  });
}

function movingPayments(world: () => World): void {
  test('the shop may begin a payment and cancel it, each once', async () => {
    const { paymentNumber } = await world().placeOrder();
    expect(await world().movePayment(paymentNumber, 'processing')).toMatchObject({ status: 'processing' });
    expect(await world().movePayment(paymentNumber, 'processing')).toMatchObject({
      allowedTransitions: ['cancelled'],
    });
    const cancelled = (await world().movePayment(paymentNumber, 'cancelled')) as PaymentView;
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.log.map(({ event }) => event)).toEqual([
      'payment.created',
      'payment.processing',
      'payment.cancelled',
    ]);
    expect(await world().movePayment(paymentNumber, 'cancelled')).toEqual({
      refused: 'cancelled',
      status: 'cancelled',
      allowedTransitions: [],
    });
  });
}

function cancellingOrders(world: () => World): void {
  test('cancelling a paid order leaves its payment unchanged and opens a case for the refund that is due', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber));
    expect(await world().moveOrder(orderNumber, 'cancelled')).toMatchObject({ status: 'cancelled' });
    const transactionId = `T-${paymentNumber}`;
    const payment = await world().payment(paymentNumber);
    expect(payment).toMatchObject({ status: 'succeeded', transactionId });
    expect(payment?.log.at(-1)).toMatchObject({ event: 'discrepancy.opened', actor: 'admin:otto' });
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_due', status: 'open', orderNumber, transactionId, gateway: 'stripe', callbackId: null },
    ]);
  });

  test('money that has a case because its order was paid already gets no second case', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().process([receipt(first), receipt(second)]);
    await world().moveOrder(orderNumber, 'cancelled');
    expect((await world().cases(first)).map(({ kind }) => kind)).toEqual(['refund_due']);
    expect((await world().cases(second)).map(({ kind }) => kind)).toEqual(['order_not_payable']);
  });

  test('cancelling finds the succeeded payment of an order that has more than 100 newer payments', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 102 });
    const oldest = paymentNumbers[0]!;
    await world().receive(receipt(oldest));
    expect((await world().order(orderNumber))!.payments.map(({ paymentNumber }) => paymentNumber)).toEqual(
      paymentNumbers.slice(-100).reverse(),
    );
    await world().moveOrder(orderNumber, 'cancelled');
    expect((await world().cases(oldest)).map(({ kind }) => kind)).toEqual(['refund_due']);
  });

  test('a case beside money that is about the same fact is opened once', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    const about = {
      gateway: 'stripe',
      paymentNumber,
      orderNumber,
      transactionId: freshNumber(),
      details: {},
    };
    const reused = { ...about, kind: 'transaction_reused' as const, callbackId: null, ownsMoney: false };
    const open = () => world().run((tx) => tx.of(CaseRepository).open([reused], new Date(NOW)));
    const identity = `transaction_reused stripe ${paymentNumber} ${about.transactionId}`;
    expect(await open()).toEqual([{ ...reused, id: expect.any(String), identity }]);
    expect(await open()).toEqual([]);
    expect(await world().cases(paymentNumber)).toHaveLength(1);
  });

  test('the case of a cancelled order tells the money that came, and not what was due', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: Money.of('60.00', 'CNY') }));
    await world().resolve(await world().openCase(paymentNumber), 'accept');
    await world().moveOrder(orderNumber, 'cancelled');
    const due = await world().openCase(paymentNumber);
    expect([due.kind, due.amount]).toEqual(['refund_due', { amount: '60.00', currency: 'CNY' }]);
  });

  test('cancelling a pending order opens no case', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    await world().moveOrder(orderNumber, 'cancelled');
    expect(await world().cases(paymentNumber)).toEqual([]);
    expect(await world().payment(paymentNumber)).toMatchObject({ status: 'init' });
  });
}

function findingOrders(world: () => World): void {
  const orderOf = (part: PartOfOrder) => world().run((tx) => tx.of(OrderQueries).orderOf(part));

  test('a payment, a callback and a case belong to the order of their payment', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    const callbackId = await world().receive(receipt(paymentNumber, { money: Money.of('1.00', 'CNY') }));
    const { id: discrepancyId } = await world().openCase(paymentNumber);
    for (const part of [{ paymentNumber }, { callbackId }, { discrepancyId }])
      expect(await orderOf(part)).toBe(orderNumber);
  });

  test('what came before its payment belongs to no order, and to the order of the payment once that exists', async () => {
    const paymentNumber = freshNumber();
    const callbackId = await world().receive(receipt(paymentNumber));
    const { id: discrepancyId } = await world().openCase(paymentNumber);
    for (const part of [{ paymentNumber }, { callbackId }, { discrepancyId }])
      expect(await orderOf(part)).toBeNull();
    const { orderNumber } = await world().placeOrder({ paymentNumber });
    for (const part of [{ paymentNumber }, { callbackId }, { discrepancyId }])
      expect(await orderOf(part)).toBe(orderNumber);
  });

  test('what does not exist belongs to no order', async () => {
    for (const part of [{ paymentNumber: 'none' }, { callbackId: '999999' }, { discrepancyId: '999999' }])
      expect(await orderOf(part)).toBeNull();
  });
}
