import {
  Gateway,
  type RawCallback,
  type ParsedCallback,
  type Rejected,
  type VerifiedCallback,
} from '../gateway.js';
import { type LiveKey, findHmacKey, makeHmacKey, required } from '../keys.js';
import { type NotificationFields, notificationFrom, unreadable } from '../notification-fields.js';
import { decimalOf, eventIdOf, field, headerOf, parseJson, timestampFault } from '../parsing.js';
import { JSON_REPLIES } from '../replies.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export interface StripeSettings {
  /** `whsec_…` as the dashboard shows them. All of them are live, for rotation. */
  readonly secrets: readonly string[];
  /** What an event's `livemode` must be. The money of any other event is not the shop's. */
  readonly livemode: boolean;
}

const NAME = 'stripe';
const SETTING = 'STRIPE_WEBHOOK_SECRETS';

/**
 * Decimals of the currencies whose minor unit at Stripe differs from ISO 4217. Stripe has no fraction of the ariary (MGA), and
 * keeps two decimals for ISK and UGX, which lost theirs after integrations had been written (docs.stripe.com/currencies, special
 * cases).
 */
const STRIPE_DECIMALS: ReadonlyMap<unknown, number> = new Map([
  ['MGA', 0],
  ['ISK', 2],
  ['UGX', 2],
]);

/** The fields that every event has, whatever its object is. */
type Envelope = Pick<NotificationFields, 'paidAt' | 'foreign'>;
type Reader = (object: object, envelope: Envelope) => Notification;

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
  ['charge.refunded', moneyBack('refund', 'amount_refunded')],
  ['charge.refund.updated', moneyBack('refund', 'amount')],
]);
const READERS_BY_PREFIX: readonly (readonly [prefix: string, reader: Reader])[] = [
  ['refund.', moneyBack('refund', 'amount')],
  ['charge.dispute.', moneyBack('dispute', 'amount')],
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
    return { eventId: eventIdOf(field(event, 'id'), body), notification: this.notificationOf(event) };
  }

  private notificationOf(event: unknown): Notification {
    const type = field(event, 'type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a Stripe event');
    const reader = READERS.get(type) ?? READERS_BY_PREFIX.find(([prefix]) => type.startsWith(prefix))?.[1];
    if (!reader) return notificationFrom(NAME, { kind: 'ignored' });
    const object = field(event, 'data', 'object');
    if (typeof object !== 'object' || object === null) return unreadable(NAME, 'the event has no object');
    const created = field(event, 'created');
    const paidAt = typeof created === 'number' ? new Date(created * 1000) : null;
    return reader(object, { paidAt, foreign: this.foreignField(event) });
  }

  /** An event with `account` belongs to a connected account, whose money is not the shop's. */
  private foreignField(event: unknown): string | null {
    if (field(event, 'livemode') !== this.livemode) return 'livemode';
    return (field(event, 'account') ?? null) === null ? null : 'account';
  }
}

function paymentIntent(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (intent, envelope) => {
    const paymentNumber = field(intent, 'metadata', 'payment_number') ?? null;
    // Checkout creates PaymentIntents without the payment number. The event of the session reports that money.
    if (paymentNumber === null) return notificationFrom(NAME, { kind: 'ignored' });
    const reason = field(intent, 'last_payment_error', 'code') ?? field(intent, 'cancellation_reason');
    const money = kind === 'succeeded' ? moneyIn(intent, 'amount_received') : {};
    return notificationFrom(NAME, {
      kind,
      paymentNumber,
      transactionId: field(intent, 'id'),
      reason,
      ...envelope,
      ...money,
    });
  };
}

function completedSession(session: object, envelope: Envelope): Notification {
  switch (field(session, 'payment_status')) {
    case 'paid':
      return checkoutSession('succeeded')(session, envelope);
    case 'unpaid':
      return checkoutSession('processing')(session, envelope);
    case 'no_payment_required':
      return notificationFrom(NAME, { kind: 'ignored' });
    default:
      return unreadable(NAME, 'the payment status of the session is unknown');
  }
}

function checkoutSession(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (session, envelope) => {
    // Metadata comes first: a customer can set the client_reference_id of a payment link, and cannot change metadata.
    const metadata = field(session, 'metadata', 'payment_number') ?? null;
    const paymentNumber = metadata ?? field(session, 'client_reference_id') ?? null;
    // A session without a number may belong to another shop on the same account. If it was paid, its money still needs an owner.
    if (paymentNumber === null && kind !== 'succeeded') return notificationFrom(NAME, { kind: 'ignored' });
    const money = kind === 'succeeded' ? moneyIn(session, 'amount_total') : {};
    return notificationFrom(NAME, {
      kind,
      paymentNumber,
      transactionId: intentOf(session),
      ...envelope,
      ...money,
    });
  };
}

function moneyBack(kind: 'refund' | 'dispute', amountField: string): Reader {
  return (object, envelope) =>
    notificationFrom(NAME, {
      ...envelope,
      kind,
      paidAt: null,
      paymentNumber: field(object, 'metadata', 'payment_number'),
      transactionId: intentOf(object),
      ...moneyIn(object, amountField),
      reason: field(object, 'reason'),
    });
}

/** The id of the PaymentIntent, which identifies the money in every event. Some API calls expand it to an object. */
function intentOf(object: object): unknown {
  const intent = field(object, 'payment_intent');
  return typeof intent === 'object' ? field(intent, 'id') : intent;
}

function moneyIn(object: object, amountField: string): Pick<NotificationFields, 'amount' | 'currency'> {
  const code = field(object, 'currency');
  const currency = typeof code === 'string' ? code.toUpperCase() : code;
  return { amount: decimalOf(field(object, amountField), currency, STRIPE_DECIMALS.get(currency)), currency };
}
