import { describe, expect, test } from '@jest/globals';
import { AlipaySdk } from 'alipay-sdk';
import iconv from 'iconv-lite';
import { AlipayGateway } from '../../src/adapters/gateways/alipay/callback.js';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
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
    ['TRADE_SUCCESS', { refund_fee: '25.00' }, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_FINISHED', { refund_fee: '25.00' }, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_CLOSED', { refund_fee: '100.00' }, { kind: 'succeeded', ...about }, '100.00 CNY'],
    ['TRADE_SUCCESS', { refund_fee: '25.00', gmt_payment: '' }, { kind: 'refund', ...about }, '25.00 CNY'],
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

describe('messages that are about no trade are ignored, and the official SDK verifies them', () => {
  const { trade_status: _status, notify_type: _type, ...rest } = PAID;
  const message = { charset: 'utf-8', sign_type: 'RSA2', app_id: PAID['app_id']!, version: '1.1' };
  const sdk = new AlipaySdk({
    appId: '1',
    privateKey: ALIPAY.privateKey,
    alipayPublicKey: ALIPAY.publicKey,
  });

  test.each<[string, Record<string, string>]>([
    [
      'the check of the application gateway, which signs sign_type',
      {
        service: 'alipay.service.check',
        charset: 'utf-8',
        sign_type: 'RSA2',
        biz_content:
          '<?xml version="1.0" encoding="utf-8"?><XML><AppId>1</AppId><EventType>verifygw</EventType></XML>',
      },
    ],
    [
      'a message of the open platform',
      {
        ...message,
        notify_id: '5608cccc09ddb39d41c2e3c06e3d9fejh2',
        utc_timestamp: '1514210452731',
        msg_method: 'alipay.fund.trans.order.changed',
        biz_content: '{"status":"SUCCESS","out_trade_no":"PAY-1","trade_no":"1"}',
      },
    ],
  ])('%s', (_, parameters) => {
    const signsSignType = parameters['service'] !== undefined;
    const sign = alipaySign(parameters, { signsSignType });
    expect(
      signsSignType
        ? sdk.checkNotifySignV2({ ...parameters, sign })
        : sdk.checkNotifySign({ ...parameters, sign }),
    ).toBe(true);
    expect(gateway.verify(alipayCallback(parameters, { signsSignType }))).toMatchObject({
      notification: { kind: 'ignored', paymentNumber: null, money: null },
    });
  });

  test('a trade that has such a word among its parameters stays a trade, and one without a status stays unreadable', () => {
    const words = { service: 'alipay.service.check', msg_method: 'alipay.trade.refund' };
    expect(notificationOf({ ...PAID, ...words })).toMatchObject({ kind: 'succeeded' });
    expect(notificationOf({ ...rest, service: 'massage' })).toMatchObject({ kind: 'unreadable' });
    expect(notificationOf({ ...PAID, ...words, trade_status: 'NEW' })).toMatchObject({ kind: 'unreadable' });
  });
});

describe('a trade across borders', () => {
  test.each([
    [{ trans_currency: 'USD' }, '100.00 USD'],
    [{ trans_currency: 'HKD', settle_currency: 'USD' }, '100.00 HKD'],
    [{ settle_currency: 'USD' }, '100.00 USD'],
    [{ trans_currency: 'CNY', settle_currency: 'USD' }, '100.00 CNY'],
    [{ trans_currency: '' }, '100.00 CNY'],
  ])('with %j is not taken for CNY: %s', (currencies, money) => {
    expect(String(notificationOf({ ...PAID, ...currencies }).money)).toBe(money);
  });

  test('in a currency that is none is unreadable, and its refunds have its currency', () => {
    expect(notificationOf({ ...PAID, trans_currency: 'usd' }).kind).toBe('unreadable');
    const { money, refund } = notificationOf({ ...PAID, trans_currency: 'USD', refund_fee: '25.00' });
    expect([String(money), String(refund!.cumulative)]).toEqual(['100.00 USD', '25.00 USD']);
  });
});

test('each app of the seller is its own, in any place of the list', () => {
  const several = new AlipayGateway({ ...SETTINGS.alipay, appIds: ['2021000000000009', PAID['app_id']!] });
  const foreignIn = (app_id: string) =>
    several.parse(alipayCallback({ ...PAID, app_id }).body).notification.foreign;
  expect(['2021000000000009', PAID['app_id']!, '1', ''].map(foreignIn)).toEqual([
    null,
    null,
    'app_id',
    'app_id',
  ]);
});

describe('the report of a refund', () => {
  const refunded = {
    ...PAID,
    refund_fee: '25.00',
    gmt_refund: '2026-11-23 15:59:30.125',
    out_biz_no: 'R-1',
  };

  test('has the number of the refund, the sum of all refunds, what was paid and the time in Beijing', () => {
    expect(notificationOf(refunded).refund).toEqual({
      refundNumber: 'R-1',
      gatewayRefundId: null,
      amount: null,
      status: 'succeeded',
      cumulative: Money.of('25.00', 'CNY'),
      paid: Money.of('100.00', 'CNY'),
      at: new Date('2026-11-23T07:59:30.125Z'),
      failure: null,
    });
    expect(notificationOf(refunded)).toMatchObject({
      kind: 'succeeded',
      paidAt: new Date('2026-11-23T07:59:00Z'),
    });
  });

  test('is missing where nothing was refunded, and the notice is readable where a number or a time is odd', () => {
    expect(notificationOf({ ...PAID, out_biz_no: 'R-1' }).refund).toBeNull();
    const odd = { ...refunded, out_biz_no: '退款', gmt_refund: 'today' };
    expect(notificationOf(odd)).toMatchObject({
      kind: 'succeeded',
      refund: { refundNumber: null, at: null },
    });
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
      appIds: ['2019073166072302'],
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
