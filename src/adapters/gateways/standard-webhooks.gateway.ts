import type { Notice } from '../../domain/notice.js';
import {
  eventIdOf,
  field,
  Gateway,
  headerOf,
  JSON_REPLIES,
  noticeFrom,
  parseJson,
  timeOf,
  timestampFault,
  unreadable,
  type NoticeFields,
  type RawCallback,
  type Reading,
  type Rejected,
  type Verified,
} from './gateway.js';
import { hmacKey, hmacKeyOf, required, type LiveKey } from './keys.js';

export interface StandardWebhooksSettings {
  /** `whsec_<base64>`; all are live, for rotation. */
  readonly secrets: readonly string[];
}

const NAME = 'standard-webhooks';
const SETTING = 'STANDARD_WEBHOOKS_SECRETS';
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/**
 * The signed text is cut at full stops, so an id that swallows part of a genuine body would move the cut.
 * Every body that says anything here begins with a brace, which therefore no id may hold.
 */
const ID = /^[^{\s]+$/;

const KINDS_BY_TYPE: ReadonlyMap<unknown, NoticeFields['kind']> = new Map([
  ['payment.processing', 'processing'],
  ['payment.succeeded', 'succeeded'],
  ['payment.failed', 'failed'],
  ['payment.cancelled', 'cancelled'],
]);

/**
 * The door for any other gateway, aggregator or in-house system (standardwebhooks.com, symmetric signatures).
 */
export class StandardWebhooksGateway extends Gateway {
  readonly name = NAME;
  readonly replies = JSON_REPLIES;
  private readonly keys: readonly LiveKey[];

  constructor({ secrets }: StandardWebhooksSettings) {
    super();
    this.keys = required(SETTING, secrets).map((secret) =>
      hmacKey(SETTING, secret, Buffer.from(SECRET.exec(secret)?.[1] ?? '', 'base64')),
    );
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): Verified | Rejected {
    const id = headerOf(headers, 'webhook-id');
    const signatures = (headerOf(headers, 'webhook-signature') ?? '')
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => signature.slice('v1,'.length));
    if (!id || signatures.length === 0) return { rejected: 'signature_missing' };
    const timestamp = headerOf(headers, 'webhook-timestamp') ?? '';
    const fault = timestampFault(timestamp, receivedAt);
    if (fault) return { rejected: fault };
    const key = ID.test(id) && hmacKeyOf(this.keys, [`${id}.${timestamp}.`, body], 'base64', signatures);
    if (!key) return { rejected: 'signature_mismatch' };
    const reading = { eventId: eventIdOf(id, body), notice: this.noticeOf(parseJson(body)) };
    return { keyId: key.id, signedBytes: body, ...reading };
  }

  /** The event id is in a header, so for a body alone it is the body's hash. */
  read(body: Buffer): Reading {
    return { eventId: eventIdOf(undefined, body), notice: this.noticeOf(parseJson(body)) };
  }

  private noticeOf(payload: unknown): Notice {
    const type = field(payload, 'type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a typed payload');
    const kind = KINDS_BY_TYPE.get(type) ?? (type.startsWith('refund.') ? 'refund' : 'ignored');
    const data = field(payload, 'data');
    return noticeFrom(NAME, {
      kind,
      paymentNumber: field(data, 'paymentNumber'),
      transactionId: field(data, 'transactionId'),
      amount: field(data, 'amount'),
      currency: field(data, 'currency'),
      paidAt: timeOf(field(data, 'paidAt')),
      reason: field(data, 'reason'),
    });
  }
}
