import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Reading,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, findHmacKey, makeHmacKey, required } from '../keys.js';
import { notificationFrom, unreadable } from '../notification-fields.js';
import { eventIdOf, field, headerOf, parseJson, timestampFault } from '../parsing.js';
import { JSON_REPLIES } from '../replies.js';
import { moneyIn, presentmentIn } from './amounts.js';
import { completedSession, checkoutSession, sessionReadBefore } from './checkout-sessions.js';
import { NAME, type Reader } from './events.js';
import { dispute, fraudWarning, refund, refundedCharge } from './money-back.js';

export interface StripeSettings {
  /** `whsec_…` as the dashboard shows them. All of them are live, for rotation. */
  readonly secrets: readonly string[];
  /** What an event's `livemode` must be. The money of any other event is not the shop's. */
  readonly livemode: boolean;
}

const SETTING = 'STRIPE_WEBHOOK_SECRETS';

/**
 * `payment_failed` ends an attempt and not the PaymentIntent, which may still succeed. `failed` in the domain means the same: a
 * later success still settles the payment.
 */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['payment_intent.succeeded', paymentIntent('succeeded')],
  ['payment_intent.processing', paymentIntent('processing')],
  ['payment_intent.payment_failed', paymentIntent('failed')],
  ['payment_intent.canceled', paymentIntent('cancelled')],
  ['checkout.session.completed', completedSession],
  ['checkout.session.async_payment_succeeded', checkoutSession('succeeded')],
  ['checkout.session.async_payment_failed', checkoutSession('failed')],
  ['checkout.session.expired', checkoutSession('cancelled')],
  ['charge.refunded', refundedCharge],
  ['charge.refund.updated', refund],
]);
const READERS_BY_PREFIX: readonly (readonly [prefix: string, reader: Reader])[] = [
  ['refund.', refund],
  ['charge.dispute.', dispute],
  ['radar.early_fraud_warning.', fraudWarning],
];

export class StripeGateway extends Gateway {
  readonly name = NAME;
  readonly replies = JSON_REPLIES;
  /** Stripe asks for a quick 2xx and documents no number, so this is the shortest that any gateway documents: WeChat Pay's. */
  readonly answerWithinMs = 5_000;
  readonly signatureHeaders = ['stripe-signature'];
  private readonly keys: readonly LiveKey[];
  private readonly livemode: boolean;

  constructor({ secrets, livemode }: StripeSettings) {
    super();
    this.keys = required(SETTING, secrets).map((secret) => makeHmacKey(SETTING, secret, Buffer.from(secret)));
    this.livemode = livemode;
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): VerifiedCallback | Rejected {
    const elements = (headerOf(headers, 'stripe-signature') ?? '')
      .split(',')
      .map((element) => element.trim());
    const valuesOf = (scheme: string): string[] =>
      elements.filter((element) => element.startsWith(scheme)).map((element) => element.slice(scheme.length));
    const signatures = valuesOf('v1=');
    if (signatures.length === 0) return { rejected: 'signature_missing' };
    const [timestamp = ''] = valuesOf('t=');
    const fault = timestampFault(timestamp, receivedAt);
    if (fault) return { rejected: fault };
    const key = findHmacKey(this.keys, [`${timestamp}.`, body], 'hex', signatures);
    if (!key) return { rejected: 'signature_mismatch' };
    return { keyId: key.id, signedBytes: body, ...this.parse(body) };
  }

  parse(body: Buffer): ParsedCallback {
    const event = parseJson(body);
    return { eventId: eventIdOf(field(event, 'id'), body), ...this.readingOf(event) };
  }

  private readingOf(event: unknown): Reading {
    const type = field(event, 'type');
    if (typeof type !== 'string') return { notification: unreadable(NAME, 'the body is not a Stripe event') };
    const reader = READERS.get(type) ?? READERS_BY_PREFIX.find(([prefix]) => type.startsWith(prefix))?.[1];
    if (!reader) return { notification: notificationFrom(NAME, { kind: 'ignored' }) };
    const object = field(event, 'data', 'object');
    if (typeof object !== 'object' || object === null) {
      return { notification: unreadable(NAME, 'the event has no object') };
    }
    const created = field(event, 'created');
    const paidAt = typeof created === 'number' ? new Date(created * 1000) : null;
    const envelope = { type, paidAt, foreign: this.foreignField(event) };
    const notification = reader(object, envelope);
    if (!type.startsWith('checkout.session.')) return { notification };
    const readBefore = sessionReadBefore(object, envelope, notification);
    return readBefore ? { notification, readBefore } : { notification };
  }

  /** An event with `account` belongs to a connected account, whose money is not the shop's. */
  private foreignField(event: unknown): string | null {
    if (field(event, 'livemode') !== this.livemode) return 'livemode';
    return (field(event, 'account') ?? null) === null ? null : 'account';
  }
}

function paymentIntent(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (intent, { paidAt, foreign }) => {
    const paymentNumber = field(intent, 'metadata', 'payment_number') ?? null;
    // Checkout creates PaymentIntents without the payment number. The event of the session reports that money.
    if (paymentNumber === null) return notificationFrom(NAME, { kind: 'ignored' });
    const reason = field(intent, 'last_payment_error', 'code') ?? field(intent, 'cancellation_reason');
    const money =
      kind === 'succeeded' ? { ...moneyIn(intent, 'amount_received'), charged: presentmentIn(intent) } : {};
    return notificationFrom(NAME, {
      kind,
      paymentNumber,
      transactionId: field(intent, 'id'),
      reason,
      paidAt,
      foreign,
      ...money,
    });
  };
}
