import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GATEWAYS, type Service, startService, unique } from './service.js';

interface RefundBody {
  readonly refundNumber: string;
  readonly status: string;
  readonly amount: { readonly amount: string };
  readonly gatewayRefundId: string | null;
  readonly failure: { readonly code: string } | null;
  readonly log: readonly { readonly event: string }[];
}

interface PaymentBody {
  readonly refunded: { readonly amount: string };
  readonly refundable: { readonly amount: string };
  readonly refunds: readonly RefundBody[];
}

type Gateway = (typeof GATEWAYS)[number];
type Fields = Record<string, unknown>;

/** A refund of a payment as a test wants to hear of it. The sum of all is for the gateway that names no other amount. */
interface SaidRefund {
  readonly id: string;
  readonly amount: string;
  readonly sum: string;
  readonly status: 'succeeded' | 'failed';
  readonly seconds: number;
}

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const BEGIN = Date.now() - 60_000;
const fen = (amount: string): number => Math.round(Number(amount) * 100);
const data = (payload: Fields): Fields => payload['data'] as Fields;

/** The gateway's own report of a refund. */
const REPORTS: Readonly<Record<Gateway, (payload: Fields, said: SaidRefund) => Fields>> = {
  stripe: (payload, { id, amount, status, seconds }) => {
    const object = data(payload)['object'] as Fields;
    const { payment_intent, metadata } = object;
    const refund = {
      id,
      object: 'refund',
      amount: fen(amount),
      currency: 'cny',
      payment_intent,
      metadata,
      status,
    };
    const failure = status === 'failed' ? { failure_reason: 'expired_or_canceled_card' } : {};
    const type = status === 'failed' ? 'refund.failed' : 'refund.updated';
    return {
      ...payload,
      type,
      created: Math.floor(BEGIN / 1_000) + seconds,
      data: { object: { ...refund, ...failure } },
    };
  },
  'wechat-pay': (payload, { id, amount, status, seconds }) => {
    const { success_time: _, ...resource } = payload['resource'] as Fields;
    const time = new Date(BEGIN + seconds * 1_000).toISOString();
    return {
      ...payload,
      create_time: time,
      event_type: status === 'failed' ? 'REFUND.CLOSED' : 'REFUND.SUCCESS',
      resource: {
        ...resource,
        refund_id: id,
        out_refund_no: `N-${id}`,
        refund_status: status === 'failed' ? 'CLOSED' : 'SUCCESS',
        ...(status === 'failed' ? {} : { success_time: time }),
        amount: { total: 10_000, refund: fen(amount), payer_total: 10_000, payer_refund: fen(amount) },
      },
    };
  },
  alipay: (payload, { id, sum, seconds }) => ({
    ...payload,
    total_amount: '100.00',
    refund_fee: sum,
    out_biz_no: id,
    gmt_refund: new Date(BEGIN + 8 * 3_600_000 + seconds * 1_000)
      .toISOString()
      .slice(0, 23)
      .replace('T', ' '),
  }),
  'standard-webhooks': (payload, { id, amount, status, seconds }) => ({
    ...payload,
    type: `refund.${status}`,
    timestamp: new Date(BEGIN + seconds * 1_000).toISOString(),
    data: { ...data(payload), refundNumber: id, amount },
  }),
};

async function report(
  gateway: Gateway,
  about: { paymentNumber: string; transactionId: string },
  said: SaidRefund,
) {
  const alter = (payload: Fields) => REPORTS[gateway](payload, said);
  const reply = await service.deliver(gateway, { ...about, amount: '100.00', status: 'refund', alter });
  expect(reply.status).toBeLessThan(300);
}

async function paid(gateway: Gateway) {
  const { orderNumber, paymentNumber } = await service.openPayment(gateway);
  const transactionId = unique('T');
  await service.deliver(gateway, { paymentNumber, transactionId });
  return { orderNumber, about: { paymentNumber, transactionId } };
}

const payment = async (number: string): Promise<PaymentBody> =>
  (await service.admin<PaymentBody>('GET', `/payments/${number}`)).body;
const order = async (number: string): Promise<{ status: string; refunded: { amount: string } }> =>
  (await service.admin<{ status: string; refunded: { amount: string } }>('GET', `/orders/${number}`)).body;
