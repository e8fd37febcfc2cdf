import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AdminClient } from '../../src/sandbox/admin-client.js';
import { type Play, parsePlay } from '../../src/sandbox/arguments.js';
import type { Payload } from '../../src/sandbox/callback.js';
import { playGateway } from '../../src/sandbox/play.js';
import { verdictOn } from '../../src/sandbox/report.js';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { type About, type Gateway, GatewayReports, type SaidRefund, withoutSuccess } from './reports.js';
import { GATEWAYS, type Service, type TestCallback, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

interface RefundBody {
  readonly refundNumber: string;
  readonly status: string;
  readonly amount: { readonly amount: string };
  readonly gatewayRefundId: string | null;
  readonly failure: { readonly code: string } | null;
  readonly log: readonly { readonly event: string }[];
}

interface PaymentBody {
  readonly status: string;
  readonly refunded: { readonly amount: string };
  readonly refundable: { readonly amount: string };
  readonly refunds: readonly RefundBody[];
}

interface CaseBody {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly callbackId: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly allowedResolutions: readonly { readonly resolution: string }[];
  readonly [field: string]: unknown;
}

interface OrderBody {
  readonly status: string;
  readonly refunded: { readonly amount: string };
  readonly statusHistory: readonly {
    readonly move: string;
    readonly actor: string;
    readonly note: string | null;
  }[];
}

let service: Service;
let reports: GatewayReports;
beforeAll(async () => {
  service = await startService();
  reports = new GatewayReports(service);
});
afterAll(() => service.close());

/** Those that report a refund that is under way or has failed. Alipay reports refunds that succeeded only. */
const FAILING = ['stripe', 'wechat-pay', 'standard-webhooks'] as const satisfies readonly Gateway[];

const data = (payload: Payload): Payload => payload['data'] as Payload;

const report = (gateway: Gateway, about: About, said: SaidRefund, other: Partial<TestCallback> = {}) =>
  reports.refund(gateway, about, said, other);

async function paid(gateway: Gateway) {
  const { orderNumber, paymentNumber } = await service.openPayment(gateway);
  const transactionId = unique('T');
  await service.deliver(gateway, { paymentNumber, transactionId });
  return { orderNumber, about: { paymentNumber, transactionId } };
}

const payment = async (number: string): Promise<PaymentBody> =>
  (await service.admin<PaymentBody>('GET', `/payments/${number}`)).body;
const order = async (number: string): Promise<OrderBody> =>
  (await service.admin<OrderBody>('GET', `/orders/${number}`)).body;
const move = (orderNumber: string, to: string) =>
  service.admin<{ code?: string }>('POST', `/orders/${orderNumber}/transitions`, { to });

/** Newest first. */
const casesAbout = async (paymentNumber: string): Promise<CaseBody[]> =>
  (await service.admin<{ items: CaseBody[] }>('GET', `/discrepancies?paymentNumber=${paymentNumber}`)).body
    .items;
const casesOf = async (paymentNumber: string): Promise<string[]> =>
  (await casesAbout(paymentNumber)).map(({ kind, status }) => `${kind} ${status}`);
const resolve = (id: string, body: object) =>
  service.admin<Payload>('POST', `/discrepancies/${id}/resolve`, { note: 'seen and decided', ...body });

const count = async (from: string, values: unknown[] = []): Promise<number> =>
  (await service.sql(`SELECT ${from}`, values)).length;

/** How the callback with this event id was decided. */
async function outcomeOf(eventId: string): Promise<{ readonly id: string; readonly outcome: string }> {
  const { body } = await service.admin<{ items: { id: string; outcome: string }[] }>(
    'GET',
    `/callbacks?eventId=${eventId}`,
  );
  return body.items[0]!;
}

const part = (id: string, changed: Partial<SaidRefund> = {}): SaidRefund => ({
  id,
  amount: '40.00',
  sum: '40.00',
  status: 'succeeded',
  seconds: 1,
  currency: 'CNY',
  ...changed,
});
const whole = (id: string, changed: Partial<SaidRefund> = {}): SaidRefund =>
  part(id, { amount: '100.00', sum: '100.00', ...changed });

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
    await report(gateway, about, part(unique('R'), { amount: '60.00', sum: '100.00', seconds: 2 }));
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

  test('that comes at the same time as its success is counted once, and the order is paid', async () => {
    const rounds = Array.from({ length: 5 }, async () => {
      const { orderNumber, paymentNumber } = await service.openPayment(gateway);
      const about = { paymentNumber, transactionId: unique('T') };
      await Promise.all([service.deliver(gateway, about), report(gateway, about, part(unique('R')))]);
      return { orderNumber, paymentNumber };
    });
    const placed = await Promise.all(rounds);
    await waitUntil(async () => (await count(`FROM callbacks WHERE outcome = 'pending'`)) === 0);
    for (const { orderNumber, paymentNumber } of placed) {
      expect(await order(orderNumber)).toMatchObject({ status: 'paid', refunded: { amount: '40.00' } });
      expect(await casesOf(paymentNumber)).toEqual([]);
    }
  });

  test('that comes a hundred times at once is one refund, and is told once', async () => {
    const { about } = await paid(gateway);
    const said = part(unique('R'));
    await Promise.all(Array.from({ length: 100 }, () => report(gateway, about, said)));
    await waitUntil(async () => (await count(`FROM callbacks WHERE outcome = 'pending'`)) === 0);
    const { refunded, refunds } = await payment(about.paymentNumber);
    expect([refunded.amount, refunds.length]).toEqual(['40.00', 1]);
    const told = `FROM events WHERE payment_number = $1 AND type = 'payment.refunded'`;
    expect(await count(told, [about.paymentNumber])).toBe(1);
  });

  test('of all the money that comes before its success lets the payment succeed and pays no order, and only a person ends its case', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    const about = { paymentNumber, transactionId: unique('T') };
    const said = whole(unique('R'));
    await report(gateway, about, said);
    await service.deliver(gateway, about);
    await report(gateway, about, { ...said, seconds: 2 });
    expect(await payment(paymentNumber)).toMatchObject({
      status: 'succeeded',
      refundable: { amount: '0.00' },
    });
    expect(await order(orderNumber)).toMatchObject({ status: 'pending' });
    expect(await count(`FROM events WHERE order_number = $1 AND type = 'order.paid'`, [orderNumber])).toBe(0);
    const found = (await casesAbout(paymentNumber)).find(({ kind }) => kind === 'order_not_payable')!;
    expect(found).toMatchObject({ status: 'open', details: { reason: 'money_back' } });
    expect(await resolve(found.id, { resolution: 'dismiss' })).toMatchObject({
      status: 200,
      body: { status: 'resolved', endedBy: { by: 'decision' } },
    });
  });

  test('of money that no payment has is told in the case of the money, and ends it when all of it is back', async () => {
    const about = { paymentNumber: unique('P'), transactionId: unique('T') };
    await service.deliver(gateway, about);
    await report(gateway, about, part(unique('R')));
    const [open, ...others] = await casesAbout(about.paymentNumber);
    expect(open).toMatchObject({ kind: 'unmatched', status: 'open', refunded: { amount: '40.00' } });
    await report(gateway, about, part(unique('R'), { amount: '60.00', sum: '100.00', seconds: 2 }));
    const [ended] = await casesAbout(about.paymentNumber);
    expect([ended, others]).toMatchObject([
      { id: open!.id, status: 'resolved', endedBy: { by: 'refunds' } },
      [],
    ]);
  });

  test('of a cancelled order leaves it cancelled, and ends the case of its money when all of it is back', async () => {
    const { orderNumber, about } = await paid(gateway);
    await move(orderNumber, 'cancelled');
    await report(gateway, about, part(unique('R')));
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_due open']);
    await report(gateway, about, part(unique('R'), { amount: '60.00', sum: '100.00', seconds: 2 }));
    expect(await casesAbout(about.paymentNumber)).toMatchObject([
      { status: 'resolved', endedBy: { by: 'refunds' } },
    ]);
    expect(await order(orderNumber)).toMatchObject({ status: 'cancelled' });
  });

  test('of a payment that did not pay the order leaves the order as it is, and ends the case of that money', async () => {
    const { orderNumber, paymentNumber: first } = await service.openPayment(gateway);
    const { body } = await service.admin<{ paymentNumber: string }>(
      'POST',
      `/orders/${orderNumber}/payments`,
      { gateway },
    );
    const about = { paymentNumber: body.paymentNumber, transactionId: unique('T') };
    await service.deliver(gateway, { paymentNumber: first });
    await service.deliver(gateway, about);
    expect(await casesOf(about.paymentNumber)).toEqual(['order_not_payable open']);
    await report(gateway, about, whole(unique('R')));
    expect(await casesAbout(about.paymentNumber)).toMatchObject([
      { status: 'resolved', endedBy: { by: 'refunds' } },
    ]);
    expect(await order(orderNumber)).toMatchObject({ status: 'paid' });
  });

  test('of more than the money is recorded and opens a case, and nothing is left to refund', async () => {
    const { about } = await paid(gateway);
    await report(gateway, about, part(unique('R')));
    await report(gateway, about, part(unique('R'), { amount: '60.01', sum: '100.01', seconds: 2 }));
    expect(await payment(about.paymentNumber)).toMatchObject({
      refunded: { amount: '100.01' },
      refundable: { amount: '0.00' },
    });
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_exceeds_payment open']);
  });

  test('in another currency is recorded and counts for nothing, and its case says why', async () => {
    const { orderNumber, about } = await paid(gateway);
    await report(gateway, about, whole(unique('R'), { currency: 'USD' }));
    expect(await payment(about.paymentNumber)).toMatchObject({
      refunded: { amount: '0.00' },
      refundable: { amount: '100.00' },
      refunds: [{ amount: { amount: '100.00', currency: 'USD' } }],
    });
    expect(await order(orderNumber)).toMatchObject({ status: 'paid' });
    const [found] = await casesAbout(about.paymentNumber);
    expect(found).toMatchObject({ kind: 'refund_exceeds_payment', details: { reason: 'other_currency' } });
  });

  test('with a status that is not known here is unreadable and has a case about the message, and nothing is counted', async () => {
    const { about } = await paid(gateway);
    const eventId = unique('E');
    await report(gateway, about, part(unique('R'), { status: 'unknown' }), { eventId });
    const { id, outcome } = await outcomeOf(eventId);
    expect(outcome).toBe('unreadable');
    expect(await count(`FROM discrepancies WHERE kind = 'unreadable' AND callback_id = $1`, [id])).toBe(1);
    expect(await payment(about.paymentNumber)).toMatchObject({ refunded: { amount: '0.00' }, refunds: [] });
  });

  test('that is older than what is known changes nothing', async () => {
    const { about } = await paid(gateway);
    const [said, eventId] = [part(unique('R'), { sum: '60.00', seconds: 5 }), unique('E')];
    await report(gateway, about, said);
    const known = async () => {
      const { status, refunded, refundable, refunds } = await payment(about.paymentNumber);
      return [status, refunded, refundable, refunds.map((each) => [each.status, each.amount, each.failure])];
    };
    const before = await known();
    await report(gateway, about, { ...said, sum: '40.00', status: 'failed', seconds: 4 }, { eventId });
    // Alipay's notice is a success that was decided before.
    expect((await outcomeOf(eventId)).outcome).toBe(gateway === 'alipay' ? 'duplicate' : 'stale');
    expect(await known()).toEqual(before);
    expect(await casesOf(about.paymentNumber)).toEqual([]);
  });

  test('that names a payment of another gateway is foreign: it is refused by name, and nothing is recorded', async () => {
    const other = GATEWAYS[(GATEWAYS.indexOf(gateway) + 1) % GATEWAYS.length]!;
    const { about } = await paid(other);
    const eventId = unique('E');
    await report(gateway, { ...about, transactionId: unique('T') }, part(unique('R')), {
      eventId,
      alter: withoutSuccess,
    });
    expect((await outcomeOf(eventId)).outcome).toBe('foreign');
    expect(await payment(about.paymentNumber)).toMatchObject({ refunded: { amount: '0.00' }, refunds: [] });
    expect(await casesOf(about.paymentNumber)).toEqual([]);
  });

  test('draws on the money that its transaction names, whatever payment it names beside it', async () => {
    const [named, meant] = [await paid(gateway), await paid(gateway)];
    const { transactionId } = meant.about;
    await report(gateway, { ...named.about, transactionId }, part(unique('R')), { alter: withoutSuccess });
    expect(await payment(meant.about.paymentNumber)).toMatchObject({ refunded: { amount: '40.00' } });
    expect(await payment(named.about.paymentNumber)).toMatchObject({
      refunded: { amount: '0.00' },
      refunds: [],
    });
  });
});

