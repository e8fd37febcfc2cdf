import type { Client } from 'pg';
import type { Plan } from './plan.js';

/** The result of one request: the HTTP status, or why there was none. */
export type Answer = number | 'cut' | 'timed out';

/** One delivery of a callback by its gateway, as the sender recorded it. */
export interface Attempt {
  readonly callback: string;
  /** Milliseconds since 1970, on the clock of the chaos process. */
  readonly at: number;
  readonly ms: number;
  readonly replica: number;
  readonly digest: string;
  readonly answer: Answer;
}

/** A request of the shop or of an operator, with its final answer. */
export interface ShopRequest {
  readonly action: 'place' | 'open' | 'cancel';
  readonly number: string;
  readonly at: number;
  readonly status: number;
}

/** How a case has ended, as an answer says it. Null for what it does not say, and for a case that is open. */
export interface CaseAnswer {
  readonly resolvedBy: string | null;
  readonly resolution: string | null;
  readonly endedBy: EndedBy | null;
  readonly reason: string | null;
}

/** What an operator has asked for, and how it was answered. */
export interface DeedRecord {
  /** The key of the planned deed. */
  readonly deed: string;
  readonly at: number;
  /** How often it was asked for, until the final answer. */
  readonly attempts: number;
  /** The id of the case or of the callback, or the number of the order. Null if there was no case. */
  readonly subject: string | null;
  /** `done`, the code of the refusal, `no case`, or `none` if no answer was final. */
  readonly answer: string;
  readonly says: CaseAnswer | null;
  /** The answer to the same request under the same key, after it was done: `the same`, or another one. Null if it was not asked again. */
  readonly repeated: string | null;
}

/** What the service's own audit has answered after the run. */
export interface AuditAnswer {
  readonly status: number;
  readonly pieces: number;
  readonly unowned: number;
  readonly violations: readonly unknown[];
}

export interface InjectedFault {
  readonly kind: string;
  readonly at: number;
  readonly detail: string;
}

/** How a replica worked again after a database fault was mended. */
export interface Recovery {
  readonly kind: string;
  readonly replica: number;
  /** The time of the mend, or of the start after it if the replica had been killed. */
  readonly at: number;
  /** The key of the callback that was sent to the replica. */
  readonly callback: string;
  readonly stored: boolean;
  /** Until it had stored the callback and was ready. Null if that did not happen in the time that it had. */
  readonly afterMs: number | null;
}

/** A webhook that the subscriber received. */
export interface DeliveredEvent {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly orderNumber: string | null;
  /** Whether the Standard Webhooks library accepts its signature. */
  readonly verified: boolean;
}

export interface CallbackRow {
  readonly id: string;
  readonly gateway: string;
  readonly event_id: string;
  readonly kind: string;
  readonly payment_number: string | null;
  readonly transaction_id: string | null;
  /** The kind that a callback under a used event id has by its own content. */
  readonly claimed_kind: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly digest: string;
  readonly outcome: string;
  readonly deliveries: number;
  readonly received_at: Date;
  readonly judged_at: Date;
}

export interface PaymentRow {
  readonly number: string;
  readonly order_number: string;
  readonly gateway: string;
  readonly amount: string;
  readonly currency: string;
  readonly status: string;
  readonly transaction_id: string | null;
  readonly expires_at: Date;
}

export interface OrderRow {
  readonly number: string;
  readonly status: string;
  readonly total: string;
  readonly currency: string;
}

export interface EventRow {
  readonly id: string;
  readonly at: Date;
  readonly order_number: string | null;
  readonly payment_number: string | null;
  readonly callback_id: string | null;
  readonly type: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface DiscrepancyRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly gateway: string;
  readonly payment_number: string | null;
  readonly transaction_id: string | null;
  readonly callback_id: string | null;
  readonly opened_at: Date;
  /** The case owns the money of the transaction. */
  readonly money: boolean;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly ended_by: EndedBy | null;
  readonly resolution: string | null;
  readonly resolved_by: string | null;
  /** Why it has ended. */
  readonly reason: string | null;
  /** Why it was opened. */
  readonly opening_reason: string | null;
  readonly note: string | null;
  readonly refund_number: string | null;
  /** What a case beside money is about. */
  readonly identity: string | null;
  readonly assignee: string | null;
}

