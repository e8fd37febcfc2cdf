import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GATEWAYS, startService, unique, type Said, type Service } from './service.js';

type Gateway = (typeof GATEWAYS)[number];

let service: Service;
const clock = { at: 0, now: () => new Date(Date.now() + clock.at) };
beforeAll(async () => {
  service = await startService({}, clock);
});
afterAll(() => service.close());

const ACKNOWLEDGED: Record<Gateway, [number, string]> = {
  stripe: [200, '{"received":true}'],
  'wechat-pay': [204, ''],
  alipay: [200, 'success'],
  'standard-webhooks': [200, '{"received":true}'],
};
/** How each gateway says that a callback was meant for somebody else. */
const FOREIGN: Record<Gateway, Partial<Said> | null> = {
  stripe: { livemode: true },
  'wechat-pay': { merchantId: '1999999999' },
  alipay: { sellerId: '2088000000000000' },
  'standard-webhooks': null,
};

interface Left {
  payment: string | undefined;
  order: string | undefined;
  discrepancies: string[];
  outcomes: string[];
  types: string[];
}

async function left({
  paymentNumber,
  orderNumber,
}: {
  paymentNumber: string;
  orderNumber: string;
}): Promise<Left> {
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
const owned = (kind: string) => [`callback.${kind}`, 'discrepancy.opened'];

describe.each(GATEWAYS)(
  '%s: every row of the settlement table, from signed bytes to what is left',
  (gateway) => {
    const deliver = async (said: Said) => {
      const { status, body } = await service.deliver(gateway, said);
      expect([status, body]).toEqual(ACKNOWLEDGED[gateway]);
    };

    test('1 a payment number that nobody has is unmatched', async () => {
      const paymentNumber = unique('N');
      await deliver({ paymentNumber });
      expect(await left({ paymentNumber, orderNumber: '' })).toEqual({
        payment: undefined,
        order: undefined,
        discrepancies: ['unmatched'],
        outcomes: ['unmatched'],
        types: owned('unmatched'),
      });
    });

    test("2 another gateway's payment is foreign", async () => {
      const given = await service.given(gateway === 'stripe' ? 'alipay' : 'stripe');
      await deliver({ paymentNumber: given.paymentNumber });
      expect(await left(given)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['foreign'],
        outcomes: ['foreign'],
        types: owned('foreign'),
      });
    });

    if (FOREIGN[gateway]) {
      test('2 a callback for another merchant, seller or mode is foreign', async () => {
        const given = await service.given(gateway);
        await deliver({ paymentNumber: given.paymentNumber, ...FOREIGN[gateway] });
        expect(await left(given)).toMatchObject({ payment: 'init', order: 'pending', outcomes: ['foreign'] });
      });
    }

    test('3 a second event of the same transaction is a duplicate', async () => {
      const given = await service.given(gateway);
      const transactionId = unique('T');
      await deliver({ paymentNumber: given.paymentNumber, transactionId });
      await deliver({ paymentNumber: given.paymentNumber, transactionId });
      expect(await left(given)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: [],
        outcomes: ['settled', 'duplicate'],
        types: [...SETTLED, 'callback.duplicate'],
      });
    });

    test('4 a second transaction for one payment is paid twice', async () => {
      const given = await service.given(gateway);
      await deliver({ paymentNumber: given.paymentNumber });
      await deliver({ paymentNumber: given.paymentNumber });
      expect(await left(given)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: ['paid_twice'],
        outcomes: ['settled', 'paid_twice'],
        types: [...SETTLED, ...owned('paid_twice')],
      });
    });

    test('5 a transaction that has settled another payment is not money a second time', async () => {
      const [first, second] = [await service.given(gateway), await service.given(gateway)];
      const transactionId = unique('T');
      await deliver({ paymentNumber: first.paymentNumber, transactionId });
      await deliver({ paymentNumber: second.paymentNumber, transactionId });
      expect(await left(second)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['transaction_reused'],
        outcomes: ['transaction_reused'],
        types: owned('transaction_reused'),
      });
    });

    test('6 money after the deadline is paid late, and the payment is expired', async () => {
      const given = await service.given(gateway);
      const later = new Date(Date.now() + 3_600_000);
      clock.at = 3_600_000;
      await deliver({ paymentNumber: given.paymentNumber, at: later });
      await deliver({ paymentNumber: given.paymentNumber, at: later, transactionId: unique('T') });
      clock.at = 0;
      expect(await left(given)).toEqual({
        payment: 'expired',
        order: 'pending',
        discrepancies: ['paid_late', 'paid_late'],
        outcomes: ['paid_late', 'paid_late'],
        types: ['payment.expired', ...owned('paid_late'), ...owned('paid_late')],
      });
    });

    test.each(['99.99', '100.01'])('7 %s for an order of 100.00 is a mismatch', async (amount) => {
      const given = await service.given(gateway);
      await deliver({ paymentNumber: given.paymentNumber, amount });
      expect(await left(given)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: ['amount_mismatched'],
        outcomes: ['amount_mismatched'],
        types: owned('amount_mismatched'),
      });
    });

    test('8 money for a cancelled order succeeds, leaves the order cancelled and needs an owner', async () => {
      const given = await service.given(gateway);
      await service.admin('POST', `/orders/${given.orderNumber}/transitions`, { to: 'cancelled' });
      await deliver({ paymentNumber: given.paymentNumber });
      expect(await left(given)).toEqual({
        payment: 'succeeded',
        order: 'cancelled',
        discrepancies: ['order_not_payable'],
        outcomes: ['order_not_payable'],
        types: ['payment.succeeded', ...owned('order_not_payable')],
      });
    });

    test('9 where all is well the payment succeeds and the order is paid', async () => {
      const given = await service.given(gateway);
      await deliver({ paymentNumber: given.paymentNumber });
      expect(await left(given)).toEqual({
        payment: 'succeeded',
        order: 'paid',
        discrepancies: [],
        outcomes: ['settled'],
        types: SETTLED,
      });
    });

    test('a tampered callback is refused in the words of the gateway and leaves nothing', async () => {
      const given = await service.given(gateway);
      const { status } = await service.deliver(gateway, { paymentNumber: given.paymentNumber, tamper: true });
      expect(status).toBe(401);
      expect(await left(given)).toEqual({
        payment: 'init',
        order: 'pending',
        discrepancies: [],
        outcomes: [],
        types: [],
      });
    });
  },
);

