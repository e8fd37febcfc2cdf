import type { EntityManager } from 'typeorm';
import type { KeptCallback, Reading, StoredCallbacks } from '../../application/stored-callbacks.js';
import type { Outcome } from '../../domain/notice.js';
import { COLUMNS, keptFrom, storedFrom, type CallbackRow } from './sql-callbacks.js';

export class SqlStoredCallbacks implements StoredCallbacks {
  constructor(private readonly manager: EntityManager) {}

  async find(id: string): Promise<KeptCallback | null> {
    const [row]: (CallbackRow & { body: Buffer | null })[] = await this.manager.query(
      `SELECT ${COLUMNS}, body FROM callbacks WHERE id = $1`,
      [id],
    );
    return row ? { ...storedFrom(row), body: row.body } : null;
  }

  async hold(id: string): Promise<Outcome> {
    const [row]: { outcome: Outcome }[] = await this.manager.query(
      'SELECT outcome FROM callbacks WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (!row) throw new Error(`callback ${id} is gone, and callbacks are never taken away`);
    return row.outcome;
  }

  async reread(
    id: string,
    { notice, fingerprint, judgedAt }: Reading & { readonly judgedAt: Date },
  ): Promise<void> {
    await this.manager.query(
      `UPDATE callbacks SET notice = $2, kind = $3, payment_number = $4, fingerprint = $5, judged_at = $6 WHERE id = $1`,
      [id, JSON.stringify(keptFrom(notice)), notice.kind, notice.paymentNumber, fingerprint, judgedAt],
    );
  }
}
