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
import { eventIdOf, timeOf } from '../parsing.js';
import type { Replies, Reply } from '../replies.js';
import { refundReport } from '../reports.js';
import type { Notification, RefundReport } from '../../../domain/callbacks/notification.js';

export interface AlipaySettings {
  /** All of them are the seller's. */
  readonly appIds: readonly string[];
  readonly sellerId: string;
  /** PEM texts of Alipay's own public keys or certificates, not the app's. All of them are live, for rotation. */
  readonly publicKeys: readonly string[];
}

const NAME = 'alipay';
const SETTING = 'ALIPAY_PUBLIC_KEYS';

/** A notification has about 30 parameters. The limit bounds how many parameters of an unsigned form are sorted. */
const MOST_PARAMETERS = 200;

/**
 * The parameters that are read of a trade. They are ASCII in every charset that Alipay uses, so the charset does not matter. The
 * exception is `out_biz_no`, for which a merchant may choose any characters.
 */
const FIELDS_READ = [
  'app_id',
  'gmt_payment',
  'gmt_refund',
  'notify_id',
  'notify_type',
  'out_biz_no',
  'out_trade_no',
  'refund_fee',
  'seller_id',
  'settle_currency',
  'total_amount',
  'trade_no',
  'trade_status',
  'trans_currency',
] as const;
type FieldRead = (typeof FIELDS_READ)[number];

/** SHA256withRSA: the only algorithm that Alipay still recommends, and the only one that is verified here. */
const SIGN_TYPE = 'RSA2';

const FIELD_IN_VALUE = new RegExp(`&(?:${FIELDS_READ.join('|')})=`);

const KINDS_BY_TRADE_STATUS: ReadonlyMap<string | null, NotificationFields['kind']> = new Map([
  ['WAIT_BUYER_PAY', 'processing'],
  ['TRADE_SUCCESS', 'succeeded'],
  ['TRADE_FINISHED', 'succeeded'],
  ['TRADE_CLOSED', 'cancelled'],
]);

/** The parameters of a form, decoded once, with one character for each byte. */
type Form = ReadonlyMap<string, string>;

function text(status: number, body: 'success' | 'fail'): Reply {
  return { status, type: 'text/plain', body };
}

export class AlipayGateway extends Gateway {
  readonly name = NAME;
  readonly replies: Replies = {
    stored: text(200, 'success'),
    rejected: text(401, 'fail'),
    malformed: text(400, 'fail'),
    unavailable: text(503, 'fail'),
  };
  /** Alipay documents no deadline, so this is the shortest that any gateway documents: WeChat Pay's. */
  readonly answerWithinMs = 5_000;
  // The signature is in the body.
  readonly signatureHeaders: readonly string[] = [];
  override readonly paymentNumberRule: PaymentNumberRule = {
    pattern: /^\w{1,64}$/,
    expects: '1 to 64 letters, digits or _, without -',
  };
  private readonly keys: readonly LiveKey[];

  constructor(private readonly settings: AlipaySettings) {
    super();
    this.keys = required(SETTING, settings.publicKeys).map((pem) => rsaKey(SETTING, pem));
  }

  /** Alipay signs no time of sending, so no callback is too old. A repeated callback does nothing, because each notify_id settles once. */
  verify({ body }: RawCallback): VerifiedCallback | Rejected {
    const form = parseForm(body);
    if (!form) return { rejected: 'signature_mismatch' };
    const signature = form.get('sign');
    if (!signature) return { rejected: 'signature_missing' };
    // Most products do not sign sign_type itself, so any client could choose another algorithm with it.
    if ((form.get('sign_type') ?? SIGN_TYPE) !== SIGN_TYPE) return { rejected: 'signature_mismatch' };
    for (const signedBytes of signedTexts(form)) {
      const key = this.keys.find((candidate) => rsaVerifies(candidate, signedBytes, signature));
      if (key) return { keyId: key.id, signedBytes, ...this.readingOf(form, signedBytes) };
    }
    return { rejected: 'signature_mismatch' };
  }

