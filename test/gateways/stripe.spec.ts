import { describe, expect, test } from '@jest/globals';
import { StripeGateway } from '../../src/adapters/gateways/stripe/callback.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { NOW, NOW_SECONDS, SETTINGS, STRIPE_SECRET, stripeCallback } from './official.js';

const gateway = new StripeGateway(SETTINGS.stripe);

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

test('a session that needs no payment is ignored', () => {
  const session = {
    ...SESSION,
    payment_status: 'no_payment_required',
    amount_total: 0,
    payment_intent: null,
  };
  expect(notificationOf(event('checkout.session.completed', session)).kind).toBe('ignored');
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
