import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { StandardWebhooksGateway } from '../../src/adapters/gateways/standard-webhooks/callback.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
import { NOW, NOW_SECONDS, SETTINGS, WEBHOOK_SECRET, webhookCallback } from './official.js';

const gateway = new StandardWebhooksGateway(SETTINGS['standard-webhooks']);

const DATA = {
  paymentNumber: 'PAY-1',
  transactionId: 'tx-1',
  amount: '100.00',
  currency: 'CNY',
  paidAt: '2026-11-23T07:59:00Z',
};

function payload(type: unknown, data: unknown = DATA): object {
  return { type, timestamp: '2026-11-23T08:00:00Z', data };
}

function notificationOf(body: unknown): Notification {
  const verified = gateway.verify(webhookCallback(body), NOW);
  if ('rejected' in verified) throw new Error(`rejected: ${verified.rejected}`);
  return verified.notification;
}

test.each([
  ['payment.processing', 'processing'],
  ['payment.succeeded', 'succeeded'],
  ['payment.failed', 'failed'],
  ['payment.cancelled', 'cancelled'],
  ['refund.succeeded', 'refund'],
  ['refund.failed', 'refund'],
  ['refund.unheard_of', 'refund'],
  ['dispute.unheard_of', 'ignored'],
  ['payment.expired', 'ignored'],
  ['user.created', 'ignored'],
  ['__proto__', 'ignored'],
  [42, 'unreadable'],
])('%s is %s', (type, kind) => {
  expect(notificationOf(payload(type)).kind).toBe(kind);
});

test('a success has payment number, amount, transaction id and time of payment', () => {
  const { money, ...notification } = notificationOf(payload('payment.succeeded'));
  expect(String(money)).toBe('100.00 CNY');
  expect(notification).toEqual({
    gateway: 'standard-webhooks',
    kind: 'succeeded',
    paymentNumber: 'PAY-1',
    transactionId: 'tx-1',
    paidAt: new Date('2026-11-23T07:59:00Z'),
    reason: null,
    foreign: null,
    charged: null,
    refund: null,
    dispute: null,
  });
});

test('a failure needs no amount, and its reason is cut to 500 characters', () => {
  const notification = notificationOf(
    payload('payment.failed', { paymentNumber: 'PAY-1', reason: 'x'.repeat(501) }),
  );
  expect(notification).toMatchObject({
    kind: 'failed',
    paymentNumber: 'PAY-1',
    money: null,
    reason: 'x'.repeat(500),
  });
});

test.each([
  ['an amount as a number', { amount: 100 }],
  ['more decimals than the currency has', { amount: '100.001' }],
  ['a negative amount', { amount: '-0.01' }],
  ['a currency in lower case', { currency: 'cny' }],
  ['no amount', { amount: undefined, currency: undefined }],
  ['no transaction id', { transactionId: null }],
  ['a transaction id of 129 characters', { transactionId: 'x'.repeat(129) }],
  ['a transaction id with a NUL', { transactionId: 'a\0b' }],
  ['a transaction id with half a character', { transactionId: 'a\ud800' }],
  ['a payment number of 65 characters', { paymentNumber: 'x'.repeat(65) }],
  ['a payment number as an object', { paymentNumber: { toString: 'PAY-1' } }],
  ['a time without a zone', { paidAt: '2026-11-23T07:59:00' }],
  ['a time as a number', { paidAt: 1763884740 }],
  ['a time before 1970', { paidAt: '1969-12-31T23:59:59Z' }],
  ['a month that is none', { paidAt: '2026-13-01T00:00:00Z' }],
])('a success with a valid signature is unreadable because of %s', (_, field) => {
  expect(notificationOf(payload('payment.succeeded', { ...DATA, ...field })).kind).toBe('unreadable');
});

test('a success may be of 0.00', () => {
  const { kind, money } = notificationOf(payload('payment.succeeded', { ...DATA, amount: '0' }));
  expect([kind, String(money)]).toEqual(['succeeded', '0.00 CNY']);
});

