import { notificationFrom, unreadable } from '../notification-fields.js';
import { field } from '../parsing.js';
import { type StripeAmount, amountIn, moneyIn, presentmentIn } from './amounts.js';
import { type Envelope, NAME, type Reader, idOf } from './events.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export function completedSession(session: object, envelope: Envelope): Notification {
  switch (field(session, 'payment_status')) {
    case 'paid':
      return checkoutSession('succeeded')(session, envelope);
    case 'unpaid':
      return checkoutSession('processing')(session, envelope);
    case 'no_payment_required':
      return withoutPayment(session, envelope);
    default:
      return unreadable(NAME, 'the payment status of the session is unknown');
  }
}

export function checkoutSession(kind: 'succeeded' | 'processing' | 'failed' | 'cancelled'): Reader {
  return (session, { paidAt, foreign }) => {
    const paymentNumber = numberOf(session);
    const intent = idOf(session, 'payment_intent') ?? null;
    // A session without a number may belong to another shop on the same account. If it was paid, its money still needs an owner. The
    // money of a subscription without a number belongs to its invoice, and each later period brings another invoice.
    if (paymentNumber === null && (kind !== 'succeeded' || intent === null)) {
      return notificationFrom(NAME, { kind: 'ignored' });
    }
    const transactionId = kind === 'succeeded' ? (intent ?? moneyIdOf(session)) : intent;
    const money = kind === 'succeeded' ? amountsOf(session) : {};
    return notificationFrom(NAME, { kind, paymentNumber, transactionId, paidAt, foreign, ...money });
  };
}

/** A session of 0.00, such as one with a coupon for the whole price. No other object of Stripe stands for its money. */
function withoutPayment(session: object, { paidAt, foreign }: Envelope): Notification {
  const paymentNumber = numberOf(session);
  // The payment of a trial comes later, and a session that only stores a card has no amount.
  if (paymentNumber === null || field(session, 'amount_total') !== 0) {
    return notificationFrom(NAME, { kind: 'ignored' });
  }
  const transactionId = field(session, 'id');
  return notificationFrom(NAME, {
    kind: 'succeeded',
    paymentNumber,
    transactionId,
    paidAt,
    foreign,
    ...amountsOf(session),
  });
}

/** Metadata comes first: a customer can set the client_reference_id of a payment link, and cannot change metadata. */
function numberOf(session: object): unknown {
  return field(session, 'metadata', 'payment_number') ?? field(session, 'client_reference_id') ?? null;
}

/**
 * A session of a subscription names no PaymentIntent. Its invoice is the money of the first period: Stripe's reports name it beside
 * the charge. A session that is completed has it.
 */
function moneyIdOf(session: object): unknown {
  return idOf(session, 'invoice') ?? field(session, 'id');
}

/**
 * Sessions that were created before 2025-03-31 have the customer's currency in their own fields, and what the shop asked for in
 * `currency_conversion`. Later ones have what the shop asked for in their own fields, and the customer's in `presentment_details`.
 */
function amountsOf(session: object): StripeAmount & { readonly charged: StripeAmount | null } {
  const conversion = conversionOf(session);
  if (conversion === null) return { ...moneyIn(session, 'amount_total'), charged: presentmentIn(session) };
  const asked = amountIn(field(conversion, 'amount_total'), field(conversion, 'source_currency'));
  return { ...asked, charged: moneyIn(session, 'amount_total') };
}

const conversionOf = (session: object): unknown => field(session, 'currency_conversion') ?? null;

/** As the releases before 0.7.0 read a session, where they read it differently. */
export function sessionReadBefore(
  session: object,
  { type, paidAt, foreign }: Envelope,
  now: Notification,
): Notification | undefined {
  const isCompleted = type === 'checkout.session.completed';
  if (isCompleted && field(session, 'payment_status') === 'no_payment_required') {
    return now.kind === 'ignored' ? undefined : notificationFrom(NAME, { kind: 'ignored' });
  }
  const paymentNumber = numberOf(session);
  const isPaid = isCompleted
    ? field(session, 'payment_status') === 'paid'
    : type === 'checkout.session.async_payment_succeeded';
  const intent = idOf(session, 'payment_intent') ?? null;
  if (!isPaid || (intent !== null && conversionOf(session) === null)) return undefined;
  const money = moneyIn(session, 'amount_total');
  return notificationFrom(NAME, {
    kind: 'succeeded',
    paymentNumber,
    transactionId: intent,
    paidAt,
    foreign,
    ...money,
  });
}
