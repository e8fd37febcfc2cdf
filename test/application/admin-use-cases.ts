import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrder } from '../../src/application/create-order.js';
import type { NewPayment } from '../../src/application/create-payment.js';
import type { Stores } from '../../src/application/ports.js';
import { Money } from '../../src/domain/money.js';
import {
  asking,
  AT,
  createPayment,
  DEED,
  freshNumber,
  opened,
  placed,
  type OpenStores,
  type Run,
} from './by-hand.js';
import { cancellingPaidOrders, moving } from './transition-use-cases.js';

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
