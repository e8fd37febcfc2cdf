import type { Payload } from '../../src/sandbox/callback.js';
import type { DisputeStatus } from '../../src/domain/callbacks/notification.js';
import { type GATEWAYS, type HttpReply, type Service, type TestCallback } from './service.js';

export type Gateway = (typeof GATEWAYS)[number];

/** The piece of money that a report is about, as its gateway names it. */
export interface About {
  readonly paymentNumber: string;
  readonly transactionId: string;
}

/** What a gateway says of a refund. */
export interface SaidRefund {
  readonly id: string;
  /** Of this refund alone. */
  readonly amount: string;
  /** Of all refunds so far, for Alipay, which names no other amount. */
  readonly sum: string;
  /** `unknown`: a status that this release does not know. Alipay reports refunds that succeeded only. */
  readonly status: 'processing' | 'succeeded' | 'failed' | 'unknown';
  /** The gateway's time, counted from the start of the test. */
  readonly seconds: number;
  readonly currency: string;
}

const BEGIN = Date.now() - 60_000;
const timeAt = (seconds: number): Date => new Date(BEGIN + seconds * 1_000);
const minor = (amount: string): number => Math.round(Number(amount) * 100);
const dataOf = (payload: Payload): Payload => payload['data'] as Payload;

const STRIPE_STATUSES = {
  processing: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  unknown: 'reversed',
} as const;

/** WeChat Pay sends no notification of PROCESSING. While a refund is under way it sends only that a person has to help. */
const WECHAT_STATUSES = {
  processing: 'ABNORMAL',
  succeeded: 'SUCCESS',
  failed: 'CLOSED',
  unknown: 'FROZEN',
} as const;

/** The gateway's own report of a refund, from the callback that the sandbox makes. */
const REFUND_REPORTS: Readonly<Record<Gateway, (payload: Payload, said: SaidRefund) => Payload>> = {
  stripe: (payload, { id, amount, currency, status, seconds }) => {
    const { payment_intent, metadata } = dataOf(payload)['object'] as Payload;
    const refund = {
      id,
      object: 'refund',
      amount: minor(amount),
      currency: currency.toLowerCase(),
      payment_intent,
      metadata,
      status: STRIPE_STATUSES[status],
      ...(status === 'failed' && { failure_reason: 'expired_or_canceled_card' }),
    };
    const type = status === 'failed' ? 'refund.failed' : 'refund.updated';
    const created = Math.floor(BEGIN / 1_000) + seconds;
    return { ...payload, type, created, data: { object: refund } };
  },
  'wechat-pay': (payload, { id, amount, currency, status, seconds }) => {
    const { success_time: _, ...resource } = payload['resource'] as Payload;
    const [time, state] = [timeAt(seconds).toISOString(), WECHAT_STATUSES[status]];
    const refund = minor(amount);
    const amounts = { total: 10_000, refund, payer_total: 10_000, payer_refund: refund };
    return {
      ...payload,
      create_time: time,
      event_type: `REFUND.${state}`,
      resource: {
        ...resource,
        refund_id: id,
        out_refund_no: `N-${id}`,
        refund_status: state,
        ...(status === 'succeeded' && { success_time: time }),
        // WeChat Pay names no currency in these notifications, because it is always CNY.
        amount: currency === 'CNY' ? amounts : { ...amounts, currency },
      },
    };
  },
  alipay: (payload, { id, sum, currency, status, seconds }) => ({
    ...payload,
    ...(status === 'unknown' && { trade_status: 'TRADE_REVERSED' }),
    ...(currency !== 'CNY' && { trans_currency: currency }),
    refund_fee: sum,
    out_biz_no: id,
    gmt_refund: new Date(timeAt(seconds).getTime() + 8 * 3_600_000)
      .toISOString()
      .slice(0, 23)
      .replace('T', ' '),
  }),
  'standard-webhooks': (payload, { id, amount, currency, status, seconds }) => ({
    ...payload,
    type: `refund.${status}`,
    timestamp: timeAt(seconds).toISOString(),
    data: { ...dataOf(payload), refundNumber: id, amount, currency },
  }),
};

