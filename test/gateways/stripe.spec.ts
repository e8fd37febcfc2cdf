import { describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { StripeGateway } from '../../src/adapters/gateways/stripe/callback.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
import { NOW, NOW_SECONDS, SETTINGS, STRIPE_SECRET, stripeCallback } from './official.js';

const gateway = new StripeGateway(SETTINGS.stripe);

/** The statuses that the SDK lists, without the type that stands for those of the future. */
type KnownStatus = Stripe.Dispute.Status extends infer Status
  ? Status extends string
    ? string & Record<never, never> extends Status
      ? never
      : Status
    : never
  : never;

function event(type: string, object: unknown, envelope: object = {}): object {
  const basics = {
    id: 'evt_1',
    object: 'event',
    api_version: '2026-10-28',
    created: NOW_SECONDS - 60,
    livemode: true,
  };
  return { ...basics, type, data: { object }, ...envelope };
}

function notificationOf(body: unknown): Notification {
  const verified = gateway.verify(stripeCallback(body), NOW);
  if ('rejected' in verified) throw new Error(`rejected: ${verified.rejected}`);
  return verified.notification;
}

const INTENT = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 10000,
  amount_received: 10000,
  currency: 'cny',
  metadata: { payment_number: 'PAY-1' },
};
const SESSION = {
  id: 'cs_1',
  object: 'checkout.session',
  payment_status: 'paid',
  amount_total: 10000,
  currency: 'cny',
  client_reference_id: 'PAY-1',
  payment_intent: 'pi_1',
  metadata: {},
};
const REFUND = {
  id: 're_1',
  amount: 2500,
  currency: 'cny',
  payment_intent: 'pi_1',
  metadata: { payment_number: 'PAY-1' },
};
const UNPAID = { ...SESSION, payment_status: 'unpaid' };

describe('every event that Stripe documents becomes its notification', () => {
  const about = { paymentNumber: 'PAY-1', transactionId: 'pi_1' };
  test.each([
    ['payment_intent.succeeded', INTENT, { kind: 'succeeded', ...about, paid: '100.00 CNY' }],
    ['payment_intent.processing', INTENT, { kind: 'processing', ...about }],
    ['payment_intent.payment_failed', INTENT, { kind: 'failed', ...about }],
    ['payment_intent.canceled', INTENT, { kind: 'cancelled', ...about }],
    ['checkout.session.completed', SESSION, { kind: 'succeeded', ...about, paid: '100.00 CNY' }],
    ['checkout.session.completed', UNPAID, { kind: 'processing', ...about }],
    [
      'checkout.session.async_payment_succeeded',
      SESSION,
      { kind: 'succeeded', ...about, paid: '100.00 CNY' },
    ],
    ['checkout.session.async_payment_failed', UNPAID, { kind: 'failed', ...about }],
    ['checkout.session.expired', UNPAID, { kind: 'cancelled', ...about }],
    [
      'charge.refunded',
      { ...REFUND, amount: 1, amount_refunded: 2500 },
      { kind: 'refund', ...about, paid: '25.00 CNY' },
    ],
    ['charge.refund.updated', REFUND, { kind: 'refund', ...about, paid: '25.00 CNY' }],
    ['refund.created', REFUND, { kind: 'refund', ...about, paid: '25.00 CNY' }],
    ['refund.failed', REFUND, { kind: 'refund', ...about, paid: '25.00 CNY' }],
    ['charge.dispute.created', REFUND, { kind: 'dispute', ...about, paid: '25.00 CNY' }],
    [
      'charge.dispute.funds_withdrawn',
      { ...REFUND, metadata: {} },
      { kind: 'dispute', transactionId: 'pi_1', paymentNumber: null },
    ],
    ['payment_intent.created', INTENT, { kind: 'ignored' }],
    ['customer.created', { id: 'cus_1' }, { kind: 'ignored' }],
    ['constructor', {}, { kind: 'ignored' }],
  ])('%s', (type, object, { paid, ...expected }: Record<string, string | null | undefined>) => {
    const { money, ...notification } = notificationOf(event(type, object));
    expect(notification).toMatchObject({ ...expected, foreign: null });
    if (paid) expect(money?.toString()).toBe(paid);
  });
});

