import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { StandardWebhooksGateway } from '../../src/adapters/gateways/standard-webhooks.gateway.js';
import type { Notice } from '../../src/domain/notice.js';
import { NOW, NOW_SECONDS, SETTINGS, WEBHOOK_SECRET, webhookCallback } from './official.js';

const gateway = new StandardWebhooksGateway(SETTINGS.standardWebhooks);

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

function noticeOf(body: unknown): Notice {
  const verified = gateway.verify(webhookCallback(body), NOW);
  if ('rejected' in verified) throw new Error(`rejected: ${verified.rejected}`);
  return verified.notice;
}

test.each([
  ['payment.processing', 'processing'],
  ['payment.succeeded', 'succeeded'],
  ['payment.failed', 'failed'],
  ['payment.cancelled', 'cancelled'],
  ['refund.succeeded', 'refund'],
  ['refund.failed', 'refund'],
  ['payment.expired', 'ignored'],
  ['user.created', 'ignored'],
  ['__proto__', 'ignored'],
  [42, 'unreadable'],
])('%s is %s', (type, kind) => {
  expect(noticeOf(payload(type)).kind).toBe(kind);
});

test('a success says who paid what by which transaction, and when', () => {
  const { money, ...notice } = noticeOf(payload('payment.succeeded'));
  expect(String(money)).toBe('100.00 CNY');
  expect(notice).toEqual({
    gateway: 'standard-webhooks',
    kind: 'succeeded',
    paymentNumber: 'PAY-1',
    transactionId: 'tx-1',
    paidAt: new Date('2026-11-23T07:59:00Z'),
    reason: null,
    foreign: null,
  });
});

test('a failure needs no money and keeps its reason, cut to 500 characters', () => {
  const notice = noticeOf(payload('payment.failed', { paymentNumber: 'PAY-1', reason: 'x'.repeat(501) }));
  expect(notice).toMatchObject({
    kind: 'failed',
    paymentNumber: 'PAY-1',
    money: null,
    reason: 'x'.repeat(500),
  });
});

test.each([
  ['an amount as a number', { amount: 100 }],
  ['more decimals than the currency has', { amount: '100.001' }],
  ['an amount of nothing', { amount: '0.00' }],
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
])('%s makes a well-signed success unreadable', (_, field) => {
  expect(noticeOf(payload('payment.succeeded', { ...DATA, ...field })).kind).toBe('unreadable');
});

test('a label without a payment number says nothing, and money without one is still money', () => {
  expect(noticeOf(payload('payment.failed', null)).kind).toBe('unreadable');
  const anonymous = noticeOf(payload('payment.succeeded', { ...DATA, paymentNumber: undefined }));
  expect(anonymous).toMatchObject({ kind: 'succeeded', paymentNumber: null });
});

test('a field that is there twice counts as its last, as JSON parsers have it', () => {
  const body = JSON.stringify(payload('payment.succeeded')).replace('"amount"', '"amount":"1.00","amount"');
  expect(String(noticeOf(body).money)).toBe('100.00 CNY');
});

describe('only a signature of a live secret is believed', () => {
  const body = payload('payment.succeeded');
  const genuine = webhookCallback(body);

  test('the vector of the Standard Webhooks libraries verifies', () => {
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

  test('old and new secret are both live, and one good signature among several is enough', () => {
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
    expect(gateway.verify({ ...genuine, headers }, NOW)).toHaveProperty('notice');
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
  ])('%s: %s is refused', (name, value, rejected) => {
    expect(gateway.verify({ ...genuine, headers: { ...genuine.headers, [name]: value } }, NOW)).toEqual({
      rejected,
    });
  });

  test('a part of a genuine body cannot be passed off as a body under a longer id', () => {
    const inner = `1${NOW_SECONDS}.[]`;
    const { headers, body: whole } = webhookCallback(`{"note":"x.${NOW_SECONDS}.${inner}`);
    const id = `msg_1.${NOW_SECONDS}.${whole.toString().slice(0, 10)}`;
    const cut = { headers: { ...headers, 'webhook-id': id }, body: Buffer.from(inner) };
    expect(gateway.verify(cut, NOW)).toEqual({ rejected: 'signature_mismatch' });
  });
});

test('an id that is too long for the inbox gives way to the body’s hash', () => {
  const callback = webhookCallback(payload('payment.succeeded'), { id: 'x'.repeat(256) });
  const hash = `sha256:${createHash('sha256').update(callback.body).digest('hex')}`;
  expect(gateway.verify(callback, NOW)).toHaveProperty('eventId', hash);
  expect(gateway.read(callback.body).eventId).toBe(hash);
});

test.each([
  ['none', []],
  ['an empty one', ['whsec_']],
  ['one without its prefix', [WEBHOOK_SECRET.slice(6)]],
  ['one that is no base64', ['whsec_hush*hush']],
])('%s of the secrets stops the start, which names the setting and not its value', (_, secrets) => {
  const start = (): unknown => new StandardWebhooksGateway({ secrets });
  expect(start).toThrow('STANDARD_WEBHOOKS_SECRETS');
  expect(start).not.toThrow('hush');
});
