import { type Payload, beijingTime, epochSeconds, minorUnits } from '../../src/sandbox/callback.js';
import type { PlayedGateway } from '../../src/sandbox/gateways/registry.js';
import type { PlannedCallback, PlannedDispute, PlannedRefund } from './plan.js';

/** What a callback reports beside the fields that every callback of its gateway has. */
interface Report<Reported> {
  readonly callback: PlannedCallback;
  readonly reported: Reported;
  /** The gateway's time of the report. */
  readonly at: Date;
}

type Alter<Reported> = (payload: Payload, report: Report<Reported>) => Payload;

const STRIPE_REFUND_STATUSES = {
  processing: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  abnormal: 'pending',
} as const;
const WECHAT_PAY_REFUND_STATUSES = {
  processing: 'PROCESSING',
  succeeded: 'SUCCESS',
  failed: 'CLOSED',
  abnormal: 'ABNORMAL',
} as const;

/**
 * The refunds and disputes of each gateway, by its documents. The signers play one report at a time. Chaos
 * plays the gateways that are here.
 */
const REFUNDS: Readonly<Partial<Record<PlayedGateway, Alter<PlannedRefund>>>> = {
  stripe: (payload, { callback, reported, at }) => {
    const event = { ...payload, created: epochSeconds(at) };
    const object = { ...stripeObject(payload), payment_intent: callback.transactionId };
    if (reported.cumulative !== null) {
      const [amount, refunded] = [cents(reported.paid), cents(reported.cumulative)];
      return { ...event, data: { object: { ...object, amount, amount_refunded: refunded } } };
    }
    const status = STRIPE_REFUND_STATUSES[reported.status];
    const refund = {
      id: reported.id,
      object: 'refund',
      amount: cents(callback.amount),
      currency: 'cny',
      payment_intent: callback.transactionId,
      status,
      failure_reason: status === 'failed' ? 'expired_or_canceled_card' : undefined,
      metadata: {},
    };
    return {
      ...event,
      type: `refund.${status === 'failed' ? 'failed' : 'updated'}`,
      data: { object: refund },
    };
  },

  'wechat-pay': (payload, { callback, reported, at }) => {
    const status = WECHAT_PAY_REFUND_STATUSES[reported.status];
    const [total, refund] = [cents(reported.paid), cents(callback.amount)];
    const resource = {
      ...(payload['resource'] as Payload),
      refund_id: reported.id,
      out_refund_no: reported.number,
      refund_status: status,
      success_time: reported.status === 'succeeded' ? timeOf(at) : undefined,
      amount: { total, refund, payer_total: total, payer_refund: refund },
    };
    return { ...payload, create_time: timeOf(at), event_type: `REFUND.${status}`, resource };
  },

  alipay: (payload, { reported, at }) => ({
    ...payload,
    total_amount: reported.paid,
    refund_fee: reported.cumulative ?? reported.paid,
    gmt_refund: timeOf(at).slice(0, 19).replace('T', ' '),
    out_biz_no: reported.number,
  }),

  'standard-webhooks': (payload, { reported, at }) => ({
    ...payload,
    type: `refund.${reported.status}`,
    timestamp: at.toISOString(),
    data: { ...dataOf(payload), refundNumber: reported.number, gatewayRefundId: reported.id },
  }),
};

const STRIPE_DISPUTE_EVENTS = {
  inquiry: 'created',
  needs_response: 'created',
  under_review: 'updated',
  won: 'closed',
  lost: 'closed',
  closed: 'closed',
} as const;
const WEBHOOK_DISPUTE_TYPES = {
  inquiry: 'opened',
  needs_response: 'opened',
  under_review: 'updated',
  won: 'won',
  lost: 'lost',
  closed: 'updated',
} as const;

/** The gateways that report disputes. */
const DISPUTES: Readonly<Partial<Record<PlayedGateway, Alter<PlannedDispute>>>> = {
  stripe: (payload, { callback, reported, at }) => ({
    ...payload,
    created: epochSeconds(at),
    type: `charge.dispute.${STRIPE_DISPUTE_EVENTS[reported.status]}`,
    data: {
      object: {
        ...stripeObject(payload),
        id: reported.id,
        metadata: {},
        payment_intent: callback.transactionId,
        status: reported.status,
        balance_transactions: reported.moneyTaken ? [{}] : [{}, {}],
      },
    },
  }),

  'standard-webhooks': (payload, { callback, reported, at }) => ({
    ...payload,
    type: `dispute.${WEBHOOK_DISPUTE_TYPES[reported.status]}`,
    timestamp: at.toISOString(),
    data: {
      disputeId: reported.id,
      transactionId: callback.transactionId,
      amount: callback.amount,
      currency: callback.currency,
      status: reported.status,
      moneyTaken: reported.moneyTaken,
    },
  }),
};

export const REFUNDING_GATEWAYS = Object.keys(REFUNDS) as PlayedGateway[];
export const DISPUTING_GATEWAYS = Object.keys(DISPUTES) as PlayedGateway[];

/** @param from the beginning of the gateway's time, which goes on by the seconds of the plan. */
export function reportPayload(callback: PlannedCallback, payload: Payload, from: Date): Payload {
  const { gateway, refund, dispute } = callback;
  const timeAfter = (seconds: number) => new Date(from.getTime() + seconds * 1_000);
  if (refund) {
    const report = { callback, reported: refund, at: timeAfter(refund.atSeconds) };
    return REFUNDS[gateway]!(payload, report);
  }
  if (!dispute) return payload;
  const report = { callback, reported: dispute, at: timeAfter(dispute.atSeconds) };
  return DISPUTES[gateway]!(payload, report);
}

const cents = (amount: string): number => minorUnits(amount, 2);
const timeOf = (at: Date): string => beijingTime(at).replace(/\.\d{3}/, '');
const dataOf = (payload: Payload): Payload => payload['data'] as Payload;
const stripeObject = (payload: Payload): Payload => dataOf(payload)['object'] as Payload;