test('a PaymentIntent without a payment number is ignored, because the event of its session reports the money', () => {
  expect(notificationOf(event('payment_intent.succeeded', { ...INTENT, metadata: {} })).kind).toBe('ignored');
});

test('a session without a payment number is ignored, unless it was paid', () => {
  const anonymous = { ...SESSION, client_reference_id: null };
  expect(notificationOf(event('checkout.session.expired', anonymous)).kind).toBe('ignored');
  expect(notificationOf(event('checkout.session.completed', anonymous))).toMatchObject({
    kind: 'succeeded',
    paymentNumber: null,
  });
});

test('metadata takes precedence over client_reference_id, which a customer can set in a payment link', () => {
  const session = { ...SESSION, client_reference_id: 'PAY-9', metadata: { payment_number: 'PAY-1' } };
  expect(notificationOf(event('checkout.session.completed', session)).paymentNumber).toBe('PAY-1');
});

test('the transaction of a session is its PaymentIntent, given as an id or as the whole object', () => {
  const session = { ...SESSION, payment_intent: { id: 'pi_1', amount: 10000 } };
  expect(notificationOf(event('checkout.session.completed', session)).transactionId).toBe('pi_1');
});

describe('a session that needs no payment', () => {
  const free = {
    ...SESSION,
    payment_status: 'no_payment_required',
    amount_total: 0,
    payment_intent: null,
  };
  test('is a success of 0.00 by the id of the session, if it has a payment number', () => {
    const { money, ...notification } = notificationOf(event('checkout.session.completed', free));
    expect(notification).toMatchObject({ kind: 'succeeded', paymentNumber: 'PAY-1', transactionId: 'cs_1' });
    expect(String(money)).toBe('0.00 CNY');
  });

  test.each([
    ['has no payment number', { client_reference_id: null }],
    ['only stores a card', { mode: 'setup', amount_total: null, currency: null }],
    ['is paid later', { mode: 'subscription', amount_total: 10_000 }],
  ])('is ignored if it %s', (_, fields) => {
    expect(notificationOf(event('checkout.session.completed', { ...free, ...fields })).kind).toBe('ignored');
  });
});

describe('a session of a subscription, which names no PaymentIntent', () => {
  const subscription = {
    ...SESSION,
    ...({
      mode: 'subscription',
      payment_intent: null,
      invoice: 'in_1',
      subscription: 'sub_1',
    } satisfies Partial<Stripe.Checkout.Session>),
  };

  test('is ignored without a payment number', () => {
    for (const type of ['checkout.session.completed', 'checkout.session.async_payment_succeeded']) {
      const anonymous = { ...subscription, client_reference_id: null };
      expect(notificationOf(event(type, anonymous))).toMatchObject({ kind: 'ignored', money: null });
    }
  });

  test('is a success by its invoice, given as an id or as the whole object', () => {
    for (const invoice of ['in_1', { id: 'in_1', object: 'invoice' }]) {
      const { money, ...notification } = notificationOf(
        event('checkout.session.completed', { ...subscription, invoice }),
      );
      expect(notification).toMatchObject({
        kind: 'succeeded',
        paymentNumber: 'PAY-1',
        transactionId: 'in_1',
      });
      expect(String(money)).toBe('100.00 CNY');
    }
  });

  test('is a success by its own id if it names no invoice', () => {
    const session = { ...subscription, invoice: null };
    expect(notificationOf(event('checkout.session.completed', session)).transactionId).toBe('cs_1');
  });

  test('is known by its PaymentIntent alone, if it has an invoice beside it', () => {
    const session = { ...SESSION, invoice: 'in_1' };
    expect(notificationOf(event('checkout.session.completed', session)).transactionId).toBe('pi_1');
  });
});

