import { describe, expect, test } from '@jest/globals';
import { AlipaySdk } from 'alipay-sdk';
import iconv from 'iconv-lite';
import { AlipayGateway } from '../../src/adapters/gateways/alipay.gateway.js';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { Notice } from '../../src/domain/notice.js';
import {
  ALIPAY,
  alipayCallback,
  alipaySign,
  CERTIFICATE,
  fixture,
  rsaPair,
  SETTINGS,
  type AlipayParameters,
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

function noticeOf(parameters: AlipayParameters): Notice {
  const verified = gateway.verify(alipayCallback(parameters));
  if ('rejected' in verified) throw new Error(`rejected: ${verified.rejected}`);
  return verified.notice;
}

describe('every trade status becomes its notice', () => {
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
    const { money, ...notice } = noticeOf({ ...PAID, trade_status, ...more });
    expect(notice).toMatchObject(expected);
    expect(money?.toString() ?? null).toBe(paid);
  });
});

test('a time without a zone is Beijing’s', () => {
  expect(noticeOf(PAID).paidAt).toEqual(new Date('2026-11-23T07:59:00Z'));
});

test.each([
  ['app_id', { app_id: '2021000122671081' }],
  ['app_id', { app_id: '' }],
  ['seller_id', { seller_id: '2088102146225136' }],
  ['seller_id', { seller_id: '' }],
])('a trade of another %s is foreign', (foreign, parameter) => {
  expect(noticeOf({ ...PAID, ...parameter })).toMatchObject({ kind: 'succeeded', foreign });
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
])('%s makes a well-signed notification unreadable', (_, parameter) => {
  expect(noticeOf({ ...PAID, ...parameter }).kind).toBe('unreadable');
});

describe('only Alipay’s own signature is believed', () => {
  const genuine = alipayCallback(PAID);

  test('a notification that the official SDK publishes with its tests verifies and reads', () => {
    const published = new AlipayGateway({
      appId: '2019073166072302',
      sellerId: '2088531891668739',
      publicKeys: [fixture('alipay-published.pem')],
    });
    expect(
      published.verify({ headers: {}, body: Buffer.from(fixture('alipay-published.form')) }),
    ).toMatchObject({
      eventId: '2019081500222155624068450559358070',
      notice: { kind: 'succeeded', paymentNumber: '20190815155618536-564-57', foreign: null },
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
        notice: { kind: 'succeeded', paymentNumber: 'PAY-1' },
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

  test('several keys are live at once, be they keys or certificates', () => {
    const rolled = new AlipayGateway({ ...SETTINGS.alipay, publicKeys: [CERTIFICATE.pem, ALIPAY.publicKey] });
    expect(rolled.verify(genuine)).toHaveProperty('notice');
    expect(rolled.verify(alipayCallback(PAID, { privateKey: CERTIFICATE.privateKey }))).toHaveProperty(
      'notice',
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
  ])('%s is refused', (_, callback, rejected) => {
    expect(gateway.verify(callback)).toEqual({ rejected });
  });

  test('at most 200 parameters are looked at, and what follows them is not overlooked', () => {
    const withParameters = (count: number): RawCallback => {
      const extra = Array.from({ length: count - Object.keys(PAID).length - 1 }, (_, index) => [
        `x${index}`,
        '1',
      ]);
      return alipayCallback({ ...PAID, ...Object.fromEntries(extra) });
    };
    expect(gateway.verify(withParameters(200))).toHaveProperty('notice');
    const followed = Buffer.concat([withParameters(201).body, Buffer.from('&total_amount=900.00')]);
    expect(gateway.verify({ headers: {}, body: followed })).toEqual({ rejected: 'signature_mismatch' });
  });

  test('a notification has no age: it may be sent for the first time a day after the payment', () => {
    expect(gateway.verify(alipayCallback({ ...PAID, notify_time: '2026-11-22 16:00:00' }))).toHaveProperty(
      'notice',
    );
  });
});

test('what a buyer has written cannot be cut out of a genuine notification as another amount', () => {
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
  // The same signed text, cut elsewhere: the buyer's words are parameters now, and the true ones are a value.
  const signed = Array.from(form, ([name, value]) => `${name}=${value}`).join('&');
  const [before, swallowed] = signed.split('&zzz=');
  const cut = Object.fromEntries(before!.split('&').map((pair) => pair.split(/=(.*)/s, 2)));
  const body = new URLSearchParams({ ...cut, zzz: swallowed!, sign, sign_type: signType });
  const reason = 'a value holds what could be another parameter';
  expect(gateway.verify({ headers: {}, body: Buffer.from(body.toString()) })).toMatchObject({
    notice: { kind: 'unreadable', reason },
  });
  expect(gateway.read(genuine.body).notice).toMatchObject({ kind: 'unreadable', reason });
});

test.each([
  ['no key', []],
  ['something that is no key', ['hush']],
  ['a key of 1024 bits', [rsaPair(1024).publicKey]],
])('%s stops the start, which names the setting and not its value', (_, publicKeys) => {
  const start = (): unknown => new AlipayGateway({ ...SETTINGS.alipay, publicKeys });
  expect(start).toThrow('ALIPAY_PUBLIC_KEYS');
  expect(start).not.toThrow('hush');
});
