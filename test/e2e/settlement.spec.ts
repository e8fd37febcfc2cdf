import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GATEWAYS, type TestCallback, type Service, startService, unique } from './service.js';

type Gateway = (typeof GATEWAYS)[number];

let service: Service;
const clock = { at: 0, now: () => new Date(Date.now() + clock.at) };
beforeAll(async () => {
  service = await startService({}, { clock });
});
afterAll(() => service.close());

const ACKNOWLEDGED: Record<Gateway, [number, string]> = {
  stripe: [200, '{"received":true}'],
  'wechat-pay': [204, ''],
  alipay: [200, 'success'],
  'standard-webhooks': [200, '{"received":true}'],
};
/** What marks a callback of each gateway as meant for another merchant; null if its format has no such field. */
const FOREIGN: Record<Gateway, Partial<TestCallback> | null> = {
  stripe: { livemode: true },
  'wechat-pay': { merchantId: '1999999999' },
  alipay: { sellerId: '2088000000000000' },
  'standard-webhooks': null,
};

interface State {
  payment: string | undefined;
  order: string | undefined;
  discrepancies: string[];
  outcomes: string[];
  types: string[];
}

/** What the database has about a payment and its order. */
async function stateOf({
  paymentNumber,
  orderNumber,
}: {
  paymentNumber: string;
  orderNumber: string;
}): Promise<State> {
  const [payment] = await service.sql<{ status: string }>('SELECT status FROM payments WHERE number = $1', [
    paymentNumber,
  ]);
  const [order] = await service.sql<{ status: string }>('SELECT status FROM orders WHERE number = $1', [
    orderNumber,
  ]);
  const kinds = await service.sql<{ kind: string }>(
    'SELECT kind FROM discrepancies WHERE payment_number = $1 ORDER BY id',
    [paymentNumber],
  );
  const outcomes = await service.sql<{ outcome: string }>(
    'SELECT outcome FROM callbacks WHERE payment_number = $1 ORDER BY id',
    [paymentNumber],
  );
  const events = await service.sql<{ type: string }>(
    `SELECT type FROM events WHERE payment_number = $1 AND type <> 'payment.created' ORDER BY id`,
    [paymentNumber],
  );
  return {
    payment: payment?.status,
    order: order?.status,
    discrepancies: kinds.map(({ kind }) => kind),
    outcomes: outcomes.map(({ outcome }) => outcome),
    types: events.map(({ type }) => type),
  };
}

const SETTLED = ['payment.succeeded', 'order.paid'];
const caseOpened = (kind: string) => [`callback.${kind}`, 'discrepancy.opened'];