describe('where Stripe has converted the currency', () => {
  const presentment_details = {
    presentment_amount: 1_285,
    presentment_currency: 'eur',
  } satisfies Stripe.Checkout.Session.PresentmentDetails & Stripe.PaymentIntent.PresentmentDetails;
  const currency_conversion = {
    amount_subtotal: 10_000,
    amount_total: 10_000,
    fx_rate: '0.1285',
    source_currency: 'cny',
  } satisfies Record<keyof Stripe.Checkout.Session.CurrencyConversion, unknown>;

  test.each([
    ['a session since 2025-03-31', 'checkout.session.completed', { ...SESSION, presentment_details }],
    [
      'a session before 2025-03-31',
      'checkout.session.completed',
      { ...SESSION, amount_total: 1_285, currency: 'eur', currency_conversion },
    ],
    ['a PaymentIntent', 'payment_intent.succeeded', { ...INTENT, presentment_details }],
  ])(
    'the money of %s is what the shop asked for, and what the customer was charged is beside it',
    (_, type, object) => {
      const { money, charged } = notificationOf(event(type, object));
      expect([String(money), String(charged)]).toEqual(['100.00 CNY', '12.85 EUR']);
    },
  );

  test.each([
    ['nothing was converted', { currency_conversion: null }],
    [
      'the customer was charged the same',
      { presentment_details: { presentment_amount: 10_000, presentment_currency: 'cny' } },
    ],
    [
      'the charged currency is unknown',
      { presentment_details: { presentment_amount: 1, presentment_currency: 'xxx' } },
    ],
  ])('there is no charged amount if %s, and the money is read', (_, fields) => {
    const { money, charged } = notificationOf(event('checkout.session.completed', { ...SESSION, ...fields }));
    expect([String(money), charged]).toEqual(['100.00 CNY', null]);
  });
});

describe('the report of a refund', () => {
  const REFUNDED = {
    id: 're_1',
    object: 'refund',
    amount: 2500,
    currency: 'cny',
    payment_intent: 'pi_1',
    status: 'succeeded',
    reason: 'requested_by_customer',
    metadata: { quittance_refund: 'R-1' },
  } satisfies Partial<Stripe.Refund>;
  const at = new Date(NOW.getTime() - 60_000);

  test('has the id, the number in the metadata, the amount, the status and the time of the event', () => {
    const { refund, dispute } = notificationOf(event('refund.updated', REFUNDED));
    expect(refund).toEqual({
      refundNumber: 'R-1',
      gatewayRefundId: 're_1',
      amount: Money.of('25.00', 'CNY'),
      status: 'succeeded',
      cumulative: null,
      paid: null,
      at,
      failure: null,
    });
    expect(dispute).toBeNull();
  });

  test.each([
    ['pending', 'processing', null],
    ['requires_action', 'processing', null],
    ['succeeded', 'succeeded', null],
    ['failed', 'failed', { code: 'failed', message: null }],
    ['canceled', 'failed', { code: 'canceled', message: null }],
  ])('that is %s is %s', (given, status, failure) => {
    const { refund } = notificationOf(event('refund.updated', { ...REFUNDED, status: given }));
    expect(refund).toMatchObject({ status, failure });
  });

  test('names the reason of a failure, and a status that is not known here is no report', () => {
    const failed = { ...REFUNDED, status: 'failed', failure_reason: 'expired_or_canceled_card' };
    expect(notificationOf(event('refund.failed', failed)).refund!.failure).toEqual({
      code: 'expired_or_canceled_card',
      message: null,
    });
    const odd = notificationOf(event('refund.updated', { ...REFUNDED, status: 'lost' }));
    expect(odd).toMatchObject({ kind: 'refund', refund: null });
  });

  test('of a charge has the sum of its refunds, and names none of them', () => {
    const charge = {
      id: 'ch_1',
      object: 'charge',
      amount: 10_000,
      amount_refunded: 2500,
      currency: 'cny',
      payment_intent: 'pi_1',
      metadata: {},
    } satisfies Partial<Stripe.Charge>;
    expect(notificationOf(event('charge.refunded', charge)).refund).toEqual({
      refundNumber: null,
      gatewayRefundId: null,
      amount: null,
      status: 'succeeded',
      cumulative: Money.of('25.00', 'CNY'),
      paid: Money.of('100.00', 'CNY'),
      at,
      failure: null,
    });
  });
});