  parse(body: Buffer): ParsedCallback {
    const form = parseForm(body);
    if (form) return this.readingOf(form, signedTexts(form)[0]);
    return { eventId: eventIdOf(undefined, body), notification: unreadable(NAME, 'the body is not a form') };
  }

  /** Nothing in a form that may have been split differently is trusted, not even its id, which could be a genuine callback's. */
  private readingOf(form: Form, signedBytes: Buffer): ParsedCallback {
    if (mayBeSplitDifferently(form)) {
      const notification = unreadable(NAME, 'a value contains what could be another parameter');
      return { eventId: eventIdOf(undefined, signedBytes), notification };
    }
    return { eventId: eventIdOf(form.get('notify_id'), signedBytes), ...this.contentOf(form) };
  }

  private contentOf(form: Form): Reading {
    const notAscii = FIELDS_READ.find(
      (name) => name !== 'out_biz_no' && NOT_ASCII.test(form.get(name) ?? ''),
    );
    if (notAscii) return { notification: unreadable(NAME, `${notAscii} is not ASCII`) };
    const read: Read = (name) => form.get(name) || null;
    const kind = KINDS_BY_TRADE_STATUS.get(read('trade_status'));
    if (!kind) return contentWithoutTrade(form, read);
    const refunds = isRefund(read) && kind !== 'processing';
    const currency = currencyOf(read);
    if (!refunds) {
      const notification = this.trade(kind, read, currency);
      return currency === 'CNY'
        ? { notification }
        : { notification, readBefore: this.trade(kind, read, 'CNY') };
    }
    // What was paid and refunded since is a success as well. It may be the first that is heard of the payment. Without the refunded sum
    // nobody knows how much of it is left, so it is no success then.
    const isPaid = read('gmt_payment') !== null && reportOf(read, currency).cumulative !== null;
    const notification = this.trade(isPaid ? 'succeeded' : 'refund', read, currency);
    return { notification, readBefore: this.trade('refund', read, 'CNY') };
  }

  private trade(kind: NotificationFields['kind'], read: Read, currency: string): Notification {
    const amounts: Partial<Record<NotificationFields['kind'], string | null>> = {
      succeeded: read('total_amount'),
      refund: read('refund_fee'),
    };
    const amount = amounts[kind] ?? null;
    return notificationFrom(NAME, {
      kind,
      paymentNumber: read('out_trade_no'),
      transactionId: read('trade_no'),
      amount,
      currency: amount && currency,
      paidAt: beijingTime(read('gmt_payment')),
      reason: kind === 'succeeded' ? null : read('trade_status'),
      foreign: this.foreignField(read),
      refund: isRefund(read) && kind !== 'processing' ? reportOf(read, currency) : null,
    });
  }

  private foreignField(read: Read): string | null {
    if (!this.settings.appIds.includes(read('app_id') ?? '')) return 'app_id';
    return read('seller_id') === this.settings.sellerId ? null : 'seller_id';
  }
}

/** The value of a parameter of a trade; null where it is missing or empty. */
type Read = (name: FieldRead) => string | null;

const NOT_ASCII = /[^\x20-\x7e]/;

/**
 * A message about something else than a trade. The check of the application gateway (`service`) and the messages of the open platform
 * (`msg_method`) have no `notify_type`. These two names are not in the list of what is read of a trade, because they are common words
 * in the texts of merchants, and decide nothing where there is a trade.
 */
function contentWithoutTrade(form: Form, read: Read): Reading {
  const isOfTrade = (read('notify_type') ?? TRADE) === TRADE;
  if (!isOfTrade) return { notification: notificationFrom(NAME, { kind: 'ignored' }) };
  const unknown = unreadable(NAME, 'the trade status is unknown');
  const isMessage = Boolean(form.get('msg_method')) || form.get('service') === 'alipay.service.check';
  if (!isMessage || form.get('trade_status')) return { notification: unknown };
  return { notification: notificationFrom(NAME, { kind: 'ignored' }), readBefore: unknown };
}

/** The notification type of trades, which a notification without a type has. */
const TRADE = 'trade_status_sync';

