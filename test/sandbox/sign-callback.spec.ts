import { expect, test } from '@jest/globals';
import { AlipaySdk } from 'alipay-sdk';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import {
  type CallbackContent,
  type CallbackStatus,
  type Payload,
  STATUSES,
} from '../../src/sandbox/callback.js';
import { type PlayedGateway, SIGNERS, signCallback } from '../../src/sandbox/gateways/registry.js';
import { sandboxKeys, serviceEnvironment } from '../../src/sandbox/keys.js';

const dataDir = await mkdtemp(join(tmpdir(), 'signers-'));
const keys = await sandboxKeys(dataDir);
await rm(dataDir, { recursive: true });
/** What the service gets, with the content of files in place of their paths. */
const env = serviceEnvironment(keys, Object.keys(SIGNERS), (_name, content) => content);

const AT = new Date('2026-11-23T16:30:05.250Z');

const CONTENT: CallbackContent = {
  paymentNumber: 'P100',
  transactionId: 'pi_3T100',
  eventId: 'evt_1',
  amount: '100.00',
  currency: 'CNY',
  status: 'succeeded',
  at: AT,
};

/** What the gateway's own verifier reads in a callback. It throws or returns null where it does not accept the signature. */
type Verify = (signed: ReturnType<typeof signCallback>) => object | null;

const alipay = new AlipaySdk({
  appId: env['ALIPAY_APP_ID']!,
  privateKey: keys.alipay.alipayPrivateKey,
  keyType: 'PKCS8',
  alipayPublicKey: env['ALIPAY_PUBLIC_KEYS']!,
});

const OFFICIAL = {
  stripe: ({ headers, body }) => {
    const secret = env['STRIPE_WEBHOOK_SECRETS']!;
    const signature = headers['stripe-signature']!;
    return new Stripe('sk_test').webhooks.constructEvent(
      body,
      signature,
      secret,
      300,
      undefined,
      AT.getTime(),
    );
  },
  'wechat-pay': ({ headers, body }) => {
    const [timestamp, nonce, signature] = ['timestamp', 'nonce', 'signature'].map(
      (name) => headers[`wechatpay-${name}`]!,
    );
    const [serial, platformKey] = env['WECHAT_PAY_PLATFORM_KEYS']!.split(/=(.*)/s);
    expect(headers['wechatpay-serial']).toBe(serial);
    const signed = Formatter.joinedByLineFeed(timestamp!, nonce!, body.toString());
    if (!Rsa.verify(signed, signature!, platformKey!)) return null;
    const event = JSON.parse(body.toString());
    const { ciphertext, nonce: iv, associated_data: aad } = event.resource;
    return {
      ...event,
      resource: JSON.parse(Aes.AesGcm.decrypt(ciphertext, env['WECHAT_PAY_API_V3_KEY']!, iv, aad)),
    };
  },
  alipay: ({ body }) => {
    const fields = Object.fromEntries(new URLSearchParams(body.toString()));
    return alipay.checkNotifySignV2(fields) ? fields : null;
  },
  'standard-webhooks': ({ headers, body }) => {
    return new Webhook(env['STANDARD_WEBHOOKS_SECRETS']!).verify(body, { ...headers }) as object;
  },
} satisfies Partial<Record<PlayedGateway, Verify>>;

const GATEWAYS = Object.keys(OFFICIAL).filter(isVerified);
type Verified = keyof typeof OFFICIAL;

function isVerified(gateway: string): gateway is Verified {
  return gateway in OFFICIAL;
}

/** The Standard Webhooks library always uses the clock of the machine. */
function contentFor(gateway: Verified): CallbackContent {
  return gateway === 'standard-webhooks' ? { ...CONTENT, at: new Date() } : CONTENT;
}

test.each(GATEWAYS)("%s's own verifier accepts every status that the sandbox plays for it", (gateway) => {
  for (const status of SIGNERS[gateway].statuses) {
    const signed = signCallback(gateway, keys, { ...contentFor(gateway), status });
    expect(signed.path).toBe(`/callbacks/${gateway}`);
    // Stripe's disputes and fraud warnings name the PaymentIntent alone.
    expect(JSON.stringify(OFFICIAL[gateway](signed))).toMatch(/P100|pi_3T100/);
  }
});