describe('the report of a refund', () => {
  const REFUND = {
    refundNumber: 'R-1',
    gatewayRefundId: 'g-1',
    paymentNumber: 'PAY-1',
    transactionId: 'tx-1',
    amount: '25.00',
    currency: 'CNY',
  };

  test.each([
    ['refund.processing', 'processing', null],
    ['refund.succeeded', 'succeeded', null],
    ['refund.failed', 'failed', { code: 'failed', message: 'the account is closed' }],
  ])('%s has the numbers, the amount and the time of the payload', (type, status, failure) => {
    const data = { ...REFUND, reason: 'the account is closed' };
    expect(notificationOf(payload(type, data))).toMatchObject({
      kind: 'refund',
      paymentNumber: 'PAY-1',
      refund: {
        refundNumber: 'R-1',
        gatewayRefundId: 'g-1',
        amount: Money.of('25.00', 'CNY'),
        status,
        cumulative: null,
        at: new Date('2026-11-23T08:00:00Z'),
        failure,
      },
    });
  });

  test('of an unknown type is missing, and numbers that cannot be stored are null', () => {
    expect(notificationOf(payload('refund.unheard_of', REFUND)).refund).toBeNull();
    const odd = { ...REFUND, refundNumber: 'x'.repeat(129), gatewayRefundId: 7 };
    expect(notificationOf(payload('refund.succeeded', odd)).refund).toMatchObject({
      refundNumber: null,
      gatewayRefundId: null,
    });
  });
});

describe('the report of a dispute', () => {
  const DISPUTE = {
    disputeId: 'd-1',
    transactionId: 'tx-1',
    amount: '100.00',
    currency: 'CNY',
    reason: 'fraudulent',
    dueBy: '2026-11-30T08:00:00Z',
  };
  const reportOf = (type: string, data: object = {}) =>
    notificationOf(payload(type, { ...DISPUTE, ...data })).dispute;

  test.each([
    ['dispute.opened', 'needs_response', null],
    ['dispute.updated', null, null],
    ['dispute.won', 'won', false],
    ['dispute.lost', 'lost', true],
  ])('%s is %s, and says that the money is taken: %j', (type, status, moneyTaken) => {
    expect(notificationOf(payload(type, DISPUTE))).toMatchObject({
      kind: 'dispute',
      paymentNumber: null,
      transactionId: 'tx-1',
    });
    expect(reportOf(type)).toEqual({
      kind: 'dispute',
      disputeId: 'd-1',
      amount: Money.of('100.00', 'CNY'),
      status,
      reason: 'fraudulent',
      dueBy: new Date('2026-11-30T08:00:00Z'),
      moneyTaken,
      at: new Date('2026-11-23T08:00:00Z'),
    });
  });

  test('has the status and the money that the data name, and not a status that there is not', () => {
    expect(reportOf('dispute.updated', { status: 'under_review', moneyTaken: true })).toMatchObject({
      status: 'under_review',
      moneyTaken: true,
    });
    expect(reportOf('dispute.lost', { status: 'gone', moneyTaken: false })).toMatchObject({
      status: 'lost',
      moneyTaken: false,
    });
  });

  test('is unreadable without the id of the dispute', () => {
    expect(notificationOf(payload('dispute.opened', { ...DISPUTE, disputeId: '' })).kind).toBe('unreadable');
  });
});

test('a failure without a payment number is unreadable, and a success without one is not', () => {
  expect(notificationOf(payload('payment.failed', null)).kind).toBe('unreadable');
  const anonymous = notificationOf(payload('payment.succeeded', { ...DATA, paymentNumber: undefined }));
  expect(anonymous).toMatchObject({ kind: 'succeeded', paymentNumber: null });
});

test('the last of two equal fields counts, as in every JSON parser', () => {
  const body = JSON.stringify(payload('payment.succeeded')).replace('"amount"', '"amount":"1.00","amount"');
  expect(String(notificationOf(body).money)).toBe('100.00 CNY');
});

