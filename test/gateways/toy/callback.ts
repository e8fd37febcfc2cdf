import {
  Gateway,
  type ParsedCallback,
  type RawCallback,
  type Rejected,
  type VerifiedCallback,
} from '../../../src/adapters/gateways/gateway.js';
import { type LiveKey, findHmacKey, makeHmacKey, required } from '../../../src/adapters/gateways/keys.js';
import {
  type NotificationFields,
  notificationFrom,
  unreadable,
} from '../../../src/adapters/gateways/notification-fields.js';
import {
  eventIdOf,
  field,
  headerOf,
  parseJson,
  timeOf,
  timestampFault,
} from '../../../src/adapters/gateways/parsing.js';
import { JSON_REPLIES } from '../../../src/adapters/gateways/replies.js';
import { disputeReport, refundReport } from '../../../src/adapters/gateways/reports.js';
import type {
  DisputeReport,
  DisputeStatus,
  Notification,
  RefundReport,
  RefundReportStatus,
} from '../../../src/domain/callbacks/notification.js';

export interface ToySettings {
  /** All of them are live, for rotation. */
  readonly secrets: readonly string[];
  /** The shop that callbacks must be for. */
  readonly shop: string;
}

const NAME = 'toy';
const SECRETS = 'TOY_SECRETS';

const KINDS_BY_STATE: ReadonlyMap<unknown, NotificationFields['kind']> = new Map([
  ['pending', 'processing'],
  ['paid', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['refunded', 'refund'],
  ['refund_failed', 'refund'],
  ['disputed', 'dispute'],
  ['dispute_won', 'dispute'],
  ['dispute_lost', 'dispute'],
]);

const REFUND_STATUSES: ReadonlyMap<unknown, RefundReportStatus> = new Map([
  ['refunded', 'succeeded'],
  ['refund_failed', 'failed'],
]);

const DISPUTE_STATUSES: ReadonlyMap<unknown, DisputeStatus> = new Map([
  ['disputed', 'needs_response'],
  ['dispute_won', 'won'],
  ['dispute_lost', 'lost'],
]);

export class ToyGateway extends Gateway {
  readonly name = NAME;
  readonly replies = JSON_REPLIES;
  /** The documents of the gateway: "Answer within 10 seconds." */
  readonly answerWithinMs = 10_000;
  readonly signatureHeaders = ['toy-signature', 'toy-timestamp'];
  private readonly keys: readonly LiveKey[];

  constructor(private readonly settings: ToySettings) {
    super();
    this.keys = required(SECRETS, settings.secrets).map((secret) =>
      makeHmacKey(SECRETS, secret, Buffer.from(secret)),
    );
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): VerifiedCallback | Rejected {
    const signature = headerOf(headers, 'toy-signature');
    if (!signature) return { rejected: 'signature_missing' };
    const timestamp = headerOf(headers, 'toy-timestamp') ?? '';
    const fault = timestampFault(timestamp, receivedAt);
    if (fault) return { rejected: fault };
    const key = findHmacKey(this.keys, [`${timestamp}.`, body], 'hex', [signature]);
    if (!key) return { rejected: 'signature_mismatch' };
    return { keyId: key.id, signedBytes: body, ...this.parse(body) };
  }

  parse(body: Buffer): ParsedCallback {
    const callback = parseJson(body);
    return { eventId: eventIdOf(field(callback, 'id'), body), notification: this.notificationOf(callback) };
  }

  private notificationOf(callback: unknown): Notification {
    const kind = KINDS_BY_STATE.get(field(callback, 'state'));
    if (!kind) return unreadable(NAME, 'the state is unknown');
    const dispute = kind === 'dispute' ? disputeOf(callback) : null;
    if (kind === 'dispute' && !dispute) return unreadable(NAME, 'the dispute has no id');
    return notificationFrom(NAME, {
      kind,
      refund: kind === 'refund' ? refundOf(callback) : null,
      dispute,
      paymentNumber: field(callback, 'order'),
      transactionId: field(callback, 'transaction'),
      amount: field(callback, 'amount'),
      currency: field(callback, 'currency'),
      paidAt: timeOf(field(callback, 'paid_at')),
      reason: field(callback, 'message'),
      foreign: field(callback, 'shop') === this.settings.shop ? null : 'shop',
    });
  }
}

function refundOf(callback: unknown): RefundReport | null {
  const status = REFUND_STATUSES.get(field(callback, 'state'));
  if (!status) return null;
  return refundReport({
    gatewayRefundId: field(callback, 'refund'),
    // What the toy names is this refund alone. A sum of all refunds would be `cumulative`.
    amount: { amount: field(callback, 'amount'), currency: field(callback, 'currency') },
    status,
    at: timeOf(field(callback, 'at')),
    failure: status === 'failed' ? { code: 'refund_failed', message: field(callback, 'message') } : null,
  });
}

/** Null where it has no id. */
function disputeOf(callback: unknown): DisputeReport | null {
  const status = DISPUTE_STATUSES.get(field(callback, 'state')) ?? null;
  return disputeReport({
    kind: 'dispute',
    disputeId: field(callback, 'dispute'),
    amount: { amount: field(callback, 'amount'), currency: field(callback, 'currency') },
    status,
    reason: field(callback, 'message'),
    dueBy: timeOf(field(callback, 'answer_by')),
    // The toy takes the money only when the shop has lost.
    moneyTaken: status === 'lost',
    at: timeOf(field(callback, 'at')),
  });
}