test.each(GATEWAYS)(
  "%s's own verifier rejects a tampered callback, which is still well formed",
  (gateway) => {
    const signed = signCallback(gateway, keys, { ...contentFor(gateway), tamper: true });
    const verdict = () => OFFICIAL[gateway](signed) ?? fail();
    expect(verdict).toThrow(/signature/i);
    const genuine = signCallback(gateway, keys, contentFor(gateway));
    expect(signed.body.length).toBe(genuine.body.length);
  },
);

test.each(GATEWAYS)("%s's own verifier accepts a payload that a test has altered", (gateway) => {
  const alter = (payload: Record<string, unknown>) => ({ ...payload, surprise: '100% cotton + 棉' });
  const signed = signCallback(gateway, keys, { ...contentFor(gateway), alter });
  expect(OFFICIAL[gateway](signed)).toMatchObject({ surprise: '100% cotton + 棉' });
});

test('Stripe reports minor units, the currency in lower case, and the payment number in the metadata', () => {
  const metadata = { payment_number: 'P100' };
  expect(played('stripe', { currency: 'USD', amount: '99.9' })).toMatchObject({
    livemode: false,
    created: 1_795_451_405,
    data: { object: { id: 'pi_3T100', amount_received: 9990, currency: 'usd', metadata } },
  });
});

test.each([
  ['JPY', '100', 100],
  ['KWD', '1.005', 1005],
  ['UGX', '100', 10_000],
])("Stripe's minor unit is its own: %s %s is %i", (currency, amount, received) => {
  expect(played('stripe', { currency, amount })).toMatchObject({
    data: { object: { amount_received: received } },
  });
});

test('WeChat Pay reports fen and Beijing time, in a resource that is encrypted', () => {
  expect(signCallback('wechat-pay', keys, CONTENT).body.toString()).not.toContain('P100');
  expect(played('wechat-pay', { amount: '0.01' })).toMatchObject({
    id: 'evt_1',
    event_type: 'TRANSACTION.SUCCESS',
    resource: {
      out_trade_no: 'P100',
      trade_state: 'SUCCESS',
      transaction_id: 'pi_3T100',
      success_time: '2026-11-24T00:30:05+08:00',
      amount: { total: 1, currency: 'CNY' },
    },
  });
});

test("Alipay's times are Beijing time without a zone", () => {
  const fields = played('alipay', {});
  expect(fields).toMatchObject({
    gmt_payment: '2026-11-24 00:30:05',
    total_amount: '100.00',
    notify_id: 'evt_1',
  });
  expect(Object.keys(fields).length).toBeGreaterThanOrEqual(25);
});

test('the time of payment may be earlier than the time of signing', () => {
  const paidAt = new Date(AT.getTime() - 3_600_000);
  expect(played('alipay', { paidAt })).toMatchObject({ gmt_payment: '2026-11-23 23:30:05' });
  expect(played('wechat-pay', { paidAt })).toMatchObject({
    resource: { success_time: '2026-11-23T23:30:05+08:00' },
  });
  expect(played('stripe', { paidAt })).toMatchObject({ created: 1_795_447_805 });
});

test('a callback can be for another merchant, app, seller or mode', () => {
  expect(played('wechat-pay', { merchantId: '1', appId: 'wx1' }).resource).toMatchObject({
    mchid: '1',
    appid: 'wx1',
  });
  expect(played('alipay', { sellerId: '2', appId: '3' })).toMatchObject({ seller_id: '2', app_id: '3' });
  expect(played('stripe', { livemode: true })).toMatchObject({
    livemode: true,
    data: { object: { livemode: true } },
  });
});