/** What has ended a case. */
export interface EndedBy {
  readonly by: string;
  readonly paymentNumber?: string;
  readonly refundNumber?: string | null;
  readonly disputeId?: string;
  readonly discrepancyId?: string | null;
}

export interface NoteRow {
  readonly discrepancy_id: string;
  readonly actor: string;
  readonly note: string;
}

export interface RefundRow {
  readonly number: string;
  readonly gateway: string;
  readonly transaction_id: string;
  readonly payment_number: string | null;
  readonly order_number: string | null;
  readonly discrepancy_id: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly origin: string;
  readonly status: string;
  readonly gateway_refund_id: string | null;
  readonly reference: string | null;
  readonly waiting: boolean;
  readonly unnamed: boolean;
}

export interface DisputeRow {
  readonly gateway: string;
  readonly dispute_id: string;
  readonly transaction_id: string;
  readonly payment_number: string | null;
  readonly status: string;
  readonly money_taken: boolean;
  readonly waiting: boolean;
}

export interface Tables {
  readonly callbacks: readonly CallbackRow[];
  readonly payments: readonly PaymentRow[];
  readonly orders: readonly OrderRow[];
  readonly discrepancies: readonly DiscrepancyRow[];
  readonly notes: readonly NoteRow[];
  readonly refunds: readonly RefundRow[];
  readonly disputes: readonly DisputeRow[];
  /** In order of their ids. */
  readonly events: readonly EventRow[];
}

/** Everything that is known about a run after its end. */
export interface History extends Tables {
  readonly plan: Plan;
  readonly attempts: readonly Attempt[];
  readonly requests: readonly ShopRequest[];
  readonly deeds: readonly DeedRecord[];
  readonly audit: AuditAnswer;
  /** In order of arrival. */
  readonly delivered: readonly DeliveredEvent[];
  readonly faults: readonly InjectedFault[];
  readonly recoveries: readonly Recovery[];
}

const QUERIES: Readonly<Record<keyof Tables, string>> = {
  callbacks: `SELECT id, gateway, event_id, kind, payment_number, notice ->> 'transactionId' AS transaction_id, notice ->> 'claimedKind' AS claimed_kind,
                     notice ->> 'amount' AS amount, notice ->> 'currency' AS currency, encode(sha256(contents.body), 'hex') AS digest, outcome, deliveries, received_at, judged_at
                FROM callbacks LEFT JOIN callback_contents AS contents ON callback_id = id ORDER BY id`,
  payments: `SELECT number, order_number, gateway, amount::text, currency, status, transaction_id, expires_at FROM payments ORDER BY id`,
  orders: `SELECT number, status, total::text, currency FROM orders ORDER BY id`,
  discrepancies: `SELECT id, kind, status, gateway, payment_number, transaction_id, callback_id, opened_at, money, amount::text, currency, ended_by,
                         resolution, resolved_by, reason, details ->> 'reason' AS opening_reason, note, refund_number, identity,
                         assignee
                    FROM discrepancies ORDER BY id`,
  notes: `SELECT discrepancy_id, actor, note FROM discrepancy_notes ORDER BY id`,
  refunds: `SELECT number, gateway, transaction_id, payment_number, order_number, discrepancy_id, amount::text, currency, origin, status,
                   gateway_refund_id, reference, waiting, unnamed FROM refunds ORDER BY id`,
  disputes: `SELECT gateway, dispute_id, transaction_id, payment_number, status, money_taken, waiting FROM disputes ORDER BY id`,
  events: `SELECT id, at, order_number, payment_number, callback_id, type, actor, data FROM events ORDER BY id`,
};

/** In one snapshot. */
export async function loadTables(session: Client): Promise<Tables> {
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const tables: Partial<Record<keyof Tables, unknown>> = {};
  for (const [name, text] of Object.entries(QUERIES))
    tables[name as keyof Tables] = (await session.query(text)).rows;
  await session.query('COMMIT');
  return tables as Tables;
}
