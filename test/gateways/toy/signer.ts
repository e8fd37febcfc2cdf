import { createHmac, randomBytes } from 'node:crypto';
import { secretField } from '../../../src/development/development-keys.js';
import {
  type CallbackStatus,
  type Signer,
  epochSeconds,
  isDispute,
  isRefund,
  refundOf,
} from '../../../src/sandbox/callback.js';

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
  refund_failed: 'refund_failed',
  dispute: 'disputed',
  dispute_won: 'dispute_won',
  dispute_lost: 'dispute_lost',
} as const satisfies Partial<Record<CallbackStatus, string>>;
type PlayedStatus = keyof typeof STATES;

const ANSWER_WITHIN_MS = 7 * 86_400_000;

export const toySigner: Signer<ToyKeys> = {
  keys: { toySecret: secretField(/^[a-f0-9]{48}$/, () => randomBytes(24).toString('hex')) },
  environment: ({ toySecret }) => ({ TOY_SECRETS: toySecret, TOY_SHOP: SHOP }),
  statuses: Object.keys(STATES) as PlayedStatus[],
  defaultCurrency: 'CNY',
  acknowledgement: { status: 200 },
  eventId: (unique) => `toy-event-${unique}`,
  transactionId: (unique) => `toy-${unique}`,

  payload: (_keys, content) => ({
    id: content.eventId,
    state: STATES[content.status as PlayedStatus],
    order: content.paymentNumber,
    transaction: content.transactionId,
    amount: content.amount,
    currency: content.currency,
    shop: SHOP,
    paid_at: (content.paidAt ?? content.at).toISOString(),
    at: content.at.toISOString(),
    ...(isRefund(content.status) && { refund: refundOf(content).id ?? `toy-${refundOf(content).number}` }),
    ...(content.status === 'refund_failed' && { message: 'the card is closed' }),
    ...(isDispute(content.status) && {
      dispute: content.disputeId ?? `toy-dispute-of-${content.transactionId}`,
      message: 'the customer does not know the payment',
      answer_by: new Date(content.at.getTime() + ANSWER_WITHIN_MS).toISOString(),
    }),
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
