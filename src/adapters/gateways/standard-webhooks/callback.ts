import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Reading,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, findHmacKey, makeHmacKey, required } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { eventIdOf, field, headerOf, parseJson, timeOf, timestampFault } from '../parsing.js';
import { JSON_REPLIES } from '../replies.js';
import { disputeReport, refundReport } from '../reports.js';
import {
  DISPUTE_STATUSES,
  type DisputeReport,
  type DisputeStatus,
  type Notification,
  type RefundReport,
  type RefundReportStatus,
} from '../../../domain/callbacks/notification.js';

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
  ['dispute.opened', 'dispute'],
  ['dispute.updated', 'dispute'],
  ['dispute.won', 'dispute'],
  ['dispute.lost', 'dispute'],
]);

const REFUND_STATUSES: ReadonlyMap<unknown, RefundReportStatus> = new Map([
  ['refund.processing', 'processing'],
  ['refund.succeeded', 'succeeded'],
  ['refund.failed', 'failed'],
]);

/** What a type says where the data do not. An update need not change the status. */
const DISPUTE_DEFAULTS: ReadonlyMap<
  unknown,
  { readonly status: DisputeStatus | null; readonly moneyTaken: boolean | null }
> = new Map([
  ['dispute.opened', { status: 'needs_response', moneyTaken: null }],
  ['dispute.updated', { status: null, moneyTaken: null }],
  ['dispute.won', { status: 'won', moneyTaken: false }],
  ['dispute.lost', { status: 'lost', moneyTaken: true }],
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
    return {
      keyId: key.id,
      signedBytes: body,
      eventId: eventIdOf(id, body),
      ...this.readingOf(parseJson(body)),
    };
  }

  /** The event id is in a header. For a body without headers it is the hash of the body. */
  parse(body: Buffer): ParsedCallback {
    return { eventId: eventIdOf(undefined, body), ...this.readingOf(parseJson(body)) };
  }

  private readingOf(payload: unknown): Reading {
    const notification = this.notificationOf(payload);
    if (!DISPUTE_DEFAULTS.has(field(payload, 'type'))) return { notification };
    return { notification, readBefore: notificationFrom(NAME, { kind: 'ignored' }) };
  }

  private notificationOf(payload: unknown): Notification {
    const type = field(payload, 'type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a payload with a type');
    const kind = KINDS_BY_TYPE.get(type) ?? (type.startsWith('refund.') ? 'refund' : 'ignored');
    const data = field(payload, 'data');
    const dispute = kind === 'dispute' ? disputeOf(payload) : null;
    if (kind === 'dispute' && !dispute) {
      return unreadable(NAME, 'the dispute id is not 1 to 128 characters of text');
    }
    return notificationFrom(NAME, {
      kind,
      refund: kind === 'refund' ? refundOf(payload) : null,
      dispute,
      paymentNumber: field(data, 'paymentNumber'),
      transactionId: field(data, 'transactionId'),
      amount: field(data, 'amount'),
      currency: field(data, 'currency'),
      paidAt: timeOf(field(data, 'paidAt')),
      reason: field(data, 'reason'),
    });
  }
}

/** Null for a type that says nothing of a status. */
function refundOf(payload: unknown): RefundReport | null {
  const [type, data] = [field(payload, 'type'), field(payload, 'data')];
  const status = REFUND_STATUSES.get(type);
  if (!status) return null;
  return refundReport({
    refundNumber: field(data, 'refundNumber'),
    gatewayRefundId: field(data, 'gatewayRefundId'),
    amount: { amount: field(data, 'amount'), currency: field(data, 'currency') },
    status,
    at: timeOf(field(payload, 'timestamp')),
    failure: status === 'failed' ? { code: 'failed', message: field(data, 'reason') } : null,
  });
}

function disputeOf(payload: unknown): DisputeReport | null {
  const [type, data] = [field(payload, 'type'), field(payload, 'data')];
  const { status, moneyTaken } = DISPUTE_DEFAULTS.get(type)!;
  const [givenStatus, givenTaken] = [field(data, 'status'), field(data, 'moneyTaken')];
  return disputeReport({
    kind: 'dispute',
    disputeId: field(data, 'disputeId'),
    amount: { amount: field(data, 'amount'), currency: field(data, 'currency') },
    status: DISPUTE_STATUSES.find((each) => each === givenStatus) ?? status,
    reason: field(data, 'reason'),
    dueBy: timeOf(field(data, 'dueBy')),
    moneyTaken: typeof givenTaken === 'boolean' ? givenTaken : moneyTaken,
    at: timeOf(field(payload, 'timestamp')),
  });
}