describe.each(FAILING)('a refund of %s', (gateway) => {
  test('that fails after it has succeeded gives its amount back to what is refundable and opens a case, and a later report that it succeeded changes nothing', async () => {
    const { about } = await paid(gateway);
    const said = part(unique('R'));
    await report(gateway, about, said);
    await report(gateway, about, { ...said, status: 'failed', seconds: 3 });
    await report(gateway, about, { ...said, seconds: 4 });
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

  test('that is under way for all the money makes the order refunding, and nobody moves it by hand; when it fails the order is paid again, and the history names the status before', async () => {
    const { orderNumber, about } = await paid(gateway);
    await move(orderNumber, 'shipped');
    const said = whole(unique('R'), { status: 'processing' });
    await report(gateway, about, said);
    expect(await order(orderNumber)).toMatchObject({ status: 'refunding' });
    for (const to of ['refunded', 'paid'])
      expect(await move(orderNumber, to)).toMatchObject({ status: 409, body: { code: 'refund_under_way' } });
    await report(gateway, about, { ...said, status: 'failed', seconds: 2 });
    const { status, statusHistory } = await order(orderNumber);
    expect(status).toBe('paid');
    expect(statusHistory.find(({ move: name }) => name === 'rejectRefund')).toMatchObject({
      actor: `gateway:${gateway}`,
      note: expect.stringContaining('shipped'),
    });
  });

  test('that fails after the order was refunded leaves the order refunded, and its own case has the money', async () => {
    const { orderNumber, about } = await paid(gateway);
    const said = whole(unique('R'));
    await report(gateway, about, said);
    await report(gateway, about, { ...said, status: 'failed', seconds: 2 });
    expect(await order(orderNumber)).toMatchObject({ status: 'refunded', refunded: { amount: '0.00' } });
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_failed open']);
  });

  test('of two reports with one time follows the one that failed, then the one that succeeded, in either order', async () => {
    const orders = [
      ['processing', 'succeeded'],
      ['succeeded', 'processing'],
      ['succeeded', 'failed'],
      ['failed', 'succeeded'],
    ] as const;
    const statuses = await Promise.all(
      orders.map(async (order) => {
        const { about } = await paid(gateway);
        const said = part(unique('R'));
        for (const status of order) await report(gateway, about, { ...said, status });
        return (await payment(about.paymentNumber)).refunds.map(({ status }) => status);
      }),
    );
    expect(statuses).toEqual([['succeeded'], ['succeeded'], ['failed'], ['failed']]);
  });

  test('that is under way for all the money of a case hinders every ending and the replay, and when it fails every ending is possible again', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    const about = { paymentNumber, transactionId: unique('T') };
    await service.deliver(gateway, { ...about, amount: '99.00' });
    const said = part(unique('R'), { amount: '99.00', status: 'processing' });
    await report(gateway, about, said);
    const found = (await casesAbout(paymentNumber)).find(({ kind }) => kind === 'amount_mismatched')!;
    const target = await service.openPayment(gateway);
    const endings = [
      { resolution: 'accept' },
      { resolution: 'attach', paymentNumber: target.paymentNumber },
      { resolution: 'refunded_elsewhere', reference: unique('RF') },
      { resolution: 'dismiss' },
    ];
    for (const ending of endings)
      expect(await resolve(found.id, ending)).toMatchObject({
        status: 409,
        body: { code: 'refund_under_way' },
      });
    await service.admin('POST', `/callbacks/${found.callbackId}/replay`);
    expect((await casesAbout(paymentNumber)).find(({ id }) => id === found.id)).toEqual(found);
    await report(gateway, about, { ...said, status: 'failed', seconds: 2 });
    expect(found.allowedResolutions.map(({ resolution }) => resolution)).toEqual(
      endings.map(({ resolution }) => resolution),
    );
    expect(await resolve(found.id, { resolution: 'accept' })).toMatchObject({ status: 200 });
    expect(await order(orderNumber)).toMatchObject({ status: 'paid' });
  });

  test('that comes twice at once with nineteen others is counted once, as each of them is', async () => {
    const { orderNumber, about } = await paid(gateway);
    const ids = Array.from({ length: 20 }, () => unique('R'));
    await Promise.all([...ids, ...ids].map((id) => report(gateway, about, part(id, { amount: '5.00' }))));
    await waitUntil(async () => (await count(`FROM callbacks WHERE outcome = 'pending'`)) === 0);
    const { refunded, refunds } = await payment(about.paymentNumber);
    expect([refunded.amount, refunds.length]).toEqual(['100.00', 20]);
    expect(await order(orderNumber)).toMatchObject({ status: 'refunded' });
    expect(await casesOf(about.paymentNumber)).toEqual([]);
  });

  test('that is under way for a part of the money of a case hinders no ending', async () => {
    const endings = [
      { resolution: 'accept' },
      { resolution: 'refunded_elsewhere', reference: unique('RF') },
      { resolution: 'dismiss' },
    ];
    for (const ending of endings) {
      const { paymentNumber } = await service.openPayment(gateway);
      const about = { paymentNumber, transactionId: unique('T') };
      await service.deliver(gateway, { ...about, amount: '99.00' });
      await report(gateway, about, part(unique('R'), { status: 'processing' }));
      const found = (await casesAbout(paymentNumber)).find(({ kind }) => kind === 'amount_mismatched')!;
      expect(await resolve(found.id, ending)).toMatchObject({ status: 200 });
    }
  });

  test('that failed and was made by another way is recorded by an operator, which ends its case and nothing else', async () => {
    const { orderNumber, about } = await paid(gateway);
    await report(gateway, about, part(unique('R'), { status: 'failed' }));
    const [found] = await casesAbout(about.paymentNumber);
    expect(
      await resolve(found!.id, { resolution: 'refunded_elsewhere', reference: unique('RF') }),
    ).toMatchObject({
      status: 200,
      body: { kind: 'refund_failed', status: 'resolved', endedBy: { by: 'refunds' } },
    });
    const { refunded, refunds } = await payment(about.paymentNumber);
    expect([refunded.amount, refunds.map(({ status }) => status)]).toEqual([
      '40.00',
      ['succeeded', 'failed'],
    ]);
    expect(await order(orderNumber)).toMatchObject({ status: 'paid' });
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_failed resolved']);
  });
});

test.each<[string, object, Gateway]>([
  ['another mode', { livemode: true }, 'stripe'],
  ['another merchant', { merchantId: '1900000110' }, 'wechat-pay'],
  ['another seller', { sellerId: '2088000000000009', alter: withoutSuccess }, 'alipay'],
])(
  'a report of a refund that is signed for %s is foreign, and nothing is recorded',
  async (_what, content, gateway) => {
    const { about } = await paid(gateway);
    const eventId = unique('E');
    await report(gateway, about, part(unique('R')), { ...content, eventId });
    expect((await outcomeOf(eventId)).outcome).toBe('foreign');
    expect(await payment(about.paymentNumber)).toMatchObject({ refunded: { amount: '0.00' }, refunds: [] });
  },
);

test('an ABNORMAL refund of WeChat Pay is under way with a case, which ends when the refund succeeds or is closed', async () => {
  for (const [status, cases] of [
    ['succeeded', ['refund_stuck resolved']],
    ['failed', ['refund_failed open', 'refund_stuck resolved']],
  ] as const) {
    const { about } = await paid('wechat-pay');
    const said = part(unique('R'), { status: 'processing' });
    for (const seconds of [1, 2]) await report('wechat-pay', about, { ...said, seconds });
    expect(await casesOf(about.paymentNumber)).toEqual(['refund_stuck open']);
    expect((await payment(about.paymentNumber)).refunds).toMatchObject([{ status: 'processing' }]);
    await report('wechat-pay', about, { ...said, status, seconds: 3 });
    expect(await casesOf(about.paymentNumber)).toEqual(cases);
  }
});

test('an Alipay notice with a time of payment is a success and a refund: the order is paid, and the refund is counted', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('alipay');
  const about = { paymentNumber, transactionId: unique('T') };
  const eventId = unique('E');
  await report('alipay', about, part(unique('R')), { eventId });
  expect((await outcomeOf(eventId)).outcome).toBe('settled');
  expect(await order(orderNumber)).toMatchObject({ status: 'paid', refunded: { amount: '40.00' } });
});

