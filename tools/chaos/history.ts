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
  readonly ended_by: {
    readonly by: string;
    readonly paymentNumber?: string;
    readonly discrepancyId?: string;
  } | null;
}

export interface Tables {
  readonly callbacks: readonly CallbackRow[];
  readonly payments: readonly PaymentRow[];
  readonly orders: readonly OrderRow[];
  readonly discrepancies: readonly DiscrepancyRow[];
  /** In order of their ids. */
  readonly events: readonly EventRow[];
}

/** Everything that is known about a run after its end. */
export interface History extends Tables {
  readonly plan: Plan;
  readonly attempts: readonly Attempt[];
  readonly requests: readonly ShopRequest[];
  /** In order of arrival. */
  readonly delivered: readonly DeliveredEvent[];
  readonly faults: readonly InjectedFault[];
  readonly recoveries: readonly Recovery[];
}

const QUERIES: Readonly<Record<keyof Tables, string>> = {
  callbacks: `SELECT id, gateway, event_id, kind, payment_number, notice ->> 'transactionId' AS transaction_id, notice ->> 'amount' AS amount,
                     notice ->> 'currency' AS currency, encode(sha256(contents.body), 'hex') AS digest, outcome, deliveries, received_at, judged_at
                FROM callbacks LEFT JOIN callback_contents AS contents ON callback_id = id ORDER BY id`,
  payments: `SELECT number, order_number, gateway, amount::text, currency, status, transaction_id, expires_at FROM payments ORDER BY id`,
  orders: `SELECT number, status, total::text, currency FROM orders ORDER BY id`,
  discrepancies: `SELECT id, kind, status, gateway, payment_number, transaction_id, callback_id, opened_at, money, ended_by
                    FROM discrepancies ORDER BY id`,
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
