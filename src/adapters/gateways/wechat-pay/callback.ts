import { type KeyObject, createDecipheriv, createSecretKey } from 'node:crypto';
import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, required, rsaKey, rsaVerifies } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { decimalOf, eventIdOf, field, headerOf, parseJson, timeOf, timestampFault } from '../parsing.js';
import { type Replies, type Reply, jsonReply } from '../replies.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export interface WechatPaySettings {
  readonly merchantId: string;
  readonly appId: string;
  /** 32 bytes. It decrypts the `resource` of a callback. */
  readonly apiV3Key: string;
  /**
   * `serial` is the serial number of a platform certificate, or a `PUB_KEY_ID_…`. `pem` is the certificate or the public key.
   * Several are live at the same time, because WeChat Pay signs with both kinds while a merchant moves from one to the other.
   */
  readonly platformKeys: readonly { readonly serial: string; readonly pem: string }[];
}

const NAME = 'wechat-pay';
const PLATFORM_KEYS = 'WECHAT_PAY_PLATFORM_KEYS';
const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';

/** WeChat Pay sends wrong signatures with this prefix to check that they are rejected. */
const PROBE_PREFIX = 'WECHATPAY/SIGNTEST/';

/** A line feed in the nonce would move the border between nonce and body in the signed text. */
const NONCE = /^[\x21-\x7e]{1,128}$/;

const GCM_TAG_BYTES = 16;

const KINDS_BY_TRADE_STATE: ReadonlyMap<unknown, NotificationFields['kind']> = new Map([
  ['SUCCESS', 'succeeded'],
  ['NOTPAY', 'processing'],
  ['USERPAYING', 'processing'],
  ['ACCEPT', 'processing'],
  ['PAYERROR', 'failed'],
  ['CLOSED', 'cancelled'],
  ['REVOKED', 'cancelled'],
  ['REFUND', 'refund'],
]);

function failure(status: number, message: string): Reply {
  return jsonReply(status, { code: 'FAIL', message });
}

export class WechatPayGateway extends Gateway {
  readonly name = NAME;
  readonly replies: Replies = {
    stored: { status: 204 },
    rejected: failure(401, 'the signature is not valid'),
    malformed: failure(400, 'the request cannot be processed'),
    unavailable: failure(503, 'not stored, please send again'),
  };
  /** WeChat Pay documents that a notification must be answered within 5 seconds. */
  readonly answerWithinMs = 5_000;
  readonly signatureHeaders = [
    'wechatpay-signature',
    'wechatpay-timestamp',
    'wechatpay-nonce',
    'wechatpay-serial',
    'wechatpay-signature-type',
  ];
  private readonly keys: ReadonlyMap<string, LiveKey>;
  private readonly apiV3Key: KeyObject;
  private readonly own: Readonly<Record<'appid' | 'mchid', string>>;

  constructor(settings: WechatPaySettings) {
    super();
    this.keys = new Map(
      required(PLATFORM_KEYS, settings.platformKeys).map(({ serial, pem }) => [
        serial,
        { ...rsaKey(PLATFORM_KEYS, pem), id: serial },
      ]),
    );
    const apiV3Key = Buffer.from(settings.apiV3Key);
    if (apiV3Key.length !== 32) throw new Error('WECHAT_PAY_API_V3_KEY is not 32 bytes long');
    this.apiV3Key = createSecretKey(apiV3Key);
    this.own = { appid: settings.appId, mchid: settings.merchantId };
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): VerifiedCallback | Rejected {
    const signature = headerOf(headers, 'wechatpay-signature');
    if (!signature) return { rejected: 'signature_missing' };
    if (signature.startsWith(PROBE_PREFIX)) return { rejected: 'probe' };
    const timestamp = headerOf(headers, 'wechatpay-timestamp') ?? '';
    const fault = timestampFault(timestamp, receivedAt);
    if (fault) return { rejected: fault };
    const key = this.keys.get(headerOf(headers, 'wechatpay-serial') ?? '');
    if (!key) return { rejected: 'unknown_key' };
    const nonce = headerOf(headers, 'wechatpay-nonce') ?? '';
    const type = headerOf(headers, 'wechatpay-signature-type') ?? SIGNATURE_TYPE;
    if (!NONCE.test(nonce) || type !== SIGNATURE_TYPE) return { rejected: 'signature_mismatch' };
    const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')]);
    if (!rsaVerifies(key, signed, signature)) return { rejected: 'signature_mismatch' };
    return { keyId: key.id, signedBytes: body, ...this.parse(body) };
  }