describe('the report of a dispute', () => {
  const DISPUTE = {
    id: 'du_1',
    object: 'dispute',
    amount: 10_000,
    currency: 'cny',
    payment_intent: 'pi_1',
    reason: 'fraudulent',
    status: 'needs_response' as string,
    evidence_details: { due_by: NOW_SECONDS + 86_400 },
    balance_transactions: [] as object[],
    metadata: {},
  };
  const reportOf = (type: string, fields: object = {}) =>
    notificationOf(event(type, { ...DISPUTE, ...fields })).dispute;

  test('has the id, the amount, the status, the reason, the deadline and the time of the event', () => {
    expect(reportOf('charge.dispute.created')).toEqual({
      kind: 'dispute',
      disputeId: 'du_1',
      amount: Money.of('100.00', 'CNY'),
      status: 'needs_response',
      reason: 'fraudulent',
      dueBy: new Date(NOW.getTime() + 86_400_000),
      moneyTaken: null,
      at: new Date(NOW.getTime() - 60_000),
    });
  });

  // The SDK's list of statuses, so that a new one does not compile until it is mapped.
  const STATUSES = {
    warning_needs_response: 'inquiry',
    warning_under_review: 'inquiry',
    warning_closed: 'closed',
    needs_response: 'needs_response',
    under_review: 'under_review',
    appeal_needs_response: 'needs_response',
    appeal_under_review: 'under_review',
    won: 'won',
    lost: 'lost',
    prevented: 'closed',
  } satisfies Record<KnownStatus, string>;
  test.each(Object.entries(STATUSES))('that is %s is %s', (given, status) => {
    expect(reportOf('charge.dispute.updated', { status: given })!.status).toBe(status);
  });

  test('with a status that is not known here has none, and one without a deadline has none', () => {
    const fields = { status: 'new_status', evidence_details: { due_by: 0 } };
    expect(reportOf('charge.dispute.updated', fields)).toMatchObject({ status: null, dueBy: null });
  });

  test.each([
    ['charge.dispute.funds_withdrawn', [], true],
    ['charge.dispute.funds_reinstated', [{}], false],
    ['charge.dispute.closed', [{}], true],
    ['charge.dispute.closed', [{}, {}], false],
    ['charge.dispute.created', [], null],
    ['charge.dispute.updated', undefined, null],
  ])('%s with the transactions %j says that the money is taken: %j', (type, balance_transactions, taken) => {
    expect(reportOf(type, { balance_transactions })!.moneyTaken).toBe(taken);
  });

  test('of an early fraud warning of another merchant says so', () => {
    const warning = { id: 'issfr_1', payment_intent: 'pi_1' };
    const foreign = event('radar.early_fraud_warning.created', warning, { account: 'acct_1' });
    expect(notificationOf(foreign)).toMatchObject({ kind: 'ignored', foreign: 'account' });
  });

  test('of an early fraud warning names the money, and the event is ignored as before', () => {
    const warning = {
      id: 'issfr_1',
      object: 'radar.early_fraud_warning',
      actionable: true,
      charge: 'ch_1',
      payment_intent: 'pi_1',
      created: NOW_SECONDS,
      fraud_type: 'unauthorized_use_of_card',
      livemode: true,
    } satisfies Stripe.Radar.EarlyFraudWarning;
    expect(notificationOf(event('radar.early_fraud_warning.created', warning))).toMatchObject({
      kind: 'ignored',
      transactionId: 'pi_1',
      dispute: {
        kind: 'fraud_warning',
        disputeId: 'issfr_1',
        reason: 'unauthorized_use_of_card',
        status: null,
        moneyTaken: null,
      },
    });
  });
});

test('the time of payment is the time of the event', () => {
  expect(notificationOf(event('payment_intent.succeeded', INTENT)).paidAt).toEqual(
    new Date(NOW.getTime() - 60_000),
  );
});

test.each([
  ['livemode', { livemode: false }],
  ['livemode', { livemode: undefined }],
  ['account', { account: 'acct_1' }],
])('an event of another %s is foreign', (foreign, envelope) => {
  expect(notificationOf(event('payment_intent.succeeded', INTENT, envelope))).toMatchObject({
    kind: 'succeeded',
    foreign,
  });
});

