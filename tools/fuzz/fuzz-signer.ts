import { type KeyObject, createCipheriv, createHmac, createPrivateKey, sign } from 'node:crypto';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import { type Parameter, type Spelling, formOf } from './hostile-form.js';
import type { FuzzKeys } from './keys.js';

/** Signs any bytes as the gateways do. Their SDKs and the sandbox sign only well-formed content. */
export class FuzzSigner {
  private readonly platformKey: KeyObject;
  private readonly alipayKey: KeyObject;
  readonly timestamp: string;

  constructor(
    readonly keys: FuzzKeys,
    readonly at: Date,
  ) {
    this.platformKey = createPrivateKey(keys['wechat-pay'].wechatPayPrivateKey);
    this.alipayKey = createPrivateKey(keys.alipay.alipayPrivateKey);
    this.timestamp = String(Math.floor(at.getTime() / 1000));
  }

  stripe(body: Buffer): RawCallback {
    const hmac = createHmac('sha256', this.keys.stripe.stripeSecret);
    const signature = hmac.update(`${this.timestamp}.`).update(body).digest('hex');
    return { headers: { 'stripe-signature': `t=${this.timestamp},v1=${signature}` }, body };
  }

  standardWebhooks(body: Buffer, id: string): RawCallback {
    const secret = this.keys['standard-webhooks'].standardWebhooksSecret.replace('whsec_', '');
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
      'wechatpay-serial': this.keys['wechat-pay'].wechatPaySerial,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
      'wechatpay-timestamp': this.timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature': sign('RSA-SHA256', signed, this.platformKey).toString('base64'),
    };
    return { headers, body };
  }

  /** WeChat Pay's encrypted `resource` with any content. */
  wechatPayResource(plain: Buffer, kind: string): Record<string, string> {
    const nonce = '0123456789ab';
    const cipher = createCipheriv('aes-256-gcm', this.keys['wechat-pay'].wechatPayApiV3Key, nonce);
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