const casesOf = async (paymentNumber: string): Promise<string[]> => {
  const { body } = await service.admin<{ items: { kind: string; status: string }[] }>(
    'GET',
    `/discrepancies?paymentNumber=${paymentNumber}`,
  );
  return body.items.map(({ kind, status }) => `${kind} ${status}`);
};

const part = (id: string): SaidRefund => ({
  id,
  amount: '40.00',
  sum: '40.00',
  status: 'succeeded',
  seconds: 1,
});

describe.each(GATEWAYS)('a report of a refund by %s', (gateway) => {
  test('counts once, however often it comes, and leaves the order as it is; the rest makes the order refunded', async () => {
    const { orderNumber, about } = await paid(gateway);
    const first = part(unique('R'));
    await report(gateway, about, first);
    await report(gateway, about, first);
    expect(await payment(about.paymentNumber)).toMatchObject({
      refunded: { amount: '40.00' },
      refundable: { amount: '60.00' },
      refunds: [{ status: 'succeeded', amount: { amount: '40.00' }, attempts: 0, nextAttemptAt: null }],
    });
    expect(await order(orderNumber)).toMatchObject({ status: 'paid', refunded: { amount: '40.00' } });
    await report(gateway, about, { ...part(unique('R')), amount: '60.00', sum: '100.00', seconds: 2 });
    expect(await order(orderNumber)).toMatchObject({ status: 'refunded', refunded: { amount: '100.00' } });
    expect(await casesOf(about.paymentNumber)).toEqual([]);
  });

  test('that comes before its success waits, and is counted when the success settles', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    const about = { paymentNumber, transactionId: unique('T') };
    await report(gateway, about, part(unique('R')));
    await service.deliver(gateway, about);
    expect(await payment(paymentNumber)).toMatchObject({ refunded: { amount: '40.00' } });
    expect(await order(orderNumber)).toMatchObject({ status: 'paid' });
    expect(await casesOf(paymentNumber)).toEqual([]);
  });
});

describe.each(['stripe', 'wechat-pay', 'standard-webhooks'] as const)('a refund of %s', (gateway) => {
  test('that fails after it has succeeded can be refunded again, and a case names it', async () => {
    const { about } = await paid(gateway);
    const said = part(unique('R'));
    await report(gateway, about, said);
    await report(gateway, about, { ...said, status: 'failed', seconds: 3 });
    await report(gateway, about, { ...said, seconds: 2 });
    const { refundable, refunds } = await payment(about.paymentNumber);
    expect([refundable.amount, refunds[0]!.status]).toEqual(['100.00', 'failed']);
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_failed open']);
    const { body } = await service.admin<RefundBody>('GET', `/refunds/${refunds[0]!.refundNumber}`);
    expect(body.log.map(({ event }) => event)).toEqual(['refund.succeeded', 'refund.failed']);
    const list = await service.admin<{ items: RefundBody[] }>(
      'GET',
      `/refunds?status=failed&gateway=${gateway}&paymentNumber=${about.paymentNumber}`,
    );
    expect(list.body.items.map(({ refundNumber }) => refundNumber)).toEqual([refunds[0]!.refundNumber]);
  });
});

test('the sum of Stripe is a refund without a name, which goes as its refunds get names', async () => {
  const { about } = await paid('stripe');
  const charge = (payload: Fields) => {
    const object = { ...(data(payload)['object'] as Fields), amount: 10_000, amount_refunded: 4_000 };
    return { ...payload, data: { object } };
  };
  await service.deliver('stripe', { ...about, amount: '100.00', status: 'refund', alter: charge });
  const unnamed = await payment(about.paymentNumber);
  expect(unnamed.refunds).toMatchObject([{ gatewayRefundId: null, amount: { amount: '40.00' } }]);
  const id = unique('re_');
  await report('stripe', about, part(id));
  const { refunded, refunds } = await payment(about.paymentNumber);
  expect([refunded.amount, refunds.map(({ gatewayRefundId }) => gatewayRefundId)]).toEqual(['40.00', [id]]);
});

test('a refund that does not exist is a 404, and a status that does not exist is a 422', async () => {
  expect((await service.admin('GET', '/refunds/none')).status).toBe(404);
  expect((await service.admin('GET', '/refunds?status=done')).status).toBe(422);
});

test('the metrics count refunds by gateway and status, and name those that have none', async () => {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  expect(text).toMatch(/quittance_refunds\{gateway="stripe",status="succeeded"\} [1-9]/);
  expect(text).toContain('quittance_refunds{gateway="alipay",status="requested"} 0');
});