test("a refund of a part leaves what was paid, and Alipay and Stripe report the sum of the payment's refunds", () => {
  const refundTerms = { number: 'R-2', before: '30.00', paid: '100.00' };
  const part = { status: 'refund', amount: '20', refundTerms } as const;
  expect(played('alipay', part)).toMatchObject({
    total_amount: '100.00',
    receipt_amount: '100.00',
    invoice_amount: '100.00',
    refund_fee: '50.00',
    out_biz_no: 'R-2',
  });
  expect(played('stripe', part)).toMatchObject({
    data: { object: { amount: 10_000, amount_refunded: 5_000, refunded: false } },
  });
  const named = { out_refund_no: 'R-2', refund_id: expect.stringMatching(/^503\d{29}$/) };
  expect(played('wechat-pay', part)).toMatchObject({
    resource: { ...named, amount: { total: 10_000, refund: 2_000, payer_refund: 2_000 } },
  });
  const at = new Date();
  expect(played('standard-webhooks', { ...part, at })).toMatchObject({
    data: { refundNumber: 'R-2', amount: '20' },
  });
});

test('with two secrets of Stripe a callback has a signature by each, as during a rotation', () => {
  const rotating = { ...keys, stripe: { stripeSecret: 'whsec_a,whsec_b' } };
  const { headers, body } = signCallback('stripe', rotating, CONTENT);
  const stripe = new Stripe('sk_test');
  for (const secret of ['whsec_a', 'whsec_b']) {
    const signature = headers['stripe-signature']!;
    const event = stripe.webhooks.constructEvent(body, signature, secret, 300, undefined, AT.getTime());
    expect(event.id).toBe('evt_1');
  }
});

test('a status that a gateway never reports is refused, with the statuses that it reports', () => {
  const failure = () => signCallback('alipay', keys, { ...CONTENT, status: 'failed' });
  expect(failure).toThrow(
    'alipay has no callback for failed; it has callbacks for succeeded, processing, cancelled, refund',
  );
  expect(() => played('alipay', { currency: 'USD' })).toThrow('every amount is CNY');
  expect(() => played('wechat-pay', { amount: '0.001' })).toThrow(
    'the amount 0.001 is not a decimal with at most 2 places',
  );
});

test('docs/getting-started.md says for each gateway which callback a status is', async () => {
  const page = await readFile('docs/getting-started.md', 'utf8');
  const rows = page
    .split('\n')
    .flatMap((line) => (/^\| `\w+`/.test(line) ? [line.split('|').slice(1, -1)] : []));
  const shown = rows.filter(([names]) => names!.trim().replaceAll('`', '').split(', ').every(isStatus));
  const statuses = shown.map(([names]) => names!.trim().replaceAll('`', '').split(', ').filter(isStatus));
  expect(statuses.flat().toSorted()).toEqual([...STATUSES].toSorted());
  for (const [index, [, ...cells]] of shown.entries())
    for (const [column, gateway] of (
      ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'] as const
    ).entries())
      for (const status of statuses[index]!)
        expect([gateway, status, cells[column]!.trim() !== '–', cells[column]]).toEqual([
          gateway,
          status,
          (SIGNERS[gateway].statuses as readonly string[]).includes(status),
          expect.stringContaining(callbackName(gateway, status)),
        ]);
});

const isStatus = (name: string): name is CallbackStatus => (STATUSES as readonly string[]).includes(name);

/** How the gateway names the callback; a dash where it has none. */
function callbackName(gateway: Verified, status: CallbackStatus): string {
  if (!(SIGNERS[gateway].statuses as readonly string[]).includes(status)) return '–';
  const payload = played(gateway, { status, at: contentFor(gateway).at });
  const { type, event_type: event, trade_status: trade } = payload;
  const { trade_state: state } = (payload['resource'] ?? {}) as Payload;
  return `\`${String(state === 'SUCCESS' ? event : (state ?? trade ?? event ?? type))}\``;
}

function played(gateway: Verified, content: Partial<CallbackContent>): Payload {
  return { ...(OFFICIAL[gateway](signCallback(gateway, keys, { ...CONTENT, ...content })) ?? fail()) };
}

function fail(): never {
  throw new Error('the official verifier rejects the signature');
}
