import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Payload } from '../../src/sandbox/callback.js';
import { type Service, startService, unique } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface CallbackItem {
  readonly id: string;
  readonly eventId: string;
  readonly outcome: string;
  readonly deliveries: number;
}

const callbacksOf = async (paymentNumber: string): Promise<CallbackItem[]> =>
  (await service.admin<{ items: CallbackItem[] }>('GET', `/callbacks?paymentNumber=${paymentNumber}`)).body
    .items;
const detailOf = async (paymentNumber: string): Promise<object> => {
  const [newest] = await callbacksOf(paymentNumber);
  return (await service.admin<object>('GET', `/callbacks/${newest!.id}`)).body;
};
const orderOf = async (orderNumber: string): Promise<Record<string, unknown>> =>
  (await service.admin<Record<string, unknown>>('GET', `/orders/${orderNumber}`)).body;

/** Changes the object of a Stripe event. */
const objectOf =
  (type: string, object: Payload) =>
  (payload: Payload): Payload => ({ ...payload, type, data: { object } });

describe('a combined payment of WeChat Pay', () => {
  const combining =
    (numbers: readonly string[]) =>
    (payload: Payload): Payload => {
      const { appid, mchid, amount: _, ...transaction } = payload['resource'] as Payload;
      const subOrders = numbers.map((number) => ({
        ...transaction,
        mchid,
        out_trade_no: number,
        transaction_id: `42000${number}`,
        amount: { total_amount: 10_000, payer_amount: 10_000, currency: 'CNY', payer_currency: 'CNY' },
      }));
      const resource = {
        combine_appid: appid,
        combine_mchid: mchid,
        combine_out_trade_no: 'C1',
        sub_orders: subOrders,
      };
      return { ...payload, resource };
    };

  test('pays the order of each sub-order once, however often it comes', async () => {
    const payments = await Promise.all([1, 2, 3].map(() => service.openPayment('wechat-pay')));
    const numbers = payments.map(({ paymentNumber }) => paymentNumber);
    const eventId = unique('EV');
    const callback = { paymentNumber: numbers[0]!, eventId, alter: combining(numbers) };
    for (let delivery = 0; delivery < 2; delivery += 1) {
      expect(await service.deliver('wechat-pay', callback)).toMatchObject({ status: 204, body: '' });
    }
    const ids = [eventId, `${eventId}#2`, `${eventId}#3`];
    for (const [index, { orderNumber, paymentNumber }] of payments.entries()) {
      expect(await orderOf(orderNumber)).toMatchObject({ status: 'paid' });
      expect(await callbacksOf(paymentNumber)).toMatchObject([
        { eventId: ids[index], outcome: 'settled', deliveries: 2 },
      ]);
    }
    const [second] = await callbacksOf(numbers[1]!);
    const explained = await service.admin('GET', `/callbacks/${second!.id}/explain`);
    expect(explained.body).toMatchObject({ outcome: 'duplicate' });
    const replayed = await service.admin('POST', `/callbacks/${second!.id}/replay`);
    expect(replayed.body).toMatchObject({ storedOutcome: 'settled', outcome: 'duplicate', changed: false });
  });

  test('settles the sub-orders whose payments exist, and the money of the others gets a case', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment('wechat-pay');
    const unknown = unique('P');
    await service.deliver('wechat-pay', { paymentNumber, alter: combining([unknown, paymentNumber]) });
    expect(await orderOf(orderNumber)).toMatchObject({ status: 'paid' });
    expect(await callbacksOf(unknown)).toMatchObject([{ outcome: 'unmatched' }]);
  });
});

