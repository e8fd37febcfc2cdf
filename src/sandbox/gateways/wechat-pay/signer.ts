import {
  createCipheriv,
  createHash,
  createPublicKey,
  randomBytes,
  randomInt,
  sign as rsaSign,
} from 'node:crypto';
import { rsaPrivateKeyField, secretField } from '../../../development/development-keys.js';
import {
  type CallbackContent,
  type Payload,
  type Signer,
  beijingTime,
  epochSeconds,
  isRefund,
  minorUnits,
  refundOf,
} from '../../callback.js';

interface WechatPayKeys {
  readonly wechatPayApiV3Key: string;
  readonly wechatPaySerial: string;
  readonly wechatPayPrivateKey: string;
}

const MERCHANT_ID = '1900000109';
const APP_ID = 'wx8888888888888888';

/** WeChat Pay pushes only successes. The other states are those that its order query returns. */
const TRADE_STATES = {
  succeeded: ['SUCCESS', '支付成功'],
  processing: ['USERPAYING', '用户支付中'],
  failed: ['PAYERROR', '支付失败'],
  cancelled: ['CLOSED', '订单已关闭'],
} as const;
const REFUND_STATES = {
  refund: ['SUCCESS', '退款成功'],
  refund_failed: ['CLOSED', '退款关闭'],
  refund_abnormal: ['ABNORMAL', '退款异常'],
} as const;
type RefundStatus = keyof typeof REFUND_STATES;

export const wechatPaySigner: Signer<WechatPayKeys> = {
  keys: {
    wechatPayApiV3Key: secretField(/^\w{32}$/, () => randomBytes(16).toString('hex')),
    wechatPaySerial: secretField(
      /^PUB_KEY_ID_\d+$/,
      () => `PUB_KEY_ID_${Array.from({ length: 32 }, () => randomInt(10)).join('')}`,
    ),
    wechatPayPrivateKey: rsaPrivateKeyField,
  },
  environment(keys, saveFile) {
    const publicKey = createPublicKey(keys.wechatPayPrivateKey).export({ type: 'spki', format: 'pem' });
    return {
      WECHAT_PAY_MERCHANT_ID: MERCHANT_ID,
      WECHAT_PAY_APP_ID: APP_ID,
      WECHAT_PAY_API_V3_KEY: keys.wechatPayApiV3Key,
      WECHAT_PAY_PLATFORM_KEYS: `${keys.wechatPaySerial}=${saveFile('wechat-pay.pem', publicKey.toString())}`,
    };
  },
  statuses: ['succeeded', 'processing', 'failed', 'cancelled', 'refund', 'refund_failed', 'refund_abnormal'],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 204 },
  eventId: (unique) => `EV-${unique}`,
  transactionId: (unique) => `42000${unique}`.slice(0, 32),

  payload(_keys, content) {
    const [state, summary] = isRefund(content.status) ? REFUND_STATES[content.status as RefundStatus] : [];
    return {
      id: content.eventId,
      create_time: timeOf(content.at),
      resource_type: 'encrypt-resource',
      event_type: state ? `REFUND.${state}` : 'TRANSACTION.SUCCESS',
      summary: summary ?? '支付成功',
      resource: state ? refundResource(content, state) : transactionResource(content),
    };
  },

  sign(keys, payload, { at }) {
    const kind = String(payload['event_type']).startsWith('REFUND') ? 'refund' : 'transaction';
    const resource = encrypt(JSON.stringify(payload['resource']), kind, keys.wechatPayApiV3Key);
    const body = Buffer.from(JSON.stringify({ ...payload, resource }));
    const timestamp = String(epochSeconds(at));
    const nonce = randomBytes(16).toString('hex');
    const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Mozilla/4.0',
      accept: '*/*',
      'wechatpay-serial': keys.wechatPaySerial,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature': rsaSign('RSA-SHA256', signed, keys.wechatPayPrivateKey).toString('base64'),
    };
    return { headers, body };
  },
};

function transactionResource(content: CallbackContent): Payload {
  const [state, description] = TRADE_STATES[content.status as keyof typeof TRADE_STATES];
  const total = minorUnits(content.amount, 2);
  const { currency } = content;
  return {
    appid: content.appId ?? APP_ID,
    mchid: content.merchantId ?? MERCHANT_ID,
    out_trade_no: content.paymentNumber,
    transaction_id: content.transactionId,
    trade_type: 'JSAPI',
    trade_state: state,
    trade_state_desc: description,
    bank_type: 'OTHERS',
    attach: '',
    success_time: timeOf(content.paidAt ?? content.at),
    payer: { openid: 'oSandboxBuyer0000000000000000' },
    amount: { total, payer_total: total, currency, payer_currency: currency },
  };
}

function refundResource(content: CallbackContent, state: string): Payload {
  const { number, id, paid } = refundOf(content);
  const [total, refund] = [paid, content.amount].map((amount) => minorUnits(amount, 2));
  return {
    mchid: content.merchantId ?? MERCHANT_ID,
    transaction_id: content.transactionId,
    out_trade_no: content.paymentNumber,
    refund_id: id ?? refundId(content.transactionId, number),
    out_refund_no: number,
    refund_status: state,
    ...(state === 'SUCCESS' && { success_time: timeOf(content.paidAt ?? content.at) }),
    user_received_account: '支付用户零钱',
    amount: { total, refund, payer_total: total, payer_refund: refund },
  };
}

/** The same number of a refund of the same money has the same id. */
function refundId(transactionId: string, number: string): string {
  const digest = createHash('sha256').update(`${transactionId}/${number}`).digest('hex');
  return `503${BigInt(`0x${digest}`)}`.slice(0, 32);
}

function encrypt(plain: string, kind: string, apiV3Key: string): Payload {
  const nonce = randomBytes(6).toString('hex');
  const cipher = createCipheriv('aes-256-gcm', apiV3Key, nonce).setAAD(Buffer.from(kind));
  const sealed = [cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return {
    original_type: kind,
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: Buffer.concat(sealed).toString('base64'),
    associated_data: kind,
    nonce,
  };
}

/** RFC 3339 to the second. */
function timeOf(at: Date): string {
  return beijingTime(at).replace(/\.\d{3}/, '');
}
