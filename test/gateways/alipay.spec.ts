import { describe, expect, test } from '@jest/globals';
import { AlipaySdk } from 'alipay-sdk';
import iconv from 'iconv-lite';
import { AlipayGateway } from '../../src/adapters/gateways/alipay/callback.js';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import {
  ALIPAY,
  type AlipayParameters,
  CERTIFICATE,
  SETTINGS,
  alipayCallback,
  alipaySign,
  fixture,
  rsaPair,
} from './official.js';

const gateway = new AlipayGateway(SETTINGS.alipay);

const PAID: Readonly<Record<string, string>> = {
  gmt_create: '2026-11-23 15:58:00',
  charset: 'utf-8',
  subject: '100% cotton & 云南咖啡 %41bc + more',
  buyer_id: '2088102534368455',
  notify_id: '2026112300222155624068450559358070',
  notify_type: 'trade_status_sync',
  notify_time: '2026-11-23 16:00:00',
  trade_status: 'TRADE_SUCCESS',
  sign_type: 'RSA2',
  app_id: '2021000122671080',
  auth_app_id: '2021000122671080',
  seller_id: '2088102146225135',
  gmt_payment: '2026-11-23 15:59:00',
  version: '1.0',
  out_trade_no: 'PAY-1',
  total_amount: '100.00',
  receipt_amount: '90.00',
  trade_no: '2026112322001468450512505578',
  fund_bill_list: '[{"amount":"100.00","fundChannel":"ALIPAYACCOUNT"}]',
};

function notificationOf(parameters: AlipayParameters): Notification {
  const verified = gateway.verify(alipayCallback(parameters));
  if ('rejected' in verified) throw new Error(`rejected: ${verified.rejected}`);
  return verified.notification;
}

