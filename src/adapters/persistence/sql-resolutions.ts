import type { OpenDiscrepancy } from '../../application/ports.js';
import type { Ending, Resolutions } from '../../application/resolutions.js';
import type { DiscrepancyKind } from '../../domain/discrepancy.js';
import type { Notice } from '../../domain/notice.js';
import type { Deed } from '../../domain/order.js';
import { COLUMNS, openFrom, type DiscrepancyRow } from './sql-discrepancies.js';
import type { Source } from './prepared-sql.js';

export class SqlResolutions implements Resolutions {
  constructor(private readonly source: Source) {}

  async hold(id: string): Promise<boolean> {
    const [row]: { status: string }[] = await this.source.query(
      'SELECT status FROM discrepancies WHERE id = $1 FOR UPDATE',
      [id],
    );
    return row?.status === 'open';
  }

  async end(id: string, ending: Ending, { actor, at }: Deed): Promise<void> {
    const { resolution, note, reference, reason } = ending;
    await this.source.query(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = $3, resolution = $4, note = $5,
              reference = $6, reason = $7
        WHERE id = $1`,
      [id, at, actor, resolution, note, reference, reason],
    );
  }

  async addNote(id: string, note: string, { actor, at }: Deed): Promise<void> {
    await this.source.query(
      'INSERT INTO discrepancy_notes (discrepancy_id, at, actor, note) VALUES ($1, $2, $3, $4)',
      [id, at, actor, note],
    );
  }

  async closeCaseOf(
    { id, notice }: { readonly id: string; readonly notice: Notice },
    kind: DiscrepancyKind,
    reason: string,
    { actor, at }: Deed,
  ): Promise<OpenDiscrepancy | null> {
    const { gateway, paymentNumber, transactionId } = notice;
    // In the words of the unique index that makes it one case.
    const [isIts, values] =
      transactionId === null
        ? ['transaction_id IS NULL AND callback_id = $5', [id]]
        : [
            `gateway = $5 AND coalesce(payment_number, '') = $6 AND transaction_id = $7`,
            [gateway, paymentNumber ?? '', transactionId],
          ];
    const [rows]: [DiscrepancyRow[], number] = await this.source.query(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = $3, reason = $4
        WHERE kind = $1 AND status = 'open' AND ${isIts} RETURNING ${COLUMNS}`,
      [kind, at, actor, reason, ...values],
    );
    return rows[0] ? openFrom(rows[0]) : null;
  }

  async isRefunded(gateway: string, transactionId: string): Promise<boolean> {
    const rows: unknown[] = await this.source.query(
      `SELECT FROM discrepancies WHERE resolution = 'refunded_elsewhere' AND gateway = $1 AND transaction_id = $2 LIMIT 1`,
      [gateway, transactionId],
    );
    return rows.length > 0;
  }
}