test('an Alipay notice that closes a trade whose money is all back is a success that pays no order', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('alipay');
  const about = { paymentNumber, transactionId: unique('T') };
  const closed = (payload: Payload) => ({ ...payload, trade_status: 'TRADE_CLOSED' });
  await report('alipay', about, whole(unique('R')), { alter: closed });
  expect(await payment(paymentNumber)).toMatchObject({ status: 'succeeded', refunded: { amount: '100.00' } });
  expect(await order(orderNumber)).toMatchObject({ status: 'pending' });
  expect(await casesAbout(paymentNumber)).toMatchObject([
    { kind: 'order_not_payable', status: 'open', details: { reason: 'money_back' } },
  ]);
});

test('an Alipay notice without a time of payment is a report alone, which waits for its success', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('alipay');
  const about = { paymentNumber, transactionId: unique('T') };
  await report('alipay', about, part(unique('R')), { alter: withoutSuccess });
  expect(await order(orderNumber)).toMatchObject({ status: 'pending' });
  await service.deliver('alipay', about);
  expect(await order(orderNumber)).toMatchObject({ status: 'paid', refunded: { amount: '40.00' } });
});

test('a refund that an operator has recorded is the one that Alipay reports with that reference, and counts once', async () => {
  const about = { paymentNumber: unique('P'), transactionId: unique('T') };
  await service.deliver('alipay', about);
  const [found] = await casesAbout(about.paymentNumber);
  const reference = unique('R');
  const amount = { amount: '40.00', currency: 'CNY' };
  await resolve(found!.id, { resolution: 'refunded_elsewhere', reference, amount });
  // The money went back before the operator wrote it down.
  await report('alipay', about, part(reference));
  expect((await casesAbout(about.paymentNumber))[0]).toMatchObject({
    status: 'open',
    refunded: { amount: '40.00' },
  });
});

