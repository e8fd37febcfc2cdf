import type { DataSource } from 'typeorm';
import { asConflicting } from '../../application/inbox.js';
import { ReceiptStore, type Receipt } from '../../application/ports.js';
import { boundedQuery } from './bounded-query.js';
import { INSERT_CALLBACKS, rowOf, sorted } from './sql-callbacks.js';

/** Stores bare receipts on a pool of its own, so that work which holds every other connection cannot keep it out. */
export class SqlReceiptStore extends ReceiptStore {
  constructor(private readonly reserve: DataSource) {
    super();
  }

  async keep(receipts: readonly Receipt[], nextAttemptAt: Date, deadline: number): Promise<boolean[]> {
    try {
      return await this.keepAll(receipts, nextAttemptAt, deadline);
    } catch {
      if (receipts.length === 1 || performance.now() >= deadline) return receipts.map(() => false);
      // One of them has a key that somebody holds, and only that one may suffer for it.
      return Promise.all(
        receipts.map((receipt) =>
          this.keepAll([receipt], nextAttemptAt, deadline).then(
            ([kept]) => kept ?? false,
            () => false,
          ),
        ),
      );
    }
  }

  private async keepAll(receipts: readonly Receipt[], at: Date, deadline: number): Promise<boolean[]> {
    const rows = receipts.map((receipt) => ({ receipt, outcome: 'pending' as const, at, deliveries: 1 }));
    await boundedQuery(
      this.reserve,
      deadline,
      `${INSERT_CALLBACKS} ON CONFLICT ON CONSTRAINT callbacks_event_key DO NOTHING`,
      [JSON.stringify(sorted(rows).map(rowOf))],
    );
    const stored = await this.fingerprints(receipts, deadline);
    const clashing = receipts.filter((receipt) => stored.get(keyOf(receipt)) !== receipt.fingerprint);
    const beside = clashing.filter(({ notice }) => notice.kind !== 'conflicting').map(asConflicting);
    const kept = beside.length ? await this.keepAll(beside, at, deadline) : [];
    return receipts.map((receipt) => {
      const index = clashing.indexOf(receipt);
      return index < 0 || (kept[index] ?? false);
    });
  }

  /** What is there by now was committed: by us, or by a transaction whose answer was lost, or for an earlier copy. */
  private async fingerprints(receipts: readonly Receipt[], deadline: number): Promise<Map<string, string>> {
    const rows = await boundedQuery<{ gateway: string; event_id: string; fingerprint: string }[]>(
      this.reserve,
      deadline,
      `SELECT asked.gateway, asked.event_id, found.fingerprint
         FROM unnest($1::text[], $2::text[]) AS asked (gateway, event_id), LATERAL (
           SELECT fingerprint FROM callbacks
            WHERE callbacks.gateway = asked.gateway AND callbacks.event_id = asked.event_id LIMIT 1) AS found`,
      [receipts.map(({ notice }) => notice.gateway), receipts.map(({ eventId }) => eventId)],
    );
    return new Map(rows.map((row) => [`${row.gateway} ${row.event_id}`, row.fingerprint]));
  }
}

const keyOf = ({ notice, eventId }: Receipt): string => `${notice.gateway} ${eventId}`;
