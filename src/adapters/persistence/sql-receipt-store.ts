import type { DataSource } from 'typeorm';
import { ReceiptStore, type Receipt } from '../../application/ports.js';
import { INSERT_CALLBACKS, rowOf, sorted } from './sql-callbacks.js';

/** Stores bare receipts on a pool of its own, so that work which holds every other connection cannot keep it out. */
export class SqlReceiptStore extends ReceiptStore {
  constructor(private readonly reserve: DataSource) {
    super();
  }

  async keep(receipts: readonly Receipt[], nextAttemptAt: Date): Promise<Receipt[]> {
    const rows = receipts.map((receipt) => ({
      receipt,
      outcome: 'pending' as const,
      at: nextAttemptAt,
      deliveries: 1,
    }));
    await this.reserve.query(`${INSERT_CALLBACKS} ON CONFLICT ON CONSTRAINT callbacks_event_key DO NOTHING`, [
      JSON.stringify(sorted(rows).map(rowOf)),
    ]);
    // What is there by now was committed: by us, or by a transaction whose answer was lost, or for an earlier copy.
    const there: { gateway: string; event_id: string; fingerprint: string }[] = await this.reserve.query(
      `SELECT callbacks.gateway, callbacks.event_id, fingerprint FROM unnest($1::text[], $2::text[]) AS asked (gateway, event_id)
         JOIN callbacks ON callbacks.gateway = asked.gateway AND callbacks.event_id = asked.event_id`,
      [receipts.map(({ notice }) => notice.gateway), receipts.map(({ eventId }) => eventId)],
    );
    const stored = new Map(there.map((row) => [`${row.gateway} ${row.event_id}`, row.fingerprint]));
    return receipts.filter(({ notice, eventId, fingerprint }) => {
      const found = stored.get(`${notice.gateway} ${eventId}`);
      if (found === undefined) throw new Error('a receipt was neither stored nor there');
      return found !== fingerprint;
    });
  }
}
