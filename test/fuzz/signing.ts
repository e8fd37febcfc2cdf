import { createCipheriv, createHmac, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { DevelopmentKeys } from '../../src/sandbox/development-keys.js';
import { formOf, type Parameter, type Spelling } from './hostile-form.js';

/** The gateways' signatures over any bytes at all, which neither their SDKs nor the sandbox would sign. */
export class Seals {
  private readonly platformKey: KeyObject;
  private readonly alipayKey: KeyObject;
  readonly timestamp: string;

  constructor(
    readonly keys: DevelopmentKeys,
    readonly at: Date,
  ) {
    this.platformKey = createPrivateKey(keys.wechatPay.privateKey);
    this.alipayKey = createPrivateKey(keys.alipay.privateKey);
    this.timestamp = String(Math.floor(at.getTime() / 1000));
  }

  stripe(body: Buffer): RawCallback {
    const hmac = createHmac('sha256', this.keys.settings.stripe.secrets[0]!);
    const signature = hmac.update(`${this.timestamp}.`).update(body).digest('hex');
    return { headers: { 'stripe-signature': `t=${this.timestamp},v1=${signature}` }, body };
  }

  standardWebhooks(body: Buffer, id: string): RawCallback {
    const secret = this.keys.settings.standardWebhooks.secrets[0]!.replace('whsec_', '');
    const hmac = createHmac('sha256', Buffer.from(secret, 'base64'));
    const signature = hmac.update(`${id}.${this.timestamp}.`, 'latin1').update(body).digest('base64');
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': this.timestamp,
      'webhook-signature': `v1,${signature}`,
    };
    return { headers, body };
  }

  wechatPay(body: Buffer): RawCallback {
    const nonce = '5K8264ILTKCH16CQ2502SI8ZNMTM67VS';
    const signed = Buffer.concat([Buffer.from(`${this.timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
    const headers = {
      'wechatpay-serial': this.keys.wechatPay.serial,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
      'wechatpay-timestamp': this.timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature': sign('RSA-SHA256', signed, this.platformKey).toString('base64'),
    };
    return { headers, body };
  }

  /** WeChat Pay's `resource`, over whatever it is to hold. */
  wechatPayResource(plain: Buffer, kind: string): Record<string, string> {
    const nonce = '0123456789ab';
    const cipher = createCipheriv('aes-256-gcm', this.keys.settings.wechatPay.apiV3Key, nonce);
    cipher.setAAD(Buffer.from(kind));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return {
      original_type: kind,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: sealed.toString('base64'),
      associated_data: kind,
      nonce,
    };
  }

  alipay(parameters: readonly Parameter[], spelling: Spelling): RawCallback {
    const signed = parameters
      .filter(([name]) => name !== 'sign' && name !== 'sign_type')
      .map(([name, value]) => [Buffer.from(name).toString('latin1'), value.toString('latin1')] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map((pair) => pair.join('='))
      .join('&');
    const signature = sign('RSA-SHA256', Buffer.from(signed, 'latin1'), this.alipayKey).toString('base64');
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    return { headers, body: formOf([...parameters, ['sign', Buffer.from(signature)]], spelling) };
  }
}
