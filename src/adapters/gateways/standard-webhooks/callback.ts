import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, findHmacKey, makeHmacKey, required } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { eventIdOf, field, headerOf, parseJson, timeOf, timestampFault } from '../parsing.js';
import { JSON_REPLIES } from '../replies.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export interface StandardWebhooksSettings {
  /** `whsec_<base64>`. All of them are live, for rotation. */
  readonly secrets: readonly string[];
}

const NAME = 'standard-webhooks';
const SETTING = 'STANDARD_WEBHOOKS_SECRETS';
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;

/**
 * The signed text is `id.timestamp.body`. Without this rule a client that has a genuine callback could move the start of its
 * body into the id, and the signature would still match. A body that says anything here begins with a brace, so an id must not
 * contain one.
 */
const ID = /^[^{\s]+$/;

const KINDS_BY_TYPE: ReadonlyMap<unknown, NotificationFields['kind']> = new Map([
  ['payment.processing', 'processing'],
  ['payment.succeeded', 'succeeded'],
  ['payment.failed', 'failed'],
  ['payment.cancelled', 'cancelled'],
]);

/** For any other gateway, aggregator or in-house system: Standard Webhooks with symmetric signatures (standardwebhooks.com). */
export class StandardWebhooksGateway extends Gateway {
  readonly name = NAME;
  readonly replies = JSON_REPLIES;
  /** Senders differ and no deadline is documented for all of them, so this is the shortest that any gateway documents: WeChat Pay's. */
  readonly answerWithinMs = 5_000;
  readonly signatureHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  private readonly keys: readonly LiveKey[];

  constructor({ secrets }: StandardWebhooksSettings) {
    super();
    this.keys = required(SETTING, secrets).map((secret) =>
      makeHmacKey(SETTING, secret, Buffer.from(SECRET.exec(secret)?.[1] ?? '', 'base64')),
    );
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): VerifiedCallback | Rejected {
    const id = headerOf(headers, 'webhook-id');
    const signatures = (headerOf(headers, 'webhook-signature') ?? '')
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => signature.slice('v1,'.length));
    if (!id || signatures.length === 0) return { rejected: 'signature_missing' };
    const timestamp = headerOf(headers, 'webhook-timestamp') ?? '';
    const fault = timestampFault(timestamp, receivedAt);
    if (fault) return { rejected: fault };
    const key = ID.test(id) && findHmacKey(this.keys, [`${id}.${timestamp}.`, body], 'base64', signatures);
    if (!key) return { rejected: 'signature_mismatch' };
    const reading = { eventId: eventIdOf(id, body), notification: this.notificationOf(parseJson(body)) };
    return { keyId: key.id, signedBytes: body, ...reading };
  }

  /** The event id is in a header. For a body without headers it is the hash of the body. */
  parse(body: Buffer): ParsedCallback {
    return { eventId: eventIdOf(undefined, body), notification: this.notificationOf(parseJson(body)) };
  }

  private notificationOf(payload: unknown): Notification {
    const type = field(payload, 'type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a payload with a type');
    const kind = KINDS_BY_TYPE.get(type) ?? (type.startsWith('refund.') ? 'refund' : 'ignored');
    const data = field(payload, 'data');
    return notificationFrom(NAME, {
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
