import type { Notice } from '../../domain/notice.js';
import {
  decimalOf,
  eventIdOf,
  field,
  Gateway,
  headerOf,
  JSON_REPLIES,
  noticeFrom,
  parseJson,
  timestampFault,
  unreadable,
  type NoticeFields,
  type RawCallback,
  type Reading,
  type Rejected,
  type Verified,
} from './gateway.js';
import { hmacKey, hmacKeyOf, required, type LiveKey } from './keys.js';

export interface StripeSettings {
  /** `whsec_…` as the dashboard shows them; all are live, for rotation. */
  readonly secrets: readonly string[];
  /** What an event's `livemode` must be for its money to be ours. */
  readonly livemode: boolean;
}

const NAME = 'stripe';
const SETTING = 'STRIPE_WEBHOOK_SECRETS';

/**
 * Where Stripe's minor unit is not ISO 4217's. It sends no fraction of the ariary, and keeps two decimals for
 * the two currencies that lost theirs after integrations had been written (docs.stripe.com/currencies,
 * special cases).
 */
const STRIPE_DECIMALS: ReadonlyMap<unknown, number> = new Map([
  ['MGA', 0],
  ['ISK', 2],
  ['UGX', 2],
]);

/** What every event says of itself, whatever its object is. */
type Envelope = Pick<NoticeFields, 'paidAt' | 'foreign'>;
type Reader = (object: object, envelope: Envelope) => Notice;

/**
 * `payment_failed` ends an attempt and not the intent, which may still succeed: the domain's `failed` is as
 * soft.
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
  private readonly keys: readonly LiveKey[];
  private readonly livemode: boolean;

  constructor({ secrets, livemode }: StripeSettings) {
    super();
    this.keys = required(SETTING, secrets).map((secret) => hmacKey(SETTING, secret, Buffer.from(secret)));
    this.livemode = livemode;
  }

  verify({ headers, body }: RawCallback, receivedAt: Date): Verified | Rejected {
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
    const key = hmacKeyOf(this.keys, [`${timestamp}.`, body], 'hex', signatures);
    if (!key) return { rejected: 'signature_mismatch' };
    return { keyId: key.id, signedBytes: body, ...this.read(body) };
  }

  read(body: Buffer): Reading {
    const event = parseJson(body);
    return { eventId: eventIdOf(field(event, 'id'), body), notice: this.noticeOf(event) };
  }

  private noticeOf(event: unknown): Notice {
    const type = field(event, 'type');
    if (typeof type !== 'string') return unreadable(NAME, 'the body is not a Stripe event');
    const reader = READERS.get(type) ?? READERS_BY_PREFIX.find(([prefix]) => type.startsWith(prefix))?.[1];
    if (!reader) return noticeFrom(NAME, { kind: 'ignored' });
    const object = field(event, 'data', 'object');
    if (typeof object !== 'object' || object === null) return unreadable(NAME, 'the event has no object');
    const created = field(event, 'created');
    const paidAt = typeof created === 'number' ? new Date(created * 1000) : null;
    return reader(object, { paidAt, foreign: this.foreignField(event) });
  }

  /** An event with `account` is of a connected account, whose money is not the shop's. */
  private foreignField(event: unknown): string | null {
    if (field(event, 'livemode') !== this.livemode) return 'livemode';
    return (field(event, 'account') ?? null) === null ? null : 'account';
  }
}

function paymentIntent(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (intent, envelope) => {
    const paymentNumber = field(intent, 'metadata', 'payment_number') ?? null;
    // Checkout makes intents without our number; the session's own event carries that money.
    if (paymentNumber === null) return noticeFrom(NAME, { kind: 'ignored' });
    const reason = field(intent, 'last_payment_error', 'code') ?? field(intent, 'cancellation_reason');
    const money = kind === 'succeeded' ? moneyIn(intent, 'amount_received') : {};
    return noticeFrom(NAME, {
      kind,
      paymentNumber,
      transactionId: field(intent, 'id'),
      reason,
      ...envelope,
      ...money,
    });
  };
}

function completedSession(session: object, envelope: Envelope): Notice {
  switch (field(session, 'payment_status')) {
    case 'paid':
      return checkoutSession('succeeded')(session, envelope);
    case 'unpaid':
      return checkoutSession('processing')(session, envelope);
    case 'no_payment_required':
      return noticeFrom(NAME, { kind: 'ignored' });
    default:
      return unreadable(NAME, 'the payment status of the session is not known');
  }
}

function checkoutSession(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (session, envelope) => {
    // A customer can put a client_reference_id into a payment link, and cannot touch metadata.
    const metadata = field(session, 'metadata', 'payment_number') ?? null;
    const paymentNumber = metadata ?? field(session, 'client_reference_id') ?? null;
    // Sessions of another shop on the same account end here, unless they bring money: that needs an owner.
    if (paymentNumber === null && kind !== 'succeeded') return noticeFrom(NAME, { kind: 'ignored' });
    const money = kind === 'succeeded' ? moneyIn(session, 'amount_total') : {};
    return noticeFrom(NAME, { kind, paymentNumber, transactionId: intentOf(session), ...envelope, ...money });
  };
}

function moneyBack(kind: 'refund' | 'dispute', amountField: string): Reader {
  return (object, envelope) =>
    noticeFrom(NAME, {
      ...envelope,
      kind,
      paidAt: null,
      paymentNumber: field(object, 'metadata', 'payment_number'),
      transactionId: intentOf(object),
      ...moneyIn(object, amountField),
      reason: field(object, 'reason'),
    });
}

/**
 * The PaymentIntent's id, which is what identifies the money in every event; some API calls expand it to an
 * object.
 */
function intentOf(object: object): unknown {
  const intent = field(object, 'payment_intent');
  return typeof intent === 'object' ? field(intent, 'id') : intent;
}

function moneyIn(object: object, amountField: string): Pick<NoticeFields, 'amount' | 'currency'> {
  const code = field(object, 'currency');
  const currency = typeof code === 'string' ? code.toUpperCase() : code;
  return { amount: decimalOf(field(object, amountField), currency, STRIPE_DECIMALS.get(currency)), currency };
}