/** Alipay reports a refund with the success. This leaves the report alone, as for a trade whose time of payment it leaves out. */
export function withoutSuccess(payload: Payload): Payload {
  const { gmt_payment: _, ...report } = payload;
  return report;
}

/** What a gateway says of a dispute. */
export interface SaidDispute {
  readonly id: string;
  readonly amount: string;
  readonly currency: string;
  /** `unknown`: a status that this release does not know. */
  readonly status: DisputeStatus | 'unknown';
  /** Null where the report does not say it. */
  readonly moneyTaken: boolean | null;
  /** The gateway's time, counted from the start of the test. */
  readonly seconds: number;
}

/** Until when the shop can answer, in every report. */
export const DUE_BY = new Date(Math.floor(BEGIN / 1_000 + 7 * 86_400) * 1_000);

const STRIPE_DISPUTE_STATUSES: Readonly<Record<SaidDispute['status'], string>> = {
  inquiry: 'warning_needs_response',
  needs_response: 'needs_response',
  under_review: 'under_review',
  won: 'won',
  lost: 'lost',
  closed: 'warning_closed',
  unknown: 'arbitration',
};

function stripeDisputeType({ status, moneyTaken }: SaidDispute): string {
  if (moneyTaken !== null) return moneyTaken ? 'funds_withdrawn' : 'funds_reinstated';
  return ['won', 'lost', 'closed'].includes(status) ? 'closed' : 'updated';
}

/** WeChat Pay and Alipay report no disputes. */
export const DISPUTING = ['stripe', 'standard-webhooks'] as const satisfies readonly Gateway[];
type Disputing = (typeof DISPUTING)[number];

const DISPUTE_REPORTS: Readonly<
  Record<Disputing, (payload: Payload, about: About, said: SaidDispute) => Payload>
> = {
  stripe: (payload, { paymentNumber, transactionId }, said) => ({
    ...payload,
    type: `charge.dispute.${stripeDisputeType(said)}`,
    created: Math.floor(BEGIN / 1_000) + said.seconds,
    data: {
      object: {
        id: said.id,
        object: 'dispute',
        amount: minor(said.amount),
        currency: said.currency.toLowerCase(),
        payment_intent: transactionId,
        reason: 'fraudulent',
        status: STRIPE_DISPUTE_STATUSES[said.status],
        evidence_details: { due_by: DUE_BY.getTime() / 1_000 },
        balance_transactions: [],
        metadata: { payment_number: paymentNumber },
      },
    },
  }),
  'standard-webhooks': (payload, about, { id, seconds, status, moneyTaken, ...money }) => ({
    ...payload,
    type: status === 'won' || status === 'lost' ? `dispute.${status}` : 'dispute.updated',
    timestamp: timeAt(seconds).toISOString(),
    data: {
      ...about,
      ...money,
      disputeId: id,
      reason: 'fraudulent',
      status,
      dueBy: DUE_BY.toISOString(),
      ...(moneyTaken !== null && { moneyTaken }),
    },
  }),
};

/** Reports of refunds and disputes, signed as each gateway signs them and sent over HTTP. */
export class GatewayReports {
  constructor(private readonly service: Pick<Service, 'deliver'>) {}

  async refund(
    gateway: Gateway,
    about: About,
    said: SaidRefund,
    other: Partial<TestCallback> = {},
  ): Promise<HttpReply> {
    const { alter = (payload: Payload) => payload, ...content } = other;
    const report = (payload: Payload) => alter(REFUND_REPORTS[gateway](payload, said));
    const callback = { ...about, amount: '100.00', status: 'refund', ...content, alter: report } as const;
    return acknowledged(await this.service.deliver(gateway, callback));
  }

  async dispute(
    gateway: Disputing,
    about: About,
    said: SaidDispute,
    other: Partial<TestCallback> = {},
  ): Promise<HttpReply> {
    const alter = (payload: Payload) => DISPUTE_REPORTS[gateway](payload, about, said);
    return acknowledged(await this.service.deliver(gateway, { ...about, ...other, alter }));
  }
}

/** A gateway sends again whatever is not acknowledged, so each test wants to know at once. */
function acknowledged(reply: HttpReply): HttpReply {
  if (reply.status >= 300) throw new Error(`the callback was answered with ${reply.status} ${reply.body}`);
  return reply;
}
