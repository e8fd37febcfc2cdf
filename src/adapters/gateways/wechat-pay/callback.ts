import { type KeyObject, createDecipheriv, createSecretKey } from 'node:crypto';
import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type PaymentNumberRule,
  type Reading,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, required, rsaKey, rsaVerifies } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { decimalOf, eventIdOf, field, headerOf, parseJson, timeOf, timestampFault } from '../parsing.js';
import { type Replies, type Reply, jsonReply } from '../replies.js';
import { refundReport } from '../reports.js';
import type {
  Notification,
  RefundReport,
  RefundReportStatus,
} from '../../../domain/callbacks/notification.js';

export interface WechatPaySettings {
  readonly merchantId: string;
  /** All of them are the shop's: its mini program, its app and its web pages each have one. */
  readonly appIds: readonly string[];
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

/** WeChat Pay documents that a customer can pay at most this many orders together. */
const MOST_SUB_ORDERS = 50;

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

const REFUND_STATUSES: ReadonlyMap<unknown, RefundReportStatus> = new Map([
  ['SUCCESS', 'succeeded'],
  ['PROCESSING', 'processing'],
  ['CLOSED', 'failed'],
  ['ABNORMAL', 'abnormal'],
]);

function failure(status: number, message: string): Reply {
  return jsonReply(status, { code: 'FAIL', message });
}

export class WechatPayGateway extends Gateway {
  readonly name = NAME;
  readonly replies: Replies = {
    stored: { status: 204 },
    rejected: failure(401, 'the signature is not valid'),
    malformed: failure(400, 'the body is compressed, please send it without Content-Encoding'),
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
  /** It also takes `|`, `*` and `@`, which no payment number of this service has. */
  override readonly paymentNumberRule: PaymentNumberRule = {
    pattern: /^[\w-]{6,32}$/,
    expects: '6 to 32 letters, digits, _ or -',
  };
  private readonly keys: ReadonlyMap<string, LiveKey>;
  private readonly apiV3Key: KeyObject;
  private readonly own: Readonly<Record<'appid' | 'mchid', readonly string[]>>;

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
    this.own = { appid: settings.appIds, mchid: [settings.merchantId] };
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
    return { eventId: eventIdOf(field(envelope, 'id'), body), ...this.readingOf(envelope) };
  }

  private readingOf(envelope: unknown): Reading {
    const type = field(envelope, 'event_type');
    if (typeof type !== 'string') return unread('the body is not a WeChat Pay notification');
    const isRefund = type.startsWith('REFUND.');
    if (!isRefund && !type.startsWith('TRANSACTION.')) {
      return { notification: notificationFrom(NAME, { kind: 'ignored' }) };
    }
    const text = this.decrypt(field(envelope, 'resource'));
    if (!text) return unread('the resource cannot be decrypted');
    const resource = parseJson(text);
    if (isRefund) return { notification: this.refund(resource, field(envelope, 'create_time')) };
    if (field(resource, 'combine_out_trade_no') !== undefined) return this.combined(resource);
    return { notification: this.transaction(resource, this.foreignOf(resource)) };
  }

