import type { DataSource } from 'typeorm';
import type { Receipt } from '../../application/callbacks/callback-repository.js';
import { asConflicting, inboxKey, saysTheSame } from '../../application/callbacks/inbox-entry.js';
import type { ReceiptRepository } from '../../application/callbacks/receipt-repository.js';
import { INSERT_RECEIPTS, receiptsToInsert } from './callbacks.js';
import { boundedQuery } from './engine/bounded-query.js';

/** A commit waits for the disk and the synchronous standby only if it has written something. */
const WAIT_FOR_STANDBY = `SELECT pg_logical_emit_message(true, 'quittance', 'receipt')`;

/** Stores bare receipts on the reserve pool, so that work which uses every other connection cannot delay them. */
export class PostgresReceipts implements ReceiptRepository {
  constructor(private readonly reserve: DataSource) {}

  async storePending(
    receipts: readonly Receipt[],
    nextAttemptAt: Date,
    deadline: number,
  ): Promise<boolean[]> {
    try {
      return await this.storeAll(receipts, nextAttemptAt, deadline);
    } catch {
      if (receipts.length === 1 || performance.now() >= deadline) return receipts.map(() => false);
      // Another transaction has locked the key of one of them. The others must not fail with it.
      return Promise.all(
        receipts.map((receipt) =>
          this.storeAll([receipt], nextAttemptAt, deadline).then(
            ([stored]) => stored ?? false,
            () => false,
          ),
        ),
      );
    }
  }

  private async storeAll(receipts: readonly Receipt[], at: Date, deadline: number): Promise<boolean[]> {
    const { affected } = await boundedQuery(this.reserve, deadline, INSERT_RECEIPTS, [
      receiptsToInsert(receipts, at),
    ]);
    const fingerprints = await this.storedFingerprints(receipts, deadline);
    // A row that existed may be visible and not yet on the synchronous standby, if its commit was interrupted. What is written after it
    // is confirmed after it.
    if (affected !== receipts.length) await boundedQuery(this.reserve, deadline, WAIT_FOR_STANDBY);
    const clashing = receipts.filter((receipt) => {
      const stored = fingerprints.get(inboxKey(receipt));
      return stored === undefined || !saysTheSame(receipt, stored);
    });
    const conflicting = clashing
      .filter(({ notification }) => notification.kind !== 'conflicting')
      .map(asConflicting);
    const stored = conflicting.length ? await this.storeAll(conflicting, at, deadline) : [];
    return receipts.map((receipt) => {
      const index = clashing.indexOf(receipt);
      return index < 0 || (stored[index] ?? false);
    });
  }

  /** What exists now was committed: by this insert, by a transaction whose answer was lost, or for an earlier copy. */
  private async storedFingerprints(
    receipts: readonly Receipt[],
    deadline: number,
  ): Promise<Map<string, string>> {
    const { records } = await boundedQuery<{ gateway: string; event_id: string; fingerprint: string }>(
      this.reserve,
      deadline,
      `SELECT asked.gateway, asked.event_id, stored.fingerprint
         FROM unnest($1::text[], $2::text[]) AS asked (gateway, event_id), LATERAL (
           SELECT fingerprint FROM callbacks
            WHERE callbacks.gateway = asked.gateway AND callbacks.event_id = asked.event_id LIMIT 1) AS stored`,
      [receipts.map(({ notification }) => notification.gateway), receipts.map(({ eventId }) => eventId)],
    );
    return new Map(
      records.map(({ gateway, event_id: eventId, fingerprint }) => [
        inboxKey({ notification: { gateway }, eventId }),
        fingerprint,
      ]),
    );
  }
}
