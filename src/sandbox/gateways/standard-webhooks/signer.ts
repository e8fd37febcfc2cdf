import { createHmac, randomBytes } from 'node:crypto';
import { secretField } from '../../../development/development-keys.js';
import { type Signer, epochSeconds, refundOf } from '../../callback.js';

interface StandardWebhooksKeys {
  readonly standardWebhooksSecret: string;
}

const TYPES = {
  succeeded: 'payment.succeeded',
  processing: 'payment.processing',
  failed: 'payment.failed',
  cancelled: 'payment.cancelled',
  refund: 'refund.succeeded',
} as const;

export const standardWebhooksSigner: Signer<StandardWebhooksKeys> = {
  keys: {
    standardWebhooksSecret: secretField(
      /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
      () => `whsec_${randomBytes(32).toString('base64')}`,
    ),
  },
  environment: ({ standardWebhooksSecret }) => ({ STANDARD_WEBHOOKS_SECRETS: standardWebhooksSecret }),
  statuses: ['succeeded', 'processing', 'failed', 'cancelled', 'refund'],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200 },
  eventId: (unique) => `msg_${unique}`,
  transactionId: (unique) => `txn_${unique}`,

  payload(_keys, content) {
    const { paymentNumber, transactionId, amount, currency, status, at, paidAt = at } = content;
    const failed = status === 'failed' ? { reason: 'the bank declined' } : {};
    const paid = status === 'succeeded' ? { paidAt: paidAt.toISOString() } : {};
    const refund = status === 'refund' ? { refundNumber: refundOf(content).number } : {};
    return {
      type: TYPES[status as keyof typeof TYPES],
      timestamp: at.toISOString(),
      data: { ...refund, paymentNumber, transactionId, amount, currency, ...paid, ...failed },
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
