import { describe, expect, test } from '@jest/globals';
import type { Rejected, VerifiedCallback } from '../../src/adapters/gateways/gateway.js';
import { GatewayNotificationReader } from '../../src/adapters/gateways/notification-reader.js';
import { WechatPayGateway } from '../../src/adapters/gateways/wechat-pay/callback.js';
import type { Notification } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
import {
  CERTIFICATE,
  NOW,
  PLATFORM_SERIAL,
  SETTINGS,
  type WechatOptions,
  rsaPair,
  wechatBody,
  wechatCallback,
} from './official.js';

const gateway = new WechatPayGateway(SETTINGS['wechat-pay']);

const TRANSACTION = {
  transaction_id: '1217752501201407033233368018',
  amount: { payer_total: 9000, total: 10000, currency: 'CNY', payer_currency: 'CNY' },
  mchid: '1900000109',
  appid: 'wxd678efh567hg6787',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'CMC',
  success_time: '2026-11-23T15:59:00+08:00',
  out_trade_no: 'PAY-1',
  payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
};
const REFUND = {
  mchid: '1900000109',
  transaction_id: '1217752501201407033233368018',
  out_trade_no: 'PAY-1',
  refund_id: '50200207182018070300011301001',
  out_refund_no: 'REF-1',
  refund_status: 'SUCCESS',
  success_time: '2026-11-23T15:59:30+08:00',
  amount: { total: 10000, refund: 2500, payer_total: 9000, payer_refund: 2250 },
};

function verified(callback: ReturnType<typeof wechatCallback>, by = gateway): VerifiedCallback {
  const result: VerifiedCallback | Rejected = by.verify(callback, NOW);
  if ('rejected' in result) throw new Error(`rejected: ${result.rejected}`);
  return result;
}

function notificationOf(resource: unknown, options?: WechatOptions): Notification {
  return verified(wechatCallback(wechatBody(resource, options))).notification;
}

describe('every trade state and event becomes its notification', () => {
  const about = { paymentNumber: 'PAY-1', transactionId: TRANSACTION.transaction_id, foreign: null };
  test.each([
    ['TRANSACTION.SUCCESS', 'SUCCESS', { kind: 'succeeded', ...about }],
    ['TRANSACTION.SUCCESS', 'NOTPAY', { kind: 'processing', ...about }],
    ['TRANSACTION.SUCCESS', 'USERPAYING', { kind: 'processing', ...about }],
    ['TRANSACTION.SUCCESS', 'ACCEPT', { kind: 'processing', ...about }],
    ['TRANSACTION.SUCCESS', 'PAYERROR', { kind: 'failed', ...about }],
    ['TRANSACTION.SUCCESS', 'CLOSED', { kind: 'cancelled', ...about }],
    ['TRANSACTION.SUCCESS', 'REVOKED', { kind: 'cancelled', ...about }],
    ['TRANSACTION.SUCCESS', 'REFUND', { kind: 'refund', ...about }],
    ['TRANSACTION.SUCCESS', 'SOMETHING_NEW', { kind: 'unreadable' }],
    ['TRANSACTION.SUCCESS', undefined, { kind: 'unreadable' }],
    ['SECURITY_ECHO.SUCCESS', 'SUCCESS', { kind: 'ignored' }],
    ['PAYSCORE.USER_PAID', 'SUCCESS', { kind: 'ignored' }],
  ])('%s, %s', (type, trade_state, notification) => {
    expect(notificationOf({ ...TRANSACTION, trade_state }, { type })).toMatchObject(notification);
  });

  test.each(['REFUND.SUCCESS', 'REFUND.ABNORMAL', 'REFUND.CLOSED'])('%s', (type) => {
    const { money, ...notification } = notificationOf(REFUND, { type, associatedData: 'refund' });
    expect(notification).toMatchObject({ kind: 'refund', ...about });
    expect(String(money)).toBe('25.00 CNY');
  });
});

test('the amount is the total of the order, even if a coupon paid a part of it', () => {
  expect(String(notificationOf(TRANSACTION).money)).toBe('100.00 CNY');
});

test('an amount without a currency is CNY, and the time of payment has its zone', () => {
  const notification = notificationOf({ ...TRANSACTION, amount: { total: 1 } });
  expect(String(notification.money)).toBe('0.01 CNY');
  expect(notification.paidAt).toEqual(new Date('2026-11-23T07:59:00Z'));
});

