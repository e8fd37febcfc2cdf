import { createHmac } from 'node:crypto';
import { epochSeconds, type Signer } from './callback.js';

const TYPES = {
  succeeded: 'payment.succeeded',
  processing: 'payment.processing',
  failed: 'payment.failed',
  cancelled: 'payment.cancelled',
  refund: 'refund.succeeded',
} as const;

export const standardWebhooksSigner: Signer = {
  statuses: ['succeeded', 'processing', 'failed', 'cancelled', 'refund'],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200 },
  eventId: (unique) => `msg_${unique}`,
  transactionId: (unique) => `txn_${unique}`,

  payload(_keys, content) {
    const { paymentNumber, transactionId, amount, currency, status, at, paidAt = at } = content;
    const failed = status === 'failed' ? { reason: 'the bank declined' } : {};
    const paid = status === 'succeeded' ? { paidAt: paidAt.toISOString() } : {};
    return {
      type: TYPES[status as keyof typeof TYPES],
      timestamp: at.toISOString(),
      data: { paymentNumber, transactionId, amount, currency, ...paid, ...failed },
    };
  },

  sign(keys, payload, { eventId, at }) {
    const body = Buffer.from(JSON.stringify(payload));
    const timestamp = String(epochSeconds(at));
    const signatures = keys.settings.standardWebhooks.secrets.map((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      return `v1,${createHmac('sha256', key).update(`${eventId}.${timestamp}.`).update(body).digest('base64')}`;
    });
    const headers = {
      'content-type': 'application/json',
      'webhook-id': eventId,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatures.join(' '),
    };
    return { headers, body };
  },
};
