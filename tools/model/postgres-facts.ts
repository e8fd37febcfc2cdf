import type { Client } from 'pg';
import type {
  CallbackFact,
  CaseFact,
  DisputeFact,
  EventFact,
  Facts,
  OrderFact,
  PaymentFact,
  RefundFact,
} from './facts.js';
import { detailsFact } from './memory-facts.js';
import { sumOf } from './sums.js';

/** The tables of a story: every row that is younger than its begin, because stories are played one after the other. */
const ROWS = `
SELECT (SELECT coalesce(json_agg(json_build_object('number', number, 'total', total || ' ' || currency, 'status', status)
                 ORDER BY id), '[]')
          FROM orders WHERE id > $1) AS orders,
       (SELECT coalesce(json_agg(json_build_object('number', number, 'orderNumber', order_number, 'gateway', gateway,
                 'status', status, 'transactionId', transaction_id, 'expiresAt', extract(epoch FROM expires_at) * 1000)
                 ORDER BY id), '[]')
          FROM payments WHERE id > $2) AS payments,
       (SELECT coalesce(json_agg(json_build_object('id', id::text, 'gateway', gateway, 'eventId', event_id,
                 'outcome', outcome, 'deliveries', deliveries) ORDER BY id), '[]')
          FROM callbacks WHERE id > $3) AS callbacks,
       (SELECT coalesce(json_agg(json_build_object('id', id::text, 'kind', kind, 'status', status, 'gateway', gateway,
                 'paymentNumber', payment_number, 'orderNumber', order_number, 'transactionId', transaction_id,
                 'callbackId', callback_id::text, 'ownsMoney', money, 'details', details, 'resolution', resolution,
                 'endedBy', ended_by, 'refundNumber', refund_number) ORDER BY id), '[]')
          FROM discrepancies WHERE id > $4) AS cases,
       (SELECT coalesce(json_agg(json_build_object('number', number, 'gateway', gateway, 'transactionId', transaction_id,
                 'status', status, 'money', amount || ' ' || currency, 'gatewayRefundId', gateway_refund_id, 'reference', reference,
                 'waiting', waiting, 'unnamed', unnamed) ORDER BY id), '[]')
          FROM refunds WHERE id > $5) AS refunds,
       (SELECT coalesce(json_agg(json_build_object('gateway', gateway, 'disputeId', dispute_id, 'transactionId', transaction_id,
                 'status', status, 'moneyTaken', money_taken, 'waiting', waiting) ORDER BY id), '[]')
          FROM disputes WHERE id > $6) AS disputes,
       (SELECT coalesce(json_agg(json_build_object('id', id::text, 'type', type, 'actor', actor, 'orderNumber', order_number,
                 'paymentNumber', payment_number, 'callbackId', callback_id::text, 'data', data) ORDER BY id), '[]')
          FROM events WHERE id > $7) AS events`;

const BEGIN = ['orders', 'payments', 'callbacks', 'discrepancies', 'refunds', 'disputes', 'events']
  .map((table) => `(SELECT coalesce(max(id), 0)::text FROM ${table}) AS ${table}`)
  .join(', ');

type CaseRow = Omit<CaseFact, 'amounts' | 'reason' | 'disputeId'> & {
  readonly details: Readonly<Record<string, unknown>>;
};
type RefundRow = Omit<RefundFact, 'sum'> & { readonly money: string };

interface Rows {
  readonly orders: readonly OrderFact[];
  readonly payments: readonly PaymentFact[];
  readonly callbacks: readonly CallbackFact[];
  readonly cases: readonly CaseRow[];
  readonly refunds: readonly RefundRow[];
  readonly disputes: readonly DisputeFact[];
  readonly events: readonly EventFact[];
}

/** Reads what a story has stored, by statements of its own. */
export class PostgresFacts {
  private begin: Promise<string[]> | null = null;

  constructor(private readonly client: Client) {}

  async read(): Promise<Facts> {
    this.begin ??= this.findBegin();
    const { rows } = await this.client.query<Rows>({ name: 'facts', text: ROWS, values: await this.begin });
    const { orders, payments, callbacks, cases, refunds, disputes, events } = rows[0]!;
    return {
      orders,
      payments,
      callbacks,
      cases: cases.map(({ details, ...names }) => ({ ...names, ...detailsFact(details) })),
      refunds: refunds.map(({ money, ...names }) => ({ ...names, sum: sumOf(money)! })),
      disputes,
      events,
    };
  }

  private async findBegin(): Promise<string[]> {
    const { rows } = await this.client.query<Record<string, string>>(`SELECT ${BEGIN}`);
    return Object.values(rows[0]!);
  }
}