test.each([
  ['appid', { appid: 'wx0000000000000000' }],
  ['appid', { appid: undefined }],
  ['mchid', { mchid: '1900000110' }],
  ['mchid', { mchid: undefined }],
  ['mchid', { sp_mchid: '1900000110' }],
])('a transaction for another %s is foreign', (foreign, fields) => {
  expect(notificationOf({ ...TRANSACTION, ...fields })).toMatchObject({ kind: 'succeeded', foreign });
});

test('the ids of a service provider have the prefix sp_', () => {
  const { appid: sp_appid, mchid: sp_mchid, ...transaction } = TRANSACTION;
  expect(notificationOf({ ...transaction, sp_appid, sp_mchid, sub_mchid: '1900000999' }).foreign).toBeNull();
});

test('each app of the merchant is its own, in any place of the list', () => {
  const several = new WechatPayGateway({ ...SETTINGS['wechat-pay'], appIds: ['wx1', 'wxd678efh567hg6787'] });
  const foreignIn = (appid: string) =>
    verified(wechatCallback(wechatBody({ ...TRANSACTION, appid })), several).notification.foreign;
  expect(['wx1', 'wxd678efh567hg6787', 'wx2'].map(foreignIn)).toEqual([null, null, 'appid']);
});

test('what a customer pays in another currency is beside the total', () => {
  const amount = { total: 10_000, currency: 'HKD', payer_total: 9_123, payer_currency: 'CNY' };
  const { money, charged } = notificationOf({ ...TRANSACTION, amount });
  expect([String(money), String(charged)]).toEqual(['100.00 HKD', '91.23 CNY']);
  expect(notificationOf(TRANSACTION).charged).toBeNull();
});

describe('a combined payment', () => {
  const sub = (number: string, fields: object = {}) => ({
    mchid: '1900000109',
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    bank_type: 'CMC',
    amount: { total_amount: 10_000, payer_amount: 9_000, currency: 'CNY', payer_currency: 'CNY' },
    success_time: '2026-11-23T15:59:00+08:00',
    transaction_id: `42000${number}`,
    out_trade_no: number,
    ...fields,
  });
  const combined = (subOrders: unknown, fields: object = {}) => ({
    combine_appid: 'wxd678efh567hg6787',
    combine_mchid: '1900000109',
    combine_out_trade_no: 'C-1',
    sub_orders: subOrders,
    combine_payer_info: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
    ...fields,
  });
  const readingsOf = (resource: unknown): Notification[] => {
    const { notification, further = [] } = verified(wechatCallback(wechatBody(resource)));
    return [notification, ...further];
  };

  test('is a success of each sub-order', () => {
    const readings = readingsOf(combined([sub('PAY-1'), sub('PAY-2'), sub('PAY-3')]));
    expect(
      readings.map(({ kind, paymentNumber, transactionId, money, foreign }) =>
        [kind, paymentNumber, transactionId, String(money), foreign].join(' '),
      ),
    ).toEqual(['PAY-1', 'PAY-2', 'PAY-3'].map((number) => `succeeded ${number} 42000${number} 100.00 CNY `));
    expect(readings[0]!.paidAt).toEqual(new Date('2026-11-23T07:59:00Z'));
  });

  test.each([
    ['the app', { combine_appid: 'wx0' }, {}, ['appid', 'appid']],
    ['the merchant', { combine_mchid: '1' }, {}, ['mchid', 'mchid']],
    ['the merchant of one sub-order', {}, { mchid: '1230000109' }, [null, 'mchid']],
  ])('is foreign where %s is another', (_, fields, subFields, foreign) => {
    const readings = readingsOf(combined([sub('PAY-1'), sub('PAY-2', subFields)], fields));
    expect(readings.map((each) => each.foreign)).toEqual(foreign);
  });

  test('with a sub-order that cannot be read has the others all the same', () => {
    const readings = readingsOf(combined([sub('PAY-1', { trade_state: 'NEW' }), 7, sub('PAY-3')]));
    expect(readings.map(({ kind }) => kind)).toEqual(['unreadable', 'unreadable', 'succeeded']);
  });

  test.each([
    ['none', []],
    ['no list', 'PAY-1'],
    ['more than WeChat Pay combines', Array.from({ length: 51 }, (_, index) => sub(`PAY-${index}`))],
  ])('is one unreadable notification if its sub-orders are %s', (_, subOrders) => {
    expect(readingsOf(combined(subOrders))).toMatchObject([{ kind: 'unreadable' }]);
  });

  test('is read by its parts later: a part by its number, and the whole by none', () => {
    const body = Buffer.from(wechatBody(combined([sub('PAY-1'), sub('PAY-2'), sub('PAY-3')])));
    const reader = new GatewayNotificationReader({ get: () => gateway });
    const numberOf = (eventId: string) =>
      reader.read('wechat-pay', body, eventId)?.notification.paymentNumber;
    expect(['EV-1#2', 'EV-1#3', 'EV-1#3~0123456789abcdef'].map(numberOf)).toEqual([
      'PAY-2',
      'PAY-3',
      'PAY-3',
    ]);
    expect(['EV-1', 'EV-1#1', 'EV-1#4', 'EV-1#x'].map(numberOf)).toEqual(Array(4).fill(undefined));
  });
});

