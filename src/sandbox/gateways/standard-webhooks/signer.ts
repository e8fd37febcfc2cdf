import { createHmac, randomBytes } from 'node:crypto';
import { secretField } from '../../../development/development-keys.js';
import {
  type CallbackContent,
  type CallbackStatus,
  type Payload,
  type Signer,
  epochSeconds,
  isDispute,
  isRefund,
  refundOf,
} from '../../callback.js';

interface StandardWebhooksKeys {
  readonly standardWebhooksSecret: string;
}

const TYPES = {
  succeeded: 'payment.succeeded',
  processing: 'payment.processing',
  failed: 'payment.failed',
  cancelled: 'payment.cancelled',
  refund: 'refund.succeeded',
  refund_failed: 'refund.failed',
  dispute: 'dispute.opened',
  dispute_updated: 'dispute.updated',
  dispute_money_taken: 'dispute.updated',
  dispute_won: 'dispute.won',
  dispute_lost: 'dispute.lost',
} as const satisfies Partial<Record<CallbackStatus, string>>;
type PlayedStatus = keyof typeof TYPES;

const ANSWER_WITHIN_MS = 7 * 86_400_000;

export const standardWebhooksSigner: Signer<StandardWebhooksKeys> = {
  keys: {
    standardWebhooksSecret: secretField(
      /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
      () => `whsec_${randomBytes(32).toString('base64')}`,
    ),
  },
  environment: ({ standardWebhooksSecret }) => ({ STANDARD_WEBHOOKS_SECRETS: standardWebhooksSecret }),
  statuses: Object.keys(TYPES) as PlayedStatus[],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200 },
  eventId: (unique) => `msg_${unique}`,
  transactionId: (unique) => `txn_${unique}`,

  payload(_keys, content) {
    const { paymentNumber, transactionId, amount, currency, status, at, paidAt = at } = content;
    const failed = status === 'failed' ? { reason: 'the bank declined' } : {};
    const paid = status === 'succeeded' ? { paidAt: paidAt.toISOString() } : {};
    const report = { ...refundData(content), ...disputeData(content) };
    return {
      type: TYPES[status as PlayedStatus],
      timestamp: at.toISOString(),
      data: { paymentNumber, transactionId, amount, currency, ...paid, ...failed, ...report },
    };
  },

  sign(keys, payload, { eventId, at }) {
    const body = Buffer.from(JSON.stringify(payload));
    const timestamp = String(epochSeconds(at));
    const key = Buffer.from(keys.standardWebhooksSecret.replace(/^whsec_/, ''), 'base64');
    const hmac = createHmac('sha256', key).update(`${eventId}.${timestamp}.`).update(body);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': eventId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${hmac.digest('base64')}`,
    };
    return { headers, body };
  },
};

function refundData(content: CallbackContent): Payload {
  if (!isRefund(content.status)) return {};
  const { number, id } = refundOf(content);
  return {
    refundNumber: number,
    ...(id !== undefined && { gatewayRefundId: id }),
    ...(content.status === 'refund_failed' && { reason: 'the account of the customer is closed' }),
  };
}

/** The type says whether a dispute is opened, won or lost. An update says what has changed. */
function disputeData({ status, disputeId, transactionId, at }: CallbackContent): Payload {
  if (!isDispute(status)) return {};
  return {
    disputeId: disputeId ?? `dsp_${transactionId}`.slice(0, 128),
    reason: 'fraudulent',
    dueBy: new Date(at.getTime() + ANSWER_WITHIN_MS).toISOString(),
    ...(status === 'dispute_updated' && { status: 'under_review' }),
    ...(status === 'dispute_money_taken' && { moneyTaken: true }),
  };
}