describe('every trade status becomes its notification', () => {
  const about = { paymentNumber: 'PAY-1', transactionId: PAID['trade_no'], foreign: null };
  test.each([
    ['WAIT_BUYER_PAY', {}, { kind: 'processing', ...about }, null],
    ['TRADE_SUCCESS', {}, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_FINISHED', {}, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_SUCCESS', { refund_fee: '0.00' }, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_CLOSED', {}, { kind: 'cancelled', ...about }, null],
    ['TRADE_SUCCESS', { refund_fee: '25.00' }, { kind: 'refund', ...about }, '25.00 CNY'],
    ['TRADE_FINISHED', { refund_fee: '25.00' }, { kind: 'refund', ...about }, '25.00 CNY'],
    ['TRADE_CLOSED', { refund_fee: '100.00' }, { kind: 'refund', ...about }, '100.00 CNY'],
    ['TRADE_CLOSED', { gmt_refund: '2026-11-23 15:59:30.125' }, { kind: 'refund', ...about }, null],
    ['TRADE_PENDING', {}, { kind: 'unreadable' }, null],
    ['', {}, { kind: 'unreadable' }, null],
    ['', { notify_type: '' }, { kind: 'unreadable' }, null],
    ['', { notify_type: 'servicemarket_order_notify' }, { kind: 'ignored' }, null],
  ])('%s with %j', (trade_status, more, expected, paid) => {
    const { money, ...notification } = notificationOf({ ...PAID, trade_status, ...more });
    expect(notification).toMatchObject(expected);
    expect(money?.toString() ?? null).toBe(paid);
  });
});

test('a time without a zone is Beijing time', () => {
  expect(notificationOf(PAID).paidAt).toEqual(new Date('2026-11-23T07:59:00Z'));
});

test.each([
  ['app_id', { app_id: '2021000122671081' }],
  ['app_id', { app_id: '' }],
  ['seller_id', { seller_id: '2088102146225136' }],
  ['seller_id', { seller_id: '' }],
])('a trade of another %s is foreign', (foreign, parameter) => {
  expect(notificationOf({ ...PAID, ...parameter })).toMatchObject({ kind: 'succeeded', foreign });
});

test.each([
  ['three decimals', { total_amount: '100.001' }],
  ['no amount', { total_amount: '' }],
  ['an exponent', { total_amount: '1e2' }],
  ['no trade_no', { trade_no: '' }],
  ['a trade_no that is not ASCII', { trade_no: '２０２６' }],
  ['a trade_no with a NUL', { trade_no: 'a\0b' }],
  ['a number that is none of ours', { out_trade_no: 'PAY 1' }],
  ['a time that is none', { gmt_payment: 'yesterday' }],
])('a notification with a valid signature is unreadable because of %s', (_, parameter) => {
  expect(notificationOf({ ...PAID, ...parameter }).kind).toBe('unreadable');
});

describe('only a valid signature is accepted', () => {
  const genuine = alipayCallback(PAID);

  test('the notification in the tests of the official SDK is verified and read', () => {
    const published = new AlipayGateway({
      appId: '2019073166072302',
      sellerId: '2088531891668739',
      publicKeys: [fixture('alipay-published.pem')],
    });
    expect(
      published.verify({ headers: {}, body: Buffer.from(fixture('alipay-published.form')) }),
    ).toMatchObject({
      eventId: '2019081500222155624068450559358070',
      notification: { kind: 'succeeded', paymentNumber: '20190815155618536-564-57', foreign: null },
    });
  });

  test.each([false, true])(
    'the official SDK agrees on what is signed (sign_type signed: %s)',
    (signsSignType) => {
      const { privateKey, publicKey } = ALIPAY;
      const sdk = new AlipaySdk({ appId: '1', privateKey, alipayPublicKey: publicKey });
      const sign = alipaySign(PAID, { signsSignType });
      expect(sdk.checkNotifySignV2({ ...PAID, sign })).toBe(true);
      expect(gateway.verify(alipayCallback(PAID, { signsSignType }))).toMatchObject({
        eventId: PAID['notify_id'],
        keyId: expect.stringMatching(/^rsa:[0-9a-f]{8}$/),
      });
    },
  );

  test.each(['gbk', 'gb2312', 'gb18030', 'utf-8'])(
    'text in %s is signed and read as its bytes',
    (charset) => {
      const subject = iconv.encode('云南咖啡 & 茶', charset);
      const callback = alipayCallback({ ...PAID, charset, subject });
      expect(gateway.verify(callback)).toMatchObject({
        notification: { kind: 'succeeded', paymentNumber: 'PAY-1' },
      });
      const recoded = alipayCallback({
        ...PAID,
        charset,
        subject: iconv.encode('云南咖啡 & 茶', 'utf-16le'),
      });
      const [body] = recoded.body.toString().split('&sign=');
      const [, sign] = callback.body.toString().split('&sign=');
      const swapped = `${body}&sign=${sign}`;
      expect(gateway.verify({ headers: {}, body: Buffer.from(swapped) })).toEqual({
        rejected: 'signature_mismatch',
      });
    },
  );

  test('several keys are live at the same time, as public keys or certificates', () => {
    const rolled = new AlipayGateway({ ...SETTINGS.alipay, publicKeys: [CERTIFICATE.pem, ALIPAY.publicKey] });
    expect(rolled.verify(genuine)).toHaveProperty('notification');
    expect(rolled.verify(alipayCallback(PAID, { privateKey: CERTIFICATE.privateKey }))).toHaveProperty(
      'notification',
    );
    expect(gateway.verify(alipayCallback(PAID, { privateKey: CERTIFICATE.privateKey }))).toEqual({
      rejected: 'signature_mismatch',
    });
  });

  const changed = (change: (body: string) => string): RawCallback => ({
    headers: {},
    body: Buffer.from(change(genuine.body.toString())),
  });
  test.each([
    ['no sign', changed((body) => body.replace(/&sign=.*/, '')), 'signature_missing'],
    ['an empty sign', changed((body) => body.replace(/&sign=.*/, '&sign=')), 'signature_missing'],
    ['another amount', changed((body) => body.replace('100.00', '900.00')), 'signature_mismatch'],
    ['one parameter more', changed((body) => `${body}&zero=`), 'signature_mismatch'],
    ['one parameter less', changed((body) => body.replace('version=1.0&', '')), 'signature_mismatch'],
    ['a parameter twice', changed((body) => `${body}&total_amount=100.00`), 'signature_mismatch'],
    ['a sign twice', changed((body) => `${body}&sign=x`), 'signature_mismatch'],
    ['an empty body', changed(() => ''), 'signature_missing'],
    ['JSON', changed(() => '{"sign":"x"}'), 'signature_mismatch'],
  ])('%s is rejected', (_, callback, rejected) => {
    expect(gateway.verify(callback)).toEqual({ rejected });
  });

  test('a form of 200 parameters is verified, and a longer one is rejected', () => {
    const withParameters = (count: number): RawCallback => {
      const extra = Array.from({ length: count - Object.keys(PAID).length - 1 }, (_, index) => [
        `x${index}`,
        '1',
      ]);
      return alipayCallback({ ...PAID, ...Object.fromEntries(extra) });
    };
    expect(gateway.verify(withParameters(200))).toHaveProperty('notification');
    const followed = Buffer.concat([withParameters(201).body, Buffer.from('&total_amount=900.00')]);
    expect(gateway.verify({ headers: {}, body: followed })).toEqual({ rejected: 'signature_mismatch' });
  });

  test('a notification is never too old, because Alipay may send it a day after the payment', () => {
    expect(gateway.verify(alipayCallback({ ...PAID, notify_time: '2026-11-22 16:00:00' }))).toHaveProperty(
      'notification',
    );
  });
});

test('text that a buyer wrote cannot become another amount of a genuine notification', () => {
  const genuine = alipayCallback({
    ...PAID,
    total_amount: '0.01',
    subject: 'x&total_amount=100.00&trade_no=1&zzz=',
  });
  const form = new URLSearchParams(genuine.body.toString());
  const [sign, signType] = [form.get('sign')!, form.get('sign_type')!];
  form.delete('sign');
  form.delete('sign_type');
  form.sort();
  // The same signed text, split differently: the buyer's text has become parameters, and the real ones part of a value.
  const signed = Array.from(form, ([name, value]) => `${name}=${value}`).join('&');
  const [before, swallowed] = signed.split('&zzz=');
  const cut = Object.fromEntries(before!.split('&').map((pair) => pair.split(/=(.*)/s, 2)));
  const body = new URLSearchParams({ ...cut, zzz: swallowed!, sign, sign_type: signType });
  const reason = 'a value contains what could be another parameter';
  expect(gateway.verify({ headers: {}, body: Buffer.from(body.toString()) })).toMatchObject({
    notification: { kind: 'unreadable', reason },
  });
  expect(gateway.parse(genuine.body).notification).toMatchObject({ kind: 'unreadable', reason });
});

test.each([
  ['no key', []],
  ['something that is no key', ['hush']],
  ['a key of 1024 bits', [rsaPair(1024).publicKey]],
])('%s stops the start, and the error names the variable but not its value', (_, publicKeys) => {
  const start = (): unknown => new AlipayGateway({ ...SETTINGS.alipay, publicKeys });
  expect(start).toThrow('ALIPAY_PUBLIC_KEYS');
  expect(start).not.toThrow('hush');
});