describe('the report of a refund', () => {
  test('has both numbers, the amount, the total and the time of the refund', () => {
    expect(notificationOf(REFUND, { type: 'REFUND.SUCCESS' }).refund).toEqual({
      refundNumber: 'REF-1',
      gatewayRefundId: '50200207182018070300011301001',
      amount: Money.of('25.00', 'CNY'),
      status: 'succeeded',
      cumulative: null,
      paid: Money.of('100.00', 'CNY'),
      at: new Date('2026-11-23T07:59:30Z'),
      failure: null,
    });
  });

  test.each([
    ['REFUND.CLOSED', 'CLOSED', 'failed', { code: 'CLOSED', message: null }],
    ['REFUND.ABNORMAL', 'ABNORMAL', 'abnormal', { code: 'ABNORMAL', message: null }],
    ['REFUND.PROCESSING', 'PROCESSING', 'processing', null],
  ])(
    '%s has the time of the notification, because it has no time of its own',
    (type, state, status, failure) => {
      const { success_time: _, ...refund } = { ...REFUND, refund_status: state };
      expect(notificationOf(refund, { type }).refund).toMatchObject({
        status,
        failure,
        at: new Date('2026-11-23T08:00:00Z'),
      });
    },
  );

  test('is missing for a status that is not known here', () => {
    const refund = notificationOf({ ...REFUND, refund_status: 'NEW' }, { type: 'REFUND.NEW' });
    expect(refund).toMatchObject({ kind: 'refund', refund: null });
  });
});

test('a refund for another merchant is foreign', () => {
  expect(notificationOf({ ...REFUND, mchid: '1900000110' }, { type: 'REFUND.SUCCESS' })).toMatchObject({
    foreign: 'mchid',
  });
});

test.each([
  ['a total as text', { ...TRANSACTION, amount: { total: '10000', currency: 'CNY' } }, {}],
  ['a total beyond exactness', { ...TRANSACTION, amount: { total: 2 ** 60 } }, {}],
  ['a time without a zone', { ...TRANSACTION, success_time: '2026-11-23T15:59:00' }, {}],
  ['a number that is none of ours', { ...TRANSACTION, out_trade_no: 'a|b*c' }, {}],
  ['a resource that is no JSON', 'plain text', {}],
  ['a resource under another APIv3 key', TRANSACTION, { apiV3Key: 'b'.repeat(32) }],
])('a notification with a valid signature is unreadable because of %s', (_, resource, options) => {
  expect(notificationOf(resource, options).kind).toBe('unreadable');
});

test('associated data is authenticated, and may be left out where it is empty', () => {
  expect(notificationOf(TRANSACTION, { associatedData: '' }).kind).toBe('succeeded');
  const body = wechatBody(TRANSACTION).replace(
    '"associated_data":"transaction"',
    '"associated_data":"refund"',
  );
  expect(verified(wechatCallback(body)).notification.kind).toBe('unreadable');
});

test('the test vector of WeChat Pay’s Java SDK decrypts', () => {
  const resource = {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: 'ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=',
    nonce: 'uluk4a9R25RW',
    associated_data: 'associatedData',
  };
  const read = (ciphertext: string): string | null =>
    gateway.parse(
      Buffer.from(
        JSON.stringify({ event_type: 'TRANSACTION.SUCCESS', resource: { ...resource, ciphertext } }),
      ),
    ).notification.reason;
  // It decrypts to the word "message", which is not a trade state. With one bit changed it does not decrypt.
  expect(read(resource.ciphertext)).toBe('the trade state is unknown');
  expect(read(resource.ciphertext.replace('I=', 'M='))).toBe('the resource cannot be decrypted');
});