  /** A customer has paid several orders together. Each has its own transaction, so each is a notification of its own. */
  private combined(resource: unknown): Reading {
    const subOrders = field(resource, 'sub_orders');
    if (!Array.isArray(subOrders) || subOrders.length === 0) return unread('the payment has no sub-orders');
    if (subOrders.length > MOST_SUB_ORDERS) {
      return unread(`the payment has more than ${MOST_SUB_ORDERS} sub-orders`);
    }
    const foreign = this.foreignOf(resource, 'combine_');
    const [notification, ...further] = subOrders.map((subOrder: unknown) =>
      this.transaction(subOrder, foreign ?? this.foreignField(subOrder, 'mchid')),
    );
    const readBefore = unreadable(NAME, 'the trade state is unknown');
    return { notification: notification!, further, readBefore };
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

  /** A sub-order of a combined payment has `total_amount` and `payer_amount` in place of `total` and `payer_total`. */
  private transaction(transaction: unknown, foreign: string | null): Notification {
    const kind = KINDS_BY_TRADE_STATE.get(field(transaction, 'trade_state'));
    if (!kind) return unreadable(NAME, 'the trade state is unknown');
    return notificationFrom(NAME, {
      kind,
      paymentNumber: field(transaction, 'out_trade_no'),
      transactionId: field(transaction, 'transaction_id'),
      ...(kind === 'succeeded' ? paidIn(transaction) : {}),
      paidAt: timeOf(field(transaction, 'success_time')),
      reason: kind === 'succeeded' ? null : field(transaction, 'trade_state_desc'),
      foreign,
    });
  }

  /** The notification of a refund has no appid. */
  private refund(refund: unknown, createTime: unknown): Notification {
    return notificationFrom(NAME, {
      kind: 'refund',
      paymentNumber: field(refund, 'out_trade_no'),
      transactionId: field(refund, 'transaction_id'),
      ...fenIn(refund, 'refund'),
      reason: field(refund, 'refund_status'),
      foreign: this.foreignField(refund, 'mchid'),
      refund: reportOf(refund, createTime),
    });
  }

  private foreignOf(resource: unknown, prefix: 'combine_' | '' = ''): string | null {
    return this.foreignField(resource, 'appid', prefix) ?? this.foreignField(resource, 'mchid', prefix);
  }

  /**
   * A service provider's ids have the prefix `sp_`. The field is foreign where neither form is present, or one of them is not the
   * shop's.
   */
  private foreignField(
    resource: unknown,
    name: 'appid' | 'mchid',
    prefix: 'combine_' | '' = '',
  ): string | null {
    const named = [field(resource, `${prefix}${name}`), field(resource, `sp_${name}`)].filter(
      (id) => id !== undefined,
    );
    return named.length > 0 && named.every((id) => this.own[name].includes(id as string)) ? null : name;
  }
}

const unread = (reason: string): Reading => ({ notification: unreadable(NAME, reason) });

interface AmountFields {
  readonly amount: string | null;
  readonly currency: unknown;
}

/** The total and not what the payer gave: the part that a coupon paid counts as paid. */
function paidIn(transaction: unknown): AmountFields & Pick<NotificationFields, 'charged'> {
  const amount = field(transaction, 'amount');
  const paid = fenIn(transaction, field(amount, 'total') === undefined ? 'total_amount' : 'total');
  const payerCurrency = field(amount, 'payer_currency') ?? paid.currency;
  if (payerCurrency === paid.currency) return paid;
  const payer = field(amount, 'payer_total') ?? field(amount, 'payer_amount');
  return { ...paid, charged: { amount: decimalOf(payer, payerCurrency), currency: payerCurrency } };
}

/** Amounts are whole minor units, such as fen. Without a currency they are CNY. */
function fenIn(resource: unknown, name: 'total' | 'total_amount' | 'refund'): AmountFields {
  const currency = field(resource, 'amount', 'currency') ?? 'CNY';
  return { amount: decimalOf(field(resource, 'amount', name), currency), currency };
}

/** Only a refund that has succeeded tells when. For the others, the notification tells when it was made. */
function reportOf(refund: unknown, createTime: unknown): RefundReport | null {
  const state = field(refund, 'refund_status');
  const status = REFUND_STATUSES.get(state);
  if (!status) return null;
  return refundReport({
    refundNumber: field(refund, 'out_refund_no'),
    gatewayRefundId: field(refund, 'refund_id'),
    amount: fenIn(refund, 'refund'),
    status,
    paid: fenIn(refund, 'total'),
    at: timeOf(field(refund, 'success_time') ?? createTime),
    failure: status === 'failed' || status === 'abnormal' ? { code: String(state) } : null,
  });
}