test('two events of one late payment are one case, so that nobody refunds it twice', async () => {
  const given = await service.given('stripe');
  const transactionId = unique('T');
  const at = new Date(Date.now() + 3_600_000);
  clock.at = 3_600_000;
  await service.deliver('stripe', { paymentNumber: given.paymentNumber, transactionId, at });
  await service.deliver('stripe', { paymentNumber: given.paymentNumber, transactionId, at });
  clock.at = 0;
  expect(await left(given)).toMatchObject({
    discrepancies: ['paid_late'],
    outcomes: ['paid_late', 'paid_late'],
  });
});

test('where payments are judged by their signed time, money that was paid in time and told late settles', async () => {
  const byPaidAt = await startService({ expiryJudgedBy: 'paid_at' }, clock);
  try {
    const given = await byPaidAt.given('wechat-pay');
    const [paidAt, at] = [new Date(), new Date(Date.now() + 7_200_000)];
    clock.at = 7_200_000;
    await byPaidAt.deliver('wechat-pay', { paymentNumber: given.paymentNumber, paidAt, at });
    clock.at = 0;
    const { body } = await byPaidAt.admin<{ status: string }>('GET', `/orders/${given.orderNumber}`);
    expect(body.status).toBe('paid');
  } finally {
    clock.at = 0;
    await byPaidAt.close();
  }
});