describe('only a valid signature is accepted', () => {
  const body = wechatBody(TRANSACTION);
  const genuine = wechatCallback(body);

  test('a platform certificate and a PUB_KEY_ID are live at the same time, and the serial is the key id', () => {
    const byCertificate = wechatCallback(body, {
      serial: CERTIFICATE.serial,
      privateKey: CERTIFICATE.privateKey,
    });
    expect(verified(byCertificate)).toMatchObject({
      keyId: CERTIFICATE.serial,
      eventId: 'EV-2018022511223320873',
    });
    expect(verified(genuine)).toMatchObject({ keyId: PLATFORM_SERIAL, eventId: 'EV-2018022511223320873' });
  });

  test('a key verifies only under its own serial', () => {
    const borrowed = wechatCallback(body, { serial: CERTIFICATE.serial });
    expect(gateway.verify(borrowed, NOW)).toEqual({ rejected: 'signature_mismatch' });
  });

  test('a probe is rejected as a probe, even if everything else is missing', () => {
    const probe = {
      'wechatpay-signature': `WECHATPAY/SIGNTEST/${String(genuine.headers['wechatpay-signature'])}`,
    };
    expect(gateway.verify({ ...genuine, headers: { ...genuine.headers, ...probe } }, NOW)).toEqual({
      rejected: 'probe',
    });
    expect(gateway.verify({ headers: probe, body: Buffer.alloc(0) }, NOW)).toEqual({ rejected: 'probe' });
  });

  test.each([
    ['wechatpay-signature', undefined, 'signature_missing'],
    ['wechatpay-signature', 'AAAA', 'signature_mismatch'],
    ['wechatpay-timestamp', undefined, 'timestamp_invalid'],
    ['wechatpay-nonce', undefined, 'signature_mismatch'],
    ['wechatpay-nonce', 'other', 'signature_mismatch'],
    ['wechatpay-serial', undefined, 'unknown_key'],
    ['wechatpay-serial', '0000', 'unknown_key'],
    ['wechatpay-signature-type', 'WECHATPAY2-SM2-WITH-SM3', 'signature_mismatch'],
  ])('%s: %s is rejected', (name, value, rejected) => {
    expect(gateway.verify({ ...genuine, headers: { ...genuine.headers, [name]: value } }, NOW)).toEqual({
      rejected,
    });
  });

  test('a callback whose signature type a proxy has removed is verified', () => {
    const { 'wechatpay-signature-type': _, ...headers } = genuine.headers;
    expect(gateway.verify({ ...genuine, headers }, NOW)).toHaveProperty('notification');
  });

  test('the border between nonce and body cannot be moved', () => {
    const [head, rest] = ['{', body.slice(1)];
    const callback = wechatCallback(`${head}\n${rest}`);
    const nonce = `${String(callback.headers['wechatpay-nonce'])}\n${head}`;
    const moved = { headers: { ...callback.headers, 'wechatpay-nonce': nonce }, body: Buffer.from(rest) };
    expect(gateway.verify(callback, NOW)).toHaveProperty('notification');
    expect(gateway.verify(moved, NOW)).toEqual({ rejected: 'signature_mismatch' });
  });
});

test.each([
  ['WECHAT_PAY_PLATFORM_KEYS', { platformKeys: [] }],
  ['WECHAT_PAY_PLATFORM_KEYS', { platformKeys: [{ serial: 'A', pem: 'hush' }] }],
  ['WECHAT_PAY_PLATFORM_KEYS', { platformKeys: [{ serial: 'A', pem: rsaPair(1024).publicKey }] }],
  ['WECHAT_PAY_API_V3_KEY', { apiV3Key: 'hush' }],
])(
  'a key that cannot be used stops the start, and the error names %s but not its value',
  (setting, settings) => {
    const start = (): unknown => new WechatPayGateway({ ...SETTINGS['wechat-pay'], ...settings });
    expect(start).toThrow(setting);
    expect(start).not.toThrow('hush');
  },
);