/** The amounts of a trade across borders are in the currency that the merchant has named. */
function currencyOf(read: Read): string {
  return read('trans_currency') ?? read('settle_currency') ?? 'CNY';
}

/** It names the sum of all refunds of the trade, and not what this refund has brought. */
function reportOf(read: Read, currency: string): RefundReport {
  const refundNumber = read('out_biz_no');
  return refundReport({
    refundNumber: refundNumber !== null && NOT_ASCII.test(refundNumber) ? null : refundNumber,
    status: 'succeeded',
    cumulative: { amount: read('refund_fee'), currency },
    paid: { amount: read('total_amount'), currency },
    at: beijingTime(read('gmt_refund')),
  });
}

/** Alipay's times are Beijing time and name no zone. */
function beijingTime(text: string | null): Date | null {
  return timeOf(text?.replace(' ', 'T').concat('+08:00'));
}

/** A refund is reported by the same notification, beside the status of the trade. */
function isRefund(read: Read): boolean {
  return read('gmt_refund') !== null || /[1-9]/.test(read('refund_fee') ?? '');
}

/**
 * Null for a form that Alipay does not send: too many parameters, names of other characters, or a repeated name. With a repeated
 * name one value could be verified and the other one read.
 */
function parseForm(body: Buffer): Form | null {
  const pairs = body.toString('latin1').split('&', MOST_PARAMETERS + 1);
  if (pairs.length > MOST_PARAMETERS) return null;
  const form = new Map<string, string>();
  for (const pair of pairs) {
    if (pair === '') continue;
    const border = pair.indexOf('=');
    const name = decode(border < 0 ? pair : pair.slice(0, border));
    if (!/^[\w.-]+$/.test(name) || form.has(name)) return null;
    form.set(name, border < 0 ? '' : decode(pair.slice(border + 1)));
  }
  return form;
}

/** The value of each hex digit by its character code, and -1 for other characters. */
const HEX_VALUES = Int8Array.from({ length: 256 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
);

/**
 * Decodes once: a value that contains `%41` afterwards is signed as `%41`. It works byte by byte, because an unauthenticated client
 * can send a body of 87 000 escapes, and calling a function for each would block the event loop for 50 ms.
 */
function decode(escaped: string): string {
  const bytes = Buffer.from(escaped, 'latin1');
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    const escape = byte === PERCENT ? byteOf(bytes[at + 1], bytes[at + 2]) : -1;
    if (escape >= 0) at += 2;
    bytes[length++] = escape >= 0 ? escape : byte === PLUS ? SPACE : byte;
  }
  return bytes.toString('latin1', 0, length);
}

const [PERCENT, PLUS, SPACE] = [0x25, 0x2b, 0x20];

/** The byte of two hex digits; negative where they are not hex digits. */
function byteOf(high = 0, low = 0): number {
  return (HEX_VALUES[high]! << 4) | HEX_VALUES[low]!;
}

/**
 * The signed text is `a=1&b=2` without escapes. A client that has a genuine notification can therefore split it differently under
 * the same signature: a `&total_amount=…` that a buyer wrote becomes a parameter, or a real parameter becomes the end of a value.
 * Where this is false, every field that is read follows from the signed text alone, however the form was encoded.
 */
function mayBeSplitDifferently(form: Form): boolean {
  const isLong = FIELDS_READ.some((name) => form.get(name)?.includes('&'));
  return isLong || [...form].some(([name, value]) => name !== 'sign' && FIELD_IN_VALUE.test(value));
}

/** The two texts that Alipay may have signed. Most products leave sign_type out, a few include it, and none says which. */
function signedTexts(form: Form): readonly [Buffer, Buffer] {
  return [signedText(form, ['sign', 'sign_type']), signedText(form, ['sign'])];
}

function signedText(form: Form, left: readonly string[]): Buffer {
  const parameters = [...form].filter(([name]) => !left.includes(name));
  parameters.sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(parameters.map(([name, value]) => `${name}=${value}`).join('&'), 'latin1');
}
