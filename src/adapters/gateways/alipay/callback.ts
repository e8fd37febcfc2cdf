import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, required, rsaKey, rsaVerifies } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { eventIdOf, timeOf } from '../parsing.js';
import type { Replies, Reply } from '../replies.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export interface AlipaySettings {
  readonly appId: string;
  readonly sellerId: string;
  /** PEM texts of Alipay's own public keys or certificates, not the app's. All of them are live, for rotation. */
  readonly publicKeys: readonly string[];
}

const NAME = 'alipay';
const SETTING = 'ALIPAY_PUBLIC_KEYS';

/** A notification has about 30 parameters. The limit bounds how many parameters of an unsigned form are sorted. */
const MOST_PARAMETERS = 200;

/** The parameters that are read. They are ASCII in every charset that Alipay uses, so the charset does not matter. */
const FIELDS_READ = [
  'app_id',
  'gmt_payment',
  'gmt_refund',
  'notify_id',
  'notify_type',
  'out_trade_no',
  'refund_fee',
  'seller_id',
  'total_amount',
  'trade_no',
  'trade_status',
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
    return {
      eventId: eventIdOf(form.get('notify_id'), signedBytes),
      notification: this.notificationOf(form),
    };
  }

  private notificationOf(form: Form): Notification {
    const notAscii = FIELDS_READ.find((name) => /[^\x20-\x7e]/.test(form.get(name) ?? ''));
    if (notAscii) return unreadable(NAME, `${notAscii} is not ASCII`);
    const read = (name: FieldRead): string | null => form.get(name) || null;
    const kind = KINDS_BY_TRADE_STATUS.get(read('trade_status'));
    if (kind) return this.trade(isRefund(read) && kind !== 'processing' ? 'refund' : kind, read);
    const isOfTrade = (read('notify_type') ?? 'trade_status_sync') === 'trade_status_sync';
    return isOfTrade
      ? unreadable(NAME, 'the trade status is unknown')
      : notificationFrom(NAME, { kind: 'ignored' });
  }

  private trade(kind: NotificationFields['kind'], read: (name: FieldRead) => string | null): Notification {
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
      currency: amount && 'CNY',
      // Alipay's times are Beijing time and name no zone.
      paidAt: timeOf(read('gmt_payment')?.replace(' ', 'T').concat('+08:00')),
      reason: kind === 'succeeded' ? null : read('trade_status'),
      foreign: this.foreignField(read),
    });
  }

  private foreignField(read: (name: FieldRead) => string | null): string | null {
    if (read('app_id') !== this.settings.appId) return 'app_id';
    return read('seller_id') === this.settings.sellerId ? null : 'seller_id';
  }
}

/** A refund is reported by the same notification, beside the status of the trade. */
function isRefund(read: (name: FieldRead) => string | null): boolean {
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