describe("Stripe's Checkout", () => {
  const session = (paymentNumber: string, fields: object): Payload => ({
    id: unique('cs_'),
    object: 'checkout.session',
    payment_status: 'paid',
    amount_total: 10_000,
    currency: 'cny',
    client_reference_id: paymentNumber,
    payment_intent: unique('pi_'),
    ...fields,
  });

  test.each([
    [
      'currency_conversion',
      {
        amount_total: 1_285,
        currency: 'eur',
        currency_conversion: { amount_total: 10_000, source_currency: 'cny' },
      },
    ],
    [
      'presentment_details',
      { presentment_details: { presentment_amount: 1_285, presentment_currency: 'eur' } },
    ],
  ])('in the currency of the customer (%s) pays the order, and shows what was charged', async (_, fields) => {
    const { orderNumber, paymentNumber } = await service.openPayment('stripe');
    const alter = objectOf('checkout.session.completed', session(paymentNumber, fields));
    await service.deliver('stripe', { paymentNumber, alter });
    expect(await orderOf(orderNumber)).toMatchObject({ status: 'paid' });
    expect(await detailOf(paymentNumber)).toMatchObject({
      outcome: 'settled',
      amount: { amount: '100.00', currency: 'CNY' },
      charged: { amount: '12.85', currency: 'EUR' },
      refund: null,
      dispute: null,
    });
  });

  test('counts refunds in the currency of the customer, and all of what was charged gives back all of the money', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment('stripe');
    const payment_intent = unique('pi_');
    const converted = { presentment_details: { presentment_amount: 1_285, presentment_currency: 'eur' } };
    const paid = session(paymentNumber, { ...converted, payment_intent });
    const deliver = (type: string, object: Payload) =>
      service.deliver('stripe', { paymentNumber, alter: objectOf(type, object) });
    const refund = (id: string, amount: number): Payload => ({
      id: `${id}${paymentNumber}`,
      object: 'refund',
      amount,
      currency: 'eur',
      payment_intent,
      status: 'succeeded',
    });
    await deliver('checkout.session.completed', paid);
    await deliver('refund.created', refund('re_1', 428));
    expect(await orderOf(orderNumber)).toMatchObject({
      status: 'paid',
      refunded: { amount: '33.30', currency: 'CNY' },
    });
    await deliver('refund.created', refund('re_2', 857));
    await deliver('charge.refunded', {
      id: `ch_${paymentNumber}`,
      object: 'charge',
      amount: 1_285,
      amount_refunded: 1_285,
      currency: 'eur',
      payment_intent,
    });
    expect(await orderOf(orderNumber)).toMatchObject({
      status: 'refunded',
      refunded: { amount: '100.00', currency: 'CNY' },
    });
    const { body } = await service.admin('GET', `/discrepancies?paymentNumber=${paymentNumber}`);
    expect(body).toMatchObject({ items: [] });
  });

  test('without a payment does not pay an order of 100.00, and the operator sees 0.00', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment('stripe');
    const free = session(paymentNumber, {
      payment_status: 'no_payment_required',
      amount_total: 0,
      payment_intent: null,
    });
    await service.deliver('stripe', { paymentNumber, alter: objectOf('checkout.session.completed', free) });
    expect(await orderOf(orderNumber)).toMatchObject({ status: 'pending' });
    expect(await detailOf(paymentNumber)).toMatchObject({
      outcome: 'amount_mismatched',
      amount: { amount: '0.00', currency: 'CNY' },
      transactionId: free['id'],
    });
  });
});

test('what a gateway says about a refund or a dispute is stored, and shown with the callback', async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  const about = { payment_intent: unique('pi_'), metadata: { payment_number: paymentNumber } };
  const money = { amount: 2_500, currency: 'cny' };
  const refund = { id: 're_1', ...about, ...money, status: 'failed', failure_reason: 'declined' };
  await service.deliver('stripe', { paymentNumber, alter: objectOf('refund.failed', refund) });
  expect(await detailOf(paymentNumber)).toMatchObject({
    kind: 'refund',
    transactionId: about.payment_intent,
    refund: {
      refundNumber: null,
      gatewayRefundId: 're_1',
      amount: { amount: '25.00', currency: 'CNY' },
      status: 'failed',
      cumulative: null,
      paid: null,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      failure: { code: 'declined', message: null },
    },
    dispute: null,
  });
  const dispute = { id: 'du_1', ...about, ...money, status: 'lost', reason: 'fraudulent' };
  await service.deliver('stripe', { paymentNumber, alter: objectOf('charge.dispute.closed', dispute) });
  expect(await detailOf(paymentNumber)).toMatchObject({
    dispute: { kind: 'dispute', disputeId: 'du_1', status: 'lost', dueBy: null, moneyTaken: null },
  });
});

