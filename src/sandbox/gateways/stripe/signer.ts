import { createHash, createHmac, randomBytes } from 'node:crypto';
import { secretField } from '../../../development/development-keys.js';
import {
  type CallbackContent,
  type CallbackStatus,
  type Payload,
  type Signer,
  epochSeconds,
  isDispute,
  minorUnits,
  refundOf,
  sumOf,
} from '../../callback.js';

interface StripeKeys {
  /** Several are separated by commas, as during a rotation: Stripe then signs with each of them. */
  readonly stripeSecret: string;
}

/** Decimals of the currencies whose minor unit at Stripe is not a hundredth. Stripe sends ISK and UGX in hundredths. */
const DECIMALS: Readonly<Record<string, number>> = Object.fromEntries([
  ...'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ...'BHD JOD KWD OMR TND'.split(' ').map((code) => [code, 3]),
]);

/** Nothing that development plays is real money. */
const LIVEMODE = false;

const EVENTS = {
  succeeded: ['payment_intent.succeeded', 'succeeded'],
  processing: ['payment_intent.processing', 'processing'],
  failed: ['payment_intent.payment_failed', 'requires_payment_method'],
  cancelled: ['payment_intent.canceled', 'canceled'],
} as const;

interface DisputeEvent {
  readonly type: string;
  readonly status: string;
  /** The first takes the money, and the second gives it back. */
  readonly balanceTransactions: 0 | 1 | 2;
}

const DISPUTE_EVENTS = {
  dispute: { type: 'created', status: 'needs_response', balanceTransactions: 0 },
  dispute_updated: { type: 'updated', status: 'under_review', balanceTransactions: 1 },
  dispute_money_taken: { type: 'funds_withdrawn', status: 'needs_response', balanceTransactions: 1 },
  dispute_won: { type: 'closed', status: 'won', balanceTransactions: 2 },
  dispute_lost: { type: 'closed', status: 'lost', balanceTransactions: 1 },
} as const satisfies Partial<Record<CallbackStatus, DisputeEvent>>;
type DisputeStatus = keyof typeof DISPUTE_EVENTS;

const OTHER_STATUSES = ['refund', 'refund_failed', 'fraud_warning'] as const;
type PlayedStatus = keyof typeof EVENTS | DisputeStatus | (typeof OTHER_STATUSES)[number];

export const stripeSigner: Signer<StripeKeys> = {
  keys: {
    stripeSecret: secretField(/^whsec_\w{32,}$/, () => `whsec_${randomBytes(24).toString('hex')}`),
  },
  environment: ({ stripeSecret }) => ({
    STRIPE_WEBHOOK_SECRETS: stripeSecret,
    STRIPE_LIVEMODE: String(LIVEMODE),
  }),
  statuses: [...Object.keys(EVENTS), ...Object.keys(DISPUTE_EVENTS), ...OTHER_STATUSES] as PlayedStatus[],
  hasNoRefundNumbers: true,
  defaultCurrency: 'USD',
  acknowledgement: { status: 200 },
  eventId: (unique) => `evt_3Sandbox${unique}`,
  transactionId: (unique) => `pi_3Sandbox${unique}`,

  payload(_keys, content) {
    const [type, object] = eventOf(content);
    const livemode = content.livemode ?? LIVEMODE;
    return {
      id: content.eventId,
      object: 'event',
      api_version: '2026-10-28.endive',
      created: epochSeconds(content.paidAt ?? content.at),
      data: { object: { ...object, livemode } },
      livemode,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      type,
    };
  },

  sign(keys, payload, { at }) {
    const body = Buffer.from(JSON.stringify(payload, null, 2));
    const timestamp = epochSeconds(at);
    const signatures = keys.stripeSecret.split(',').map((secret) => {
      return `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`;
    });
    const headers = {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      accept: '*/*; q=0.5, application/xml',
      'cache-control': 'no-cache',
      // Stripe adds a signature of a meaningless scheme, so that receivers learn to skip schemes that they do not know.
      'stripe-signature': [`t=${timestamp}`, ...signatures, `v0=${randomBytes(32).toString('hex')}`].join(
        ',',
      ),
    };
    return { headers, body };
  },
};

function eventOf(content: CallbackContent): [type: string, object: Payload] {
  if (content.status === 'refund') return ['charge.refunded', charge(content)];
  if (content.status === 'refund_failed') return ['refund.failed', failedRefund(content)];
  if (content.status === 'fraud_warning') return ['radar.early_fraud_warning.created', fraudWarning(content)];
  if (isDispute(content.status)) {
    const event = DISPUTE_EVENTS[content.status as DisputeStatus];
    return [`charge.dispute.${event.type}`, dispute(content, event)];
  }
  const [type, status] = EVENTS[content.status as keyof typeof EVENTS];
  return [type, paymentIntent(content, status)];
}

