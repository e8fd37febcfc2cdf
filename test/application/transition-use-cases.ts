import { expect, test } from '@jest/globals';
import type { OrderView, PaymentView } from '../../src/application/queries.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { transitionPayment } from '../../src/application/transition-payment.js';
import type { OrderStatus } from '../../src/domain/order.js';
import {
  asking,
  AT,
  createPayment,
  DEED,
  discrepanciesOf,
  opened,
  paid,
  placed,
  type Run,
} from './by-hand.js';

export function moving(run: Run): void {
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

export function cancellingPaidOrders(run: Run): void {
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