describe('only a valid signature is accepted', () => {
  const body = payload('payment.succeeded');
  const genuine = webhookCallback(body);

  test('the test vector of the Standard Webhooks libraries is verified', () => {
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const callback = { headers, body: Buffer.from('{"test": 2432232314}') };
    expect(gateway.verify(callback, new Date(1614265330_000))).toHaveProperty(
      'eventId',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
    );
  });

  test('the old and the new secret are both live, and one valid signature among several is enough', () => {
    const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    const rolled = new StandardWebhooksGateway({ secrets: [other, WEBHOOK_SECRET] });
    const results = [webhookCallback(body, { secret: other }), genuine].map((callback) =>
      rolled.verify(callback, NOW),
    );
    const keyIds = results.map((result) => ('keyId' in result ? result.keyId : result.rejected));
    expect(new Set(keyIds).size).toBe(2);
    for (const keyId of keyIds) expect(keyId).toMatch(/^whsec:[0-9a-f]{8}$/);
    const several = `v1a,AAAA v1,AAAA ${String(genuine.headers['webhook-signature'])} v2,x`;
    const headers = { ...genuine.headers, 'webhook-signature': several };
    expect(gateway.verify({ ...genuine, headers }, NOW)).toHaveProperty('notification');
  });

  test.each([
    ['webhook-signature', undefined, 'signature_missing'],
    ['webhook-signature', 'v1a,AAAA', 'signature_missing'],
    ['webhook-signature', 'v1,AAAA', 'signature_mismatch'],
    ['webhook-signature', `${String(genuine.headers['webhook-signature'])}=`, 'signature_mismatch'],
    ['webhook-signature', [String(genuine.headers['webhook-signature'])], 'signature_missing'],
    ['webhook-id', undefined, 'signature_missing'],
    ['webhook-id', 'msg_2', 'signature_mismatch'],
    ['webhook-timestamp', undefined, 'timestamp_invalid'],
    ['webhook-timestamp', `${NOW_SECONDS}.5`, 'timestamp_invalid'],
    ['webhook-timestamp', String(NOW_SECONDS - 1), 'signature_mismatch'],
  ])('%s: %s is rejected', (name, value, rejected) => {
    expect(gateway.verify({ ...genuine, headers: { ...genuine.headers, [name]: value } }, NOW)).toEqual({
      rejected,
    });
  });

  test('the start of a genuine body cannot be moved into the id', () => {
    const inner = `1${NOW_SECONDS}.[]`;
    const { headers, body: whole } = webhookCallback(`{"note":"x.${NOW_SECONDS}.${inner}`);
    const id = `msg_1.${NOW_SECONDS}.${whole.toString().slice(0, 10)}`;
    const cut = { headers: { ...headers, 'webhook-id': id }, body: Buffer.from(inner) };
    expect(gateway.verify(cut, NOW)).toEqual({ rejected: 'signature_mismatch' });
  });
});

test('where the id is too long to store, the event id is the hash of the body', () => {
  const callback = webhookCallback(payload('payment.succeeded'), { id: 'x'.repeat(256) });
  const hash = `sha256:${createHash('sha256').update(callback.body).digest('hex')}`;
  expect(gateway.verify(callback, NOW)).toHaveProperty('eventId', hash);
  expect(gateway.parse(callback.body).eventId).toBe(hash);
});

test.each([
  ['none', []],
  ['an empty one', ['whsec_']],
  ['one without its prefix', [WEBHOOK_SECRET.slice(6)]],
  ['one that is no base64', ['whsec_hush*hush']],
])('%s of the secrets stops the start, and the error names the variable but not its value', (_, secrets) => {
  const start = (): unknown => new StandardWebhooksGateway({ secrets });
  expect(start).toThrow('STANDARD_WEBHOOKS_SECRETS');
  expect(start).not.toThrow('hush');
});
