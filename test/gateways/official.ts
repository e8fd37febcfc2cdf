import { createSign, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Aes, Formatter, Rsa } from 'wechatpay-axios-plugin';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';

/** Signs as each gateway does, with the gateway's own or best maintained SDK where it can sign. */

export const NOW = new Date('2026-11-23T08:00:00Z');
export const NOW_SECONDS = NOW.getTime() / 1000;

export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

export interface RsaPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

export function rsaPair(bits = 2048): RsaPair {
  return generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

export const CERTIFICATE = {
  serial: '68AC38F9BF100FAD90248CFA3B47C024D6691630',
  pem: fixture('platform-certificate.pem'),
  privateKey: fixture('platform-key.pem'),
};
export const PLATFORM = rsaPair();
export const PLATFORM_SERIAL = 'PUB_KEY_ID_0116000000002026112300000000001234';
export const ALIPAY = rsaPair();
export const STRIPE_SECRET = 'whsec_official_test_secret';
export const WEBHOOK_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export const SETTINGS = {
  stripe: { secrets: [STRIPE_SECRET], livemode: true },
  'wechat-pay': {
    merchantId: '1900000109',
    appIds: ['wxd678efh567hg6787'],
    apiV3Key: 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
    platformKeys: [
      { serial: CERTIFICATE.serial, pem: CERTIFICATE.pem },
      { serial: PLATFORM_SERIAL, pem: PLATFORM.publicKey },
    ],
  },
  alipay: { appIds: ['2021000122671080'], sellerId: '2088102146225135', publicKeys: [ALIPAY.publicKey] },
  'standard-webhooks': { secrets: [WEBHOOK_SECRET] },
};

/** Text goes out as it is, anything else as JSON. */
function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

const stripe = new Stripe('sk_test_for_signing_only');

export function stripeCallback(event: unknown, secret = STRIPE_SECRET, timestamp = NOW_SECONDS): RawCallback {
  const payload = textOf(event);
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return { headers: { 'stripe-signature': signature }, body: Buffer.from(payload) };
}

export function webhookCallback(
  payload: unknown,
  { id = 'msg_1', secret = WEBHOOK_SECRET, timestamp = NOW_SECONDS } = {},
): RawCallback {
  const body = textOf(payload);
  const signature = new Webhook(secret).sign(id, new Date(timestamp * 1000), body);
  return {
    headers: { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature },
    body: Buffer.from(body),
  };
}

export interface WechatOptions {
  readonly type?: string;
  readonly associatedData?: string;
  readonly apiV3Key?: string;
}

/** A notification's body; its resource is encrypted as WeChat Pay encrypts it. */
export function wechatBody(resource: unknown, options: WechatOptions = {}): string {
  const { type = 'TRANSACTION.SUCCESS', associatedData = 'transaction' } = options;
  const key = options.apiV3Key ?? SETTINGS['wechat-pay'].apiV3Key;
  // The package's own types leave its ciphers out.
  const { AesGcm } = Aes as unknown as {
    AesGcm: { encrypt(plain: string, key: string, nonce: string, data: string): string };
  };
  const nonce = 'fdasflkja484';
  return JSON.stringify({
    id: 'EV-2018022511223320873',
    create_time: '2026-11-23T16:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: type,
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: AesGcm.encrypt(textOf(resource), key, nonce, associatedData),
      ...(associatedData === '' ? {} : { associated_data: associatedData }),
      nonce,
    },
    summary: '支付成功',
  });
}

export function wechatCallback(
  body: string,
  { serial = PLATFORM_SERIAL, privateKey = PLATFORM.privateKey, timestamp = NOW_SECONDS } = {},
): RawCallback {
  const nonce = '5K8264ILTKCH16CQ2502SI8ZNMTM67VS';
  const signature = Rsa.sign(Formatter.response(timestamp, nonce, body), privateKey);
  return {
    headers: {
      'wechatpay-serial': serial,
      'wechatpay-signature': signature,
      'wechatpay-timestamp': String(timestamp),
      'wechatpay-nonce': nonce,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    },
    body: Buffer.from(body),
  };
}

/** Values as bytes, so that any charset can be sent. */
export type AlipayParameters = Readonly<Record<string, string | Buffer>>;

export interface AlipayOptions {
  readonly privateKey?: string;
  /** A few products sign sign_type too. */
  readonly signsSignType?: boolean;
}

export function alipaySign(parameters: AlipayParameters, options: AlipayOptions = {}): string {
  const left = options.signsSignType ? ['sign'] : ['sign', 'sign_type'];
  const names = Object.keys(parameters).filter((name) => !left.includes(name));
  const signer = createSign('RSA-SHA256');
  for (const [index, name] of names.sort().entries()) {
    signer.update(`${index === 0 ? '' : '&'}${name}=`).update(parameters[name]!);
  }
  return signer.sign(options.privateKey ?? ALIPAY.privateKey, 'base64');
}

export function alipayCallback(parameters: AlipayParameters, options: AlipayOptions = {}): RawCallback {
  const signed = { ...parameters, sign: alipaySign(parameters, options) };
  const body = Object.entries(signed).map(([name, value]) => `${name}=${percentEncoded(value)}`);
  return { headers: {}, body: Buffer.from(body.join('&')) };
}

/** As Java's URLEncoder, which is what Alipay sends with. */
function percentEncoded(value: string | Buffer): string {
  return Array.from(Buffer.from(value), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[\w.*-]/.test(character)) return character;
    return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}
