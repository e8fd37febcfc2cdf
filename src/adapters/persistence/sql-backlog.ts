import type { Backlog } from '../../application/backlog.js';
import type { StoredCallback } from '../../application/ports.js';
import { COLUMNS, storedFrom, type CallbackRow } from './sql-callbacks.js';
import type { Source } from './prepared-sql.js';

/** Keeps the advisory lock on leasing apart from those on payment numbers and on requests' keys. */
const LEASES = 3;

export class SqlBacklog implements Backlog {
  constructor(private readonly source: Source) {}

  async lease(now: Date, leasedUntil: Date, limit: number): Promise<StoredCallback[]> {
    // One after the other: who reads while another leases would lock what has just been leased, before it sees that it is not due,
    // and the other would then find its own callbacks held.
    await this.source.query('SELECT pg_advisory_xact_lock($1, 0)', [LEASES]);
    const [rows]: [CallbackRow[], number] = await this.source.query(
      // An array of ids can only be looked up; a join might be planned as a walk through the whole table.
      `UPDATE callbacks SET attempts = attempts + 1, next_attempt_at = $2
        WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE outcome = 'pending' AND next_attempt_at <= $1
                               ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED))
       RETURNING ${COLUMNS}`,
      [now, leasedUntil, limit],
    );
    // Settled in order of receipt: RETURNING keeps none.
    return rows.toSorted((left, right) => Number(left.id) - Number(right.id)).map(storedFrom);
  }

  async postpone(retries: readonly { readonly id: string; readonly at: Date }[]): Promise<void> {
    // Whoever holds one of them is about to decide it.
    await this.source.query(
      `WITH held AS (SELECT id FROM callbacks WHERE id = ANY($1) AND outcome = 'pending'
                      ORDER BY gateway, event_id FOR UPDATE SKIP LOCKED)
       UPDATE callbacks SET next_attempt_at = new.at
         FROM held JOIN unnest($1::bigint[], $2::timestamptz[]) AS new (id, at) ON new.id = held.id
        WHERE callbacks.id = held.id AND callbacks.id = ANY($1)`,
      [retries.map(({ id }) => id), retries.map(({ at }) => at)],
    );
  }

  async waitingFor(paymentNumber: string, limit: number): Promise<StoredCallback[]> {
    const rows: CallbackRow[] = await this.source.query(
      `SELECT ${COLUMNS} FROM callbacks WHERE outcome = 'unmatched' AND payment_number = $1
        ORDER BY received_at, id LIMIT $2`,
      [paymentNumber, limit],
    );
    return rows.map(storedFrom);
  }

  async matched(after: string | null, limit: number) {
    const [page]: { last: string | null; looked: number; numbers: string[] }[] = await this.source.query(
      // The inner walk touches nothing but the small index of what is unmatched. A subselect is one look-up for each number, where
      // a join or an EXISTS may be planned over all payments.
      `SELECT max(number) AS last, count(*)::int AS looked, coalesce(array_agg(number) FILTER (WHERE has_come), '{}') AS numbers
         FROM (SELECT number, (SELECT true FROM payments WHERE payments.number = page.number LIMIT 1) AS has_come
                 FROM (SELECT DISTINCT payment_number AS number FROM callbacks
                        WHERE outcome = 'unmatched' AND payment_number > $1 ORDER BY payment_number LIMIT $2) AS page) AS looked_up`,
      [after ?? '', limit],
    );
    const { last, looked, numbers } = page!;
    const rows: CallbackRow[] = numbers.length
      ? await this.source.query(
          `SELECT ${COLUMNS} FROM callbacks WHERE outcome = 'unmatched' AND payment_number = ANY($1)
            ORDER BY received_at, id LIMIT $2`,
          [numbers, limit],
        )
      : [];
    return { callbacks: rows.map(storedFrom), next: looked === limit ? last : null };
  }
}
