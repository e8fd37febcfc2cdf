import { Money } from '../../domain/money.js';
import type { Notice, Outcome } from '../../domain/notice.js';
import type {
  CallbackKey,
  Callbacks,
  LockMode,
  NewCallback,
  StoredCallback,
} from '../../application/ports.js';
import type { Sql } from './prepared-sql.js';

/** The notice as the inbox keeps it; its gateway is a column. */
type KeptNotice = Omit<Notice, 'gateway' | 'money' | 'paidAt'> & {
  readonly amount: string | null;
  readonly currency: string | null;
  readonly paidAt: string | null;
};

export interface CallbackRow {
  readonly id: string;
  readonly gateway: string;
  readonly event_id: string;
  readonly fingerprint: string;
  readonly notice: KeptNotice;
  readonly received_at: Date;
  readonly judged_at: Date;
  readonly outcome: Outcome;
  readonly attempts: number;
}

export const COLUMNS = [
  'id', 'gateway', 'event_id', 'fingerprint', 'notice', 'received_at', 'judged_at', 'outcome', 'attempts',
].map((column) => `callbacks.${column}`).join(', '); // prettier-ignore

export class SqlCallbacks implements Callbacks {
  constructor(private readonly sql: Sql) {}

  async find(keys: readonly CallbackKey[]): Promise<StoredCallback[]> {
    const rows = await this.sql.query<CallbackRow>(
      // LATERAL with a limit, because a plain join may be planned as a walk along the whole index.
      `SELECT found.* FROM json_to_recordset($1) AS asked (gateway text, "eventId" text), LATERAL (
         SELECT ${COLUMNS} FROM callbacks
          WHERE callbacks.gateway = asked.gateway AND callbacks.event_id = asked."eventId" LIMIT 1) AS found`,
      [JSON.stringify(keys)],
    );
    return rows.map(storedFrom);
  }

  async newIds(count: number): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      `SELECT nextval('callbacks_id_seq') AS id FROM generate_series(1, $1)`,
      [count],
    );
    return rows.map(({ id }) => id);
  }

  async add(callbacks: readonly NewCallback[]): Promise<void> {
    await this.sql.write(INSERT_CALLBACKS, [JSON.stringify(sorted(callbacks).map(rowOf))]);
  }

  async lockUndecided(ids: readonly string[], mode: LockMode): Promise<string[]> {
    const rows = await this.sql.query<{ id: string }>(
      `SELECT id FROM callbacks WHERE id = ANY($1) AND outcome IN ('pending', 'unmatched')
        ORDER BY gateway, event_id FOR UPDATE ${mode === 'skip' ? 'SKIP LOCKED' : ''}`,
      [ids],
    );
    return rows.map(({ id }) => id);
  }

  async decide(decisions: readonly { id: string; outcome: Outcome; at: Date }[]): Promise<void> {
    await this.sql.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (id bigint, outcome text, at timestamptz))
       UPDATE callbacks SET outcome = new.outcome, settled_at = new.at, next_attempt_at = NULL
         FROM new WHERE callbacks.id = new.id AND callbacks.id = ANY(ARRAY(SELECT id FROM new))`,
      [JSON.stringify(decisions)],
    );
  }

  async countCopies(copies: readonly { id: string; copies: number }[]): Promise<void> {
    // The rows are held first, in the order that everybody keeps: an UPDATE with a join takes them as its plan likes.
    await this.sql.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (id bigint, copies integer)),
            held AS (SELECT id FROM callbacks WHERE id = ANY(ARRAY(SELECT id FROM new)) ORDER BY gateway, event_id FOR UPDATE)
       UPDATE callbacks SET deliveries = deliveries + new.copies
         FROM held JOIN new ON new.id = held.id
        WHERE callbacks.id = held.id AND callbacks.id = ANY(ARRAY(SELECT id FROM new))`,
      [JSON.stringify(copies)],
    );
  }
}

/** A row for the inbox, numbered before or as it is written. */
type Receivable = Omit<NewCallback, 'id'> & Partial<Pick<NewCallback, 'id'>>;

/** Shared with the receipts that are stored alone, which differ in what happens on a key that is there. */
export const INSERT_CALLBACKS = `
INSERT INTO callbacks (id, gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at, judged_at,
                       outcome, settled_at, next_attempt_at, deliveries) OVERRIDING SYSTEM VALUE
SELECT coalesce(id, nextval('callbacks_id_seq')), gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, decode(body, 'base64'), received_at, judged_at,
       outcome, settled_at, next_attempt_at, deliveries
  FROM json_to_recordset($1) AS new (id bigint, gateway text, event_id text, fingerprint text, kind text, payment_number text, notice jsonb,
       key_id text, headers jsonb, body text, received_at timestamptz, judged_at timestamptz, outcome text,
       settled_at timestamptz, next_attempt_at timestamptz, deliveries integer)`;

export function rowOf({ id, receipt, outcome, at, deliveries }: Receivable): Record<string, unknown> {
  const { notice, body } = receipt;
  return {
    id,
    gateway: notice.gateway,
    event_id: receipt.eventId,
    fingerprint: receipt.fingerprint,
    kind: notice.kind,
    payment_number: notice.paymentNumber,
    notice: keptFrom(notice),
    key_id: receipt.keyId,
    headers: receipt.headers,
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
    received_at: receipt.receivedAt,
    judged_at: receipt.judgedAt,
    outcome,
    settled_at: outcome === 'pending' ? null : at,
    next_attempt_at: outcome === 'pending' ? at : null,
    deliveries,
  };
}

/** By (gateway, event id): the order in which everybody takes inbox keys, so that two inserts cannot wait for each other. */
export function sorted(callbacks: readonly Receivable[]): Receivable[] {
  const keyed = callbacks.map(
    (each) => [`${each.receipt.notice.gateway} ${each.receipt.eventId}`, each] as const,
  );
  return keyed.toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, each]) => each);
}

export function keptFrom(notice: Notice): KeptNotice {
  const { gateway: _, money, paidAt, ...rest } = notice;
  return {
    amount: money?.amount ?? null,
    currency: money?.currency ?? null,
    paidAt: paidAt?.toISOString() ?? null,
    ...rest,
  };
}

export function storedFrom(row: CallbackRow): StoredCallback {
  const { amount, currency, paidAt, ...kept } = row.notice;
  return {
    id: row.id,
    eventId: row.event_id,
    fingerprint: row.fingerprint,
    notice: {
      ...kept,
      gateway: row.gateway,
      money: amount === null || currency === null ? null : Money.of(amount, currency),
      paidAt: paidAt === null ? null : new Date(paidAt),
    },
    receivedAt: row.received_at,
    judgedAt: row.judged_at,
    outcome: row.outcome,
    attempts: row.attempts,
  };
}