describe.each(GATEWAYS)(
  '%s: every row of the settlement table, from signed bytes to the database',
  (gateway) => {
    const deliver = async (callback: TestCallback) => {
      const { status, body } = await service.deliver(gateway, callback);
      expect([status, body]).toEqual(ACKNOWLEDGED[gateway]);
    };

    test('1 an unknown payment number is unmatched', async () => {
      const paymentNumber = unique('N');
      await deliver({ paymentNumber });
      expect(await stateOf({ paymentNumber, orderNumber: '' })).toEqual({
        payment: undefined,
        order: undefined,
        discrepancies: ['unmatched'],
        outcomes: ['unmatched'],
        types: caseOpened('unmatched'),
      });
    });

    test("2 another gateway's payment is foreign", async () => {
      const payment = await service.openPayment(gateway === 'stripe' ? 'alipay' : 'stripe');
      await deliver({ paymentNumber: payment.paymentNumber });
      expect(await stateOf(payment)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['foreign'],
        outcomes: ['foreign'],
        types: caseOpened('foreign'),
      });
    });

    if (FOREIGN[gateway]) {
      test('2 a callback for another merchant, seller or mode is foreign', async () => {
        const payment = await service.openPayment(gateway);
        await deliver({ paymentNumber: payment.paymentNumber, ...FOREIGN[gateway] });
        expect(await stateOf(payment)).toMatchObject({
          payment: 'init',
          order: 'pending',
          outcomes: ['foreign'],
        });
      });
    }

    test('3 a second event of the same transaction is a duplicate', async () => {
      const payment = await service.openPayment(gateway);
      const transactionId = unique('T');
      await deliver({ paymentNumber: payment.paymentNumber, transactionId });
      await deliver({ paymentNumber: payment.paymentNumber, transactionId });
      expect(await stateOf(payment)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: [],
        outcomes: ['settled', 'duplicate'],
        types: [...SETTLED, 'callback.duplicate'],
      });
    });

    test('4 a second transaction for one payment is paid_twice', async () => {
      const payment = await service.openPayment(gateway);
      await deliver({ paymentNumber: payment.paymentNumber });
      await deliver({ paymentNumber: payment.paymentNumber });
      expect(await stateOf(payment)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: ['paid_twice'],
        outcomes: ['settled', 'paid_twice'],
        types: [...SETTLED, ...caseOpened('paid_twice')],
      });
    });

    test('5 a transaction that has settled another payment is transaction_reused', async () => {
      const [first, second] = [await service.openPayment(gateway), await service.openPayment(gateway)];
      const transactionId = unique('T');
      await deliver({ paymentNumber: first.paymentNumber, transactionId });
      await deliver({ paymentNumber: second.paymentNumber, transactionId });
      expect(await stateOf(second)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['transaction_reused'],
        outcomes: ['transaction_reused'],
        types: caseOpened('transaction_reused'),
      });
    });

    test('6 money after the deadline is paid_late, and the payment is expired', async () => {
      const payment = await service.openPayment(gateway);
      const later = new Date(Date.now() + 3_600_000);
      clock.at = 3_600_000;
      await deliver({ paymentNumber: payment.paymentNumber, at: later });
      await deliver({ paymentNumber: payment.paymentNumber, at: later, transactionId: unique('T') });
      clock.at = 0;
      expect(await stateOf(payment)).toEqual({
        payment: 'expired',
        order: 'pending',
        discrepancies: ['paid_late', 'paid_late'],
        outcomes: ['paid_late', 'paid_late'],
        types: ['payment.expired', ...caseOpened('paid_late'), ...caseOpened('paid_late')],
      });
    });

    test.each(['99.99', '100.01'])('7 %s for an order of 100.00 is amount_mismatched', async (amount) => {
      const payment = await service.openPayment(gateway);
      await deliver({ paymentNumber: payment.paymentNumber, amount });
      expect(await stateOf(payment)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['amount_mismatched'],
        outcomes: ['amount_mismatched'],
        types: caseOpened('amount_mismatched'),
      });
    });

    test('8 money for a cancelled order: the payment succeeds, the order stays cancelled and a case is opened', async () => {
      const payment = await service.openPayment(gateway);
      await service.admin('POST', `/orders/${payment.orderNumber}/transitions`, { to: 'cancelled' });
      await deliver({ paymentNumber: payment.paymentNumber });
      expect(await stateOf(payment)).toEqual({
        payment: 'succeeded',
        order: 'cancelled',
        discrepancies: ['order_not_payable'],
        outcomes: ['order_not_payable'],
        types: ['payment.succeeded', ...caseOpened('order_not_payable')],
      });
    });

    test('9 if nothing is wrong, the payment succeeds and the order is paid', async () => {
      const payment = await service.openPayment(gateway);
      await deliver({ paymentNumber: payment.paymentNumber });
      expect(await stateOf(payment)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: [],
        outcomes: ['settled'],
        types: SETTLED,
      });
    });

    test('a tampered callback is answered 401 and leaves no trace', async () => {
      const payment = await service.openPayment(gateway);
      const { status } = await service.deliver(gateway, {
        paymentNumber: payment.paymentNumber,
        tamper: true,
      });
      expect(status).toBe(401);
      expect(await stateOf(payment)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: [],
        outcomes: [],
        types: [],
      });
    });
  },
);

test('two events of one late payment open one case, so that it is not refunded twice', async () => {
  const payment = await service.openPayment('stripe');
  const transactionId = unique('T');
  const at = new Date(Date.now() + 3_600_000);
  clock.at = 3_600_000;
  await service.deliver('stripe', { paymentNumber: payment.paymentNumber, transactionId, at });
  await service.deliver('stripe', { paymentNumber: payment.paymentNumber, transactionId, at });
  clock.at = 0;
  expect(await stateOf(payment)).toMatchObject({
    discrepancies: ['paid_late'],
    outcomes: ['paid_late', 'paid_late'],
  });
});

test('with EXPIRY_JUDGED_BY=paid_at, money that was paid in time and reported late settles', async () => {
  const byPaidAt = await startService({ expiryJudgedBy: 'paid_at' }, { clock });
  try {
    const payment = await byPaidAt.openPayment('wechat-pay');
    const [paidAt, at] = [new Date(), new Date(Date.now() + 7_200_000)];
    clock.at = 7_200_000;
    await byPaidAt.deliver('wechat-pay', { paymentNumber: payment.paymentNumber, paidAt, at });
    clock.at = 0;
    const { body } = await byPaidAt.admin<{ status: string }>('GET', `/orders/${payment.orderNumber}`);
    expect(body.status).toBe('paid');
  } finally {
    clock.at = 0;
    await byPaidAt.close();
  }
});