  parse(body: Buffer): ParsedCallback {
    const envelope = parseJson(body);
    return { eventId: eventIdOf(field(envelope, 'id'), body), notification: this.notificationOf(envelope) };
  }

  private notificationOf(envelope: unknown): Notification {
    const type = field(envelope, 'event_type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a WeChat Pay notification');
    const isRefund = type.startsWith('REFUND.');
    if (!isRefund && !type.startsWith('TRANSACTION.')) return notificationFrom(NAME, { kind: 'ignored' });
    const text = this.decrypt(field(envelope, 'resource'));
    if (!text) return unreadable(NAME, 'the resource cannot be decrypted');
    const resource = parseJson(text);
    return isRefund ? this.refund(resource) : this.transaction(resource);
  }

  private decrypt(resource: unknown): Buffer | undefined {
    const [algorithm, ciphertext, nonce, associatedData = ''] = [
      'algorithm',
      'ciphertext',
      'nonce',
      'associated_data',
    ].map((name) => field(resource, name) ?? undefined);
    if (algorithm !== 'AEAD_AES_256_GCM' || typeof associatedData !== 'string') return undefined;
    if (typeof ciphertext !== 'string' || typeof nonce !== 'string') return undefined;
    const sealed = Buffer.from(ciphertext, 'base64');
    try {
      const options = { authTagLength: GCM_TAG_BYTES };
      const decipher = createDecipheriv('aes-256-gcm', this.apiV3Key, Buffer.from(nonce), options);
      decipher.setAAD(Buffer.from(associatedData)).setAuthTag(sealed.subarray(-GCM_TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.subarray(0, -GCM_TAG_BYTES)), decipher.final()]);
    } catch {
      // It was encrypted with another APIv3 key, or changed since. The callback is stored as unreadable and opens a case.
      return undefined;
    }
  }

  private transaction(transaction: unknown): Notification {
    const kind = KINDS_BY_TRADE_STATE.get(field(transaction, 'trade_state'));
    if (!kind) return unreadable(NAME, 'the trade state is unknown');
    return notificationFrom(NAME, {
      kind,
      paymentNumber: field(transaction, 'out_trade_no'),
      transactionId: field(transaction, 'transaction_id'),
      // `total` and not `payer_total`: the part that a coupon paid counts as paid.
      ...(kind === 'succeeded' ? fenIn(transaction, 'total') : {}),
      paidAt: timeOf(field(transaction, 'success_time')),
      reason: kind === 'succeeded' ? null : field(transaction, 'trade_state_desc'),
      foreign: this.foreignField(transaction, 'appid') ?? this.foreignField(transaction, 'mchid'),
    });
  }

  /** The notification of a refund has no appid. */
  private refund(refund: unknown): Notification {
    return notificationFrom(NAME, {
      kind: 'refund',
      paymentNumber: field(refund, 'out_trade_no'),
      transactionId: field(refund, 'transaction_id'),
      ...fenIn(refund, 'refund'),
      reason: field(refund, 'refund_status'),
      foreign: this.foreignField(refund, 'mchid'),
    });
  }

  /**
   * A service provider's ids have the prefix `sp_`. The field is foreign where neither form is present, or one of them is not the
   * shop's.
   */
  private foreignField(resource: unknown, name: 'appid' | 'mchid'): string | null {
    const named = [field(resource, name), field(resource, `sp_${name}`)].filter((id) => id !== undefined);
    return named.length > 0 && named.every((id) => id === this.own[name]) ? null : name;
  }
}

/** Amounts are whole fen. Without a currency they are CNY. */
function fenIn(resource: unknown, name: 'total' | 'refund'): Pick<NotificationFields, 'amount' | 'currency'> {
  const currency = field(resource, 'amount', 'currency') ?? 'CNY';
  return { amount: decimalOf(field(resource, 'amount', name), currency), currency };
}
