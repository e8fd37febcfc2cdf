import type { Notice } from '../../domain/notice.js';
import {
  eventIdOf,
  Gateway,
  noticeFrom,
  timeOf,
  unreadable,
  type NoticeFields,
  type RawCallback,
  type Reading,
  type Rejected,
  type Replies,
  type Reply,
  type Verified,
} from './gateway.js';
import { required, rsaKey, rsaVerifies, type LiveKey } from './keys.js';

export interface AlipaySettings {
  readonly appId: string;
  readonly sellerId: string;
  /** PEM texts of Alipay's own public keys or certificates, not the app's; all are live, for rotation. */
  readonly publicKeys: readonly string[];
}

const NAME = 'alipay';
const SETTING = 'ALIPAY_PUBLIC_KEYS';

/** A notification has about thirty parameters. The limit bounds what an unsigned form can make us sort. */
const MOST_PARAMETERS = 200;

/**
 * What is read of a notification. All of it is ASCII in every charset that Alipay sends, so no charset need
 * be known.
 */
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

/** SHA256withRSA, the one algorithm that Alipay still recommends and that is verified here. */
const SIGN_TYPE = 'RSA2';

const FIELD_IN_VALUE = new RegExp(`&(?:${FIELDS_READ.join('|')})=`);

const KINDS_BY_TRADE_STATUS: ReadonlyMap<string | null, NoticeFields['kind']> = new Map([
  ['WAIT_BUYER_PAY', 'processing'],
  ['TRADE_SUCCESS', 'succeeded'],
  ['TRADE_FINISHED', 'succeeded'],
  ['TRADE_CLOSED', 'cancelled'],
]);

/** A form's parameters, one character for each byte, decoded once. */
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
  private readonly keys: readonly LiveKey[];

  constructor(private readonly settings: AlipaySettings) {
    super();
    this.keys = required(SETTING, settings.publicKeys).map((pem) => rsaKey(SETTING, pem));
  }

  /**
   * Alipay signs no time of sending, so nothing here is too old: that a notify_id settles once is the guard.
   */
  verify({ body }: RawCallback): Verified | Rejected {
    const form = parseForm(body);
    if (!form) return { rejected: 'signature_mismatch' };
    const signature = form.get('sign');
    if (!signature) return { rejected: 'signature_missing' };
    // It is mostly not signed itself, so whatever else it could say would be a stranger's word.
    if ((form.get('sign_type') ?? SIGN_TYPE) !== SIGN_TYPE) return { rejected: 'signature_mismatch' };
    for (const signedBytes of signedTexts(form)) {
      const key = this.keys.find((candidate) => rsaVerifies(candidate, signedBytes, signature));
      if (key) return { keyId: key.id, signedBytes, ...this.readingOf(form, signedBytes) };
    }
    return { rejected: 'signature_mismatch' };
  }

  read(body: Buffer): Reading {
    const form = parseForm(body);
    if (form) return this.readingOf(form, signedTexts(form)[0]);
    return { eventId: eventIdOf(undefined, body), notice: unreadable(NAME, 'the body is not a form') };
  }

  /** Not even the id of a form is believed that may have been cut elsewhere: it could take a genuine one's place. */
  private readingOf(form: Form, signedBytes: Buffer): Reading {
    if (mayBeCutElsewhere(form)) {
      const notice = unreadable(NAME, 'a value holds what could be another parameter');
      return { eventId: eventIdOf(undefined, signedBytes), notice };
    }
    return { eventId: eventIdOf(form.get('notify_id'), signedBytes), notice: this.noticeOf(form) };
  }

  private noticeOf(form: Form): Notice {
    const strange = FIELDS_READ.find((name) => /[^\x20-\x7e]/.test(form.get(name) ?? ''));
    if (strange) return unreadable(NAME, `${strange} is not ASCII`);
    const read = (name: FieldRead): string | null => form.get(name) || null;
    const kind = KINDS_BY_TRADE_STATUS.get(read('trade_status'));
    if (kind) return this.trade(isRefund(read) && kind !== 'processing' ? 'refund' : kind, read);
    const isOfTrade = (read('notify_type') ?? 'trade_status_sync') === 'trade_status_sync';
    return isOfTrade
      ? unreadable(NAME, 'the trade status is not known')
      : noticeFrom(NAME, { kind: 'ignored' });
  }

  private trade(kind: NoticeFields['kind'], read: (name: FieldRead) => string | null): Notice {
    const amounts: Partial<Record<NoticeFields['kind'], string | null>> = {
      succeeded: read('total_amount'),
      refund: read('refund_fee'),
    };
    const amount = amounts[kind] ?? null;
    return noticeFrom(NAME, {
      kind,
      paymentNumber: read('out_trade_no'),
      transactionId: read('trade_no'),
      amount,
      currency: amount && 'CNY',
      // Alipay's times are Beijing's and do not say so.
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

/** Refunds are told by the same notification, on top of the trade's own status. */
function isRefund(read: (name: FieldRead) => string | null): boolean {
  return read('gmt_refund') !== null || /[1-9]/.test(read('refund_fee') ?? '');
}

/**
 * Null for what Alipay does not send: too many parameters, odd names, or a name twice, of which one value
 * would be verified and the other could be read.
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

/** The value of each hex digit by its character code, and -1 for whatever is none. */
const HEX_VALUES = Int8Array.from({ length: 256 }, (_, code) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()),
);

/**
 * Decodes once: a value that holds `%41` after that is signed as `%41`. Byte by byte, because a stranger may send nothing but
 * escapes, and a function called for each of 87 000 would keep everybody else waiting for 50 ms.
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

/** The byte that two hex digits stand for; negative where they are none. */
function byteOf(high = 0, low = 0): number {
  return (HEX_VALUES[high]! << 4) | HEX_VALUES[low]!;
}

/**
 * The signed text is `a=1&b=2` without escapes, so whoever has a genuine notification can cut it elsewhere under
 * the same signature: a buyer's `&total_amount=…` becomes a parameter, or a true parameter the tail of a value. Where this
 * is false, every field that is read follows from the signed text alone, however the form was written.
 */
function mayBeCutElsewhere(form: Form): boolean {
  const isLong = FIELDS_READ.some((name) => form.get(name)?.includes('&'));
  return isLong || [...form].some(([name, value]) => name !== 'sign' && FIELD_IN_VALUE.test(value));
}

/** The bytes that Alipay signs. Most products leave sign_type out, a few do not, and none says so. */
function signedTexts(form: Form): readonly [Buffer, Buffer] {
  return [signedText(form, ['sign', 'sign_type']), signedText(form, ['sign'])];
}

function signedText(form: Form, left: readonly string[]): Buffer {
  const parameters = [...form].filter(([name]) => !left.includes(name));
  parameters.sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(parameters.map(([name, value]) => `${name}=${value}`).join('&'), 'latin1');
}