test('every event of Stripe about one refund is that refund, and counts once', async () => {
  const { about } = await paid('stripe');
  const said = part(unique('re_'));
  for (const type of ['refund.created', 'charge.refund.updated', 'refund.updated'])
    await report('stripe', about, said, { alter: (payload) => ({ ...payload, type }) });
  const { refunded, refunds } = await payment(about.paymentNumber);
  expect([refunded.amount, refunds.map(({ gatewayRefundId }) => gatewayRefundId)]).toEqual([
    '40.00',
    [said.id],
  ]);
});

test('the sum of charge.refunded is a refund without a name, which goes as the refunds of the charge get names', async () => {
  const { about } = await paid('stripe');
  const charge = (payload: Payload) => {
    const object = { ...(data(payload)['object'] as Payload), amount: 10_000, amount_refunded: 4_000 };
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

/** Plays a refund of the payment as a developer does with the sandbox. Returns the closing line. */
async function playRefund(gateway: Gateway, paymentNumber: string, options: readonly string[]) {
  const play = parsePlay(['pay', gateway, '--payment', paymentNumber, '--status', 'refund', ...options]);
  const admin = new AdminClient(service.adminUrl, 'dev-token');
  const played = { url: service.url, admin, keys: () => Promise.resolve(service.keys) };
  return verdictOn(await playGateway(play as Play, played));
}

/** The others report the sum of all refunds. */
const NAMED: readonly Gateway[] = ['wechat-pay', 'standard-webhooks'];

test.each(GATEWAYS)(
  'the sandbox plays a refund of a part, the same refund again, and the rest, for %s',
  async (gateway) => {
    const { orderNumber, about } = await paid(gateway);
    const play = (...options: string[]) => playRefund(gateway, about.paymentNumber, options);
    const part = `Order ${orderNumber} is paid, once. Of order ${orderNumber} 30.00 CNY are refunded.`;
    expect(await play('--amount', '30.00')).toBe(part);
    if (NAMED.includes(gateway))
      expect(await play('--refund-number', `${about.paymentNumber}-R1`.slice(-64))).toBe(part);
    const all = `Of order ${orderNumber} 100.00 CNY are refunded.`;
    expect(await play()).toBe(`Order ${orderNumber} is refunded, and was paid, once. ${all}`);
    expect(await casesOf(about.paymentNumber)).toEqual([]);
  },
);

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(service.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