test.each([
  ['usd', 1099, '10.99 USD'],
  ['jpy', 500, '500 JPY'],
  ['mga', 500, '500.00 MGA'],
  ['isk', 500, '5 ISK'],
  ['ugx', 500, '5 UGX'],
  ['huf', 1045, '10.45 HUF'],
  ['twd', 1045, '10.45 TWD'],
  ['kwd', 5120, '5.120 KWD'],
  ['xof', 500, '500 XOF'],
])('amounts use the minor units of Stripe: %s %i is %s', (currency, amount_received, money) => {
  expect(
    String(notificationOf(event('payment_intent.succeeded', { ...INTENT, currency, amount_received })).money),
  ).toBe(money);
});

test.each([
  ['an amount beyond exactness', 'payment_intent.succeeded', { ...INTENT, amount_received: 2 ** 53 }],
  ['an amount as text', 'payment_intent.succeeded', { ...INTENT, amount_received: '10000' }],
  ['a fraction of a minor unit', 'payment_intent.succeeded', { ...INTENT, amount_received: 0.5 }],
  [
    'a fraction of the króna',
    'payment_intent.succeeded',
    { ...INTENT, currency: 'isk', amount_received: 501 },
  ],
  ['no amount', 'payment_intent.succeeded', { ...INTENT, amount_received: undefined }],
  ['an unknown currency', 'payment_intent.succeeded', { ...INTENT, currency: 'xxx' }],
  [
    'a number that is none of ours',
    'payment_intent.succeeded',
    { ...INTENT, metadata: { payment_number: 'a b' } },
  ],
  ['a payment status from the future', 'checkout.session.completed', { ...SESSION, payment_status: 'held' }],
  ['no object', 'payment_intent.succeeded', null],
])('an event with a valid signature is unreadable because of %s', (_, type, object) => {
  expect(notificationOf(event(type, object)).kind).toBe('unreadable');
});

describe('only a valid signature is accepted', () => {
  const genuine = stripeCallback(event('payment_intent.succeeded', INTENT));
  const header = String(genuine.headers['stripe-signature']);

  test('the key id is a fingerprint and does not contain the secret', () => {
    expect(gateway.verify(genuine, NOW)).toMatchObject({
      eventId: 'evt_1',
      keyId: expect.stringMatching(/^whsec:[0-9a-f]{8}$/),
    });
  });

  test('during a rotation both secrets are live, and one valid signature among several is enough', () => {
    const rolled = new StripeGateway({ ...SETTINGS.stripe, secrets: ['whsec_old', STRIPE_SECRET] });
    expect(rolled.verify(genuine, NOW)).toHaveProperty('notification');
    const twice = `${header.replace(/v1=.*/, `v1=${'0'.repeat(64)}`)},${header.split(',')[1]}`;
    expect(gateway.verify({ ...genuine, headers: { 'stripe-signature': twice } }, NOW)).toHaveProperty(
      'notification',
    );
  });

  test.each([
    ['no header', undefined, 'signature_missing'],
    ['no v1 signature', header.replace('v1=', 'v0='), 'signature_missing'],
    ['no timestamp', header.replace(/t=\d+,/, ''), 'timestamp_invalid'],
    ['another timestamp', header.replace(/t=\d+/, `t=${NOW_SECONDS - 1}`), 'signature_mismatch'],
    ['more after the signature', `${header}00`, 'signature_mismatch'],
    [
      'a signature in capitals',
      header.replace(/v1=.*/, (hex) => `v1=${hex.slice(3).toUpperCase()}`),
      'signature_mismatch',
    ],
  ])('%s is rejected', (_, signature, rejected) => {
    const headers = signature === undefined ? {} : { 'stripe-signature': signature };
    expect(gateway.verify({ ...genuine, headers }, NOW)).toEqual({ rejected });
  });

  test('a signature by another secret is rejected', () => {
    const callback = stripeCallback(event('payment_intent.succeeded', INTENT), 'whsec_other');
    expect(gateway.verify(callback, NOW)).toEqual({ rejected: 'signature_mismatch' });
  });
});