/** The fields of an ordinary PaymentIntent that no callback here changes. */
const PLAIN = {
  amount_capturable: 0,
  amount_details: { tip: {} },
  application: null,
  automatic_payment_methods: { allow_redirects: 'always', enabled: true },
  capture_method: 'automatic_async',
  confirmation_method: 'automatic',
  customer: null,
  description: null,
  next_action: null,
  on_behalf_of: null,
  payment_method_options: { card: { request_three_d_secure: 'automatic' } },
  payment_method_types: ['card', 'link'],
  processing: null,
  receipt_email: null,
  setup_future_usage: null,
  shipping: null,
  source: null,
  statement_descriptor: null,
  transfer_data: null,
  transfer_group: null,
} as const;

function paymentIntent(content: CallbackContent, status: string): Payload {
  const amount = stripeAmount(content);
  const paid = content.status === 'succeeded';
  const declined = { code: 'card_declined', decline_code: 'generic_decline', type: 'card_error' };
  return {
    id: content.transactionId,
    object: 'payment_intent',
    ...PLAIN,
    amount,
    amount_received: paid ? amount : 0,
    canceled_at: content.status === 'cancelled' ? epochSeconds(content.at) : null,
    cancellation_reason: content.status === 'cancelled' ? 'abandoned' : null,
    client_secret: `${content.transactionId}_secret_sandbox`,
    created: epochSeconds(content.at) - 60,
    currency: content.currency.toLowerCase(),
    last_payment_error:
      content.status === 'failed' ? { ...declined, message: 'Your card was declined.' } : null,
    latest_charge: paid || content.status === 'failed' ? chargeId(content) : null,
    metadata: { payment_number: content.paymentNumber },
    payment_method: paid ? content.transactionId.replace(/^pi_/, 'pm_') : null,
    status,
  };
}

function charge(content: CallbackContent): Payload {
  const { paid, before } = refundOf(content);
  const amount = stripeAmount({ ...content, amount: paid });
  // The sum of all refunds of the charge.
  const refunded = stripeAmount({ ...content, amount: sumOf(before, content.amount) });
  return {
    id: chargeId(content),
    object: 'charge',
    amount,
    amount_captured: amount,
    amount_refunded: refunded,
    captured: true,
    created: epochSeconds(content.at) - 60,
    currency: content.currency.toLowerCase(),
    disputed: false,
    metadata: { payment_number: content.paymentNumber },
    outcome: { network_status: 'approved_by_network', risk_level: 'normal', type: 'authorized' },
    paid: true,
    payment_intent: content.transactionId,
    refunded: refunded >= amount,
    status: 'succeeded',
  };
}

/** One refund, which has an id. The metadata are those of a refund that was made in the dashboard. */
function failedRefund(content: CallbackContent): Payload {
  const { id, number } = refundOf(content);
  return {
    id: id ?? refundId(content.transactionId, number),
    object: 'refund',
    amount: stripeAmount(content),
    charge: chargeId(content),
    created: epochSeconds(content.at) - 60,
    currency: content.currency.toLowerCase(),
    failure_reason: 'expired_or_canceled_card',
    metadata: {},
    payment_intent: content.transactionId,
    reason: 'requested_by_customer',
    status: 'failed',
  };
}

/** The same refund of the same money has the same id. */
function refundId(transactionId: string, number: string): string {
  const digest = createHash('sha256').update(`${transactionId}/${number}`).digest('hex');
  return `re_3Sandbox${digest.slice(0, 24)}`;
}

function fraudWarning(content: CallbackContent): Payload {
  return {
    id: content.transactionId.replace(/^(pi_)?/, 'issfr_'),
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: chargeId(content),
    created: epochSeconds(content.at),
    fraud_type: 'made_with_stolen_card',
    payment_intent: content.transactionId,
  };
}

function dispute(content: CallbackContent, { status, balanceTransactions }: DisputeEvent): Payload {
  const amount = stripeAmount(content);
  const moves = [-amount, amount].slice(0, balanceTransactions);
  return {
    id: content.disputeId ?? content.transactionId.replace(/^(pi_)?/, 'du_'),
    object: 'dispute',
    amount,
    balance_transactions: moves.map((moved, index) => ({
      id: content.transactionId.replace(/^(pi_)?/, `txn_${index + 1}`),
      object: 'balance_transaction',
      amount: moved,
      currency: content.currency.toLowerCase(),
      type: 'adjustment',
    })),
    charge: chargeId(content),
    created: epochSeconds(content.at) - 60,
    currency: content.currency.toLowerCase(),
    evidence_details: {
      due_by: epochSeconds(content.at) + 7 * 86_400,
      has_evidence: status !== 'needs_response',
      submission_count: status === 'needs_response' ? 0 : 1,
    },
    is_charge_refundable: false,
    // Empty until the shop fills them in. The PaymentIntent says which payment it is.
    metadata: {},
    payment_intent: content.transactionId,
    reason: 'fraudulent',
    status,
  };
}

function chargeId(content: CallbackContent): string {
  return content.transactionId.replace(/^pi_/, 'ch_');
}

function stripeAmount({ amount, currency }: Pick<CallbackContent, 'amount' | 'currency'>): number {
  return minorUnits(amount, DECIMALS[currency.toUpperCase()] ?? 2);
}
