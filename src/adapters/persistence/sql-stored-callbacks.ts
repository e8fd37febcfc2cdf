import type { KeptCallback, Reading, StoredCallbacks } from '../../application/stored-callbacks.js';
import type { Outcome } from '../../domain/notice.js';
import { COLUMNS, keptFrom, storedFrom, type CallbackRow } from './sql-callbacks.js';
import type { Source } from './prepared-sql.js';

export class SqlStoredCallbacks implements StoredCallbacks {
  constructor(private readonly source: Source) {}

  async find(id: string): Promise<KeptCallback | null> {
    const [row]: (CallbackRow & { body: Buffer | null })[] = await this.source.query(
      `SELECT ${COLUMNS}, body FROM callbacks WHERE id = $1`,
      [id],
    );
    return row ? { ...storedFrom(row), body: row.body } : null;
  }

  async hold(id: string): Promise<Outcome> {
    const [row]: { outcome: Outcome }[] = await this.source.query(
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
    await this.source.query(
      `UPDATE callbacks SET notice = $2, kind = $3, payment_number = $4, fingerprint = $5, judged_at = $6 WHERE id = $1`,
      [id, JSON.stringify(keptFrom(notice)), notice.kind, notice.paymentNumber, fingerprint, judgedAt],
    );
  }
}
