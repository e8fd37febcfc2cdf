import { createHmac, randomBytes } from 'node:crypto';
import { secretField } from '../../../src/development/development-keys.js';
import { type Signer, epochSeconds } from '../../../src/sandbox/callback.js';

interface ToyKeys {
  readonly toySecret: string;
}

const SHOP = 'sandbox-shop';

const STATES = {
  succeeded: 'paid',
  processing: 'pending',
  failed: 'failed',
  cancelled: 'cancelled',
  refund: 'refunded',
  dispute: 'disputed',
} as const;

export const toySigner: Signer<ToyKeys> = {
  keys: { toySecret: secretField(/^[a-f0-9]{48}$/, () => randomBytes(24).toString('hex')) },
  environment: ({ toySecret }) => ({ TOY_SECRETS: toySecret, TOY_SHOP: SHOP }),
  statuses: ['succeeded', 'processing', 'failed', 'cancelled', 'refund', 'dispute'],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200 },
  eventId: (unique) => `toy-event-${unique}`,
  transactionId: (unique) => `toy-${unique}`,

  payload: (_keys, content) => ({
    id: content.eventId,
    state: STATES[content.status],
    order: content.paymentNumber,
    transaction: content.transactionId,
    amount: content.amount,
    currency: content.currency,
    shop: SHOP,
    paid_at: (content.paidAt ?? content.at).toISOString(),
    at: content.at.toISOString(),
    ...(content.status === 'refund' && { refund: `toy-refund-${content.eventId}` }),
    ...(content.status === 'dispute' && { dispute: `toy-dispute-${content.eventId}` }),
  }),

  sign(keys, payload, { at }) {
    const body = Buffer.from(JSON.stringify(payload));
    const timestamp = String(epochSeconds(at));
    const signature = createHmac('sha256', keys.toySecret).update(`${timestamp}.`).update(body).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'toy-timestamp': timestamp,
      'toy-signature': signature,
    };
    return { headers, body };
  },
};