test("Alipay's check of the gateway is acknowledged as it expects, and opens no case", async () => {
  const alter = (): Payload => ({ service: 'alipay.service.check', charset: 'utf-8', sign_type: 'RSA2' });
  const { status, body } = await service.deliver('alipay', { paymentNumber: 'P', alter });
  expect([status, body]).toEqual([200, 'success']);
  const rows = await service.sql(`SELECT outcome FROM callbacks WHERE event_id LIKE 'sha256:%'`);
  expect(rows).toEqual([{ outcome: 'ignored' }]);
});

describe('what a shop asks for', () => {
  const refusal = async (path: string, body: object) => {
    const answer = await service.admin<{ errors?: object[] }>('POST', path, body);
    return [answer.status, answer.body.errors];
  };
  const place = (body: object) => ({
    orderNumber: unique('O'),
    total: { amount: '1.00', currency: 'CNY' },
    ...body,
  });

  test.each([
    [
      'wechat-pay',
      'x'.repeat(33),
      'must be 6 to 32 letters, digits, _ or -, because wechat-pay carries no other numbers',
    ],
    [
      'wechat-pay',
      'short',
      'must be 6 to 32 letters, digits, _ or -, because wechat-pay carries no other numbers',
    ],
    [
      'alipay',
      'has-hyphen',
      'must be 1 to 64 letters, digits or _, without -, because alipay carries no other numbers',
    ],
  ])(
    'a payment number that %s cannot carry (%s) is refused, and the answer says why',
    async (gateway, paymentNumber, message) => {
      const orderNumber = unique('O');
      await service.admin('POST', '/orders', place({ orderNumber }));
      const payment = { gateway, paymentNumber };
      expect(await refusal(`/orders/${orderNumber}/payments`, payment)).toEqual([
        422,
        [{ field: 'paymentNumber', message }],
      ]);
      expect(await refusal('/orders', place({ payment }))).toEqual([
        422,
        [{ field: 'payment.paymentNumber', message }],
      ]);
      expect(await orderOf(orderNumber)).toMatchObject({ payments: [] });
    },
  );

  test('an order of zero is paid when it is placed, and takes no payment', async () => {
    const [orderNumber, total] = [unique('O'), { amount: '0', currency: 'CNY' }];
    const placed = await service.admin<object>('POST', '/orders', place({ orderNumber, total }));
    expect(placed).toMatchObject({
      status: 201,
      body: {
        status: 'paid',
        total: { amount: '0.00', currency: 'CNY' },
        payments: [],
        statusHistory: [{ from: 'pending', to: 'paid', move: 'pay', note: 'nothing was due' }],
      },
    });
    expect(await orderOf(orderNumber)).toEqual(placed.body);
    expect(
      await service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'stripe' }),
    ).toMatchObject({
      status: 409,
      body: { code: 'order_not_pending' },
    });
    expect(await refusal('/orders', place({ total, payment: { gateway: 'stripe' } }))).toEqual([
      422,
      [{ field: 'payment', message: 'must be absent, because an order of zero is paid when it is placed' }],
    ]);
  });

  test.each([
    ['-1.00', 'must not be negative'],
    ['0.001', 'has more decimals than CNY, which has 2'],
  ])('an order over %s is refused', async (amount, message) => {
    expect(await refusal('/orders', place({ total: { amount, currency: 'CNY' } }))).toEqual([
      422,
      [{ field: 'total.amount', message }],
    ]);
  });
});
