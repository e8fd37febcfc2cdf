import type { CaseDetail, CaseQueries, CaseView } from '../../application/cases/case-queries.js';
import type { CaseEnding, CaseRepository } from '../../application/cases/case-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { OpenCase } from '../../domain/cases/case.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import { listPage } from './list-page.js';

// The table and the API call a case a discrepancy.

interface DiscrepancyRow {
  readonly kind: OpenCase['kind'];
  readonly gateway: string;
  readonly payment_number: string | null;
  readonly order_number: string | null;
  readonly transaction_id: string | null;
  readonly callback_id: string | null;
  readonly details: OpenCase['details'];
}

const COLUMNS = 'kind, gateway, payment_number, order_number, transaction_id, callback_id, details';

const rowOf = (open: OpenCase): DiscrepancyRow => ({
  kind: open.kind,
  gateway: open.gateway,
  payment_number: open.paymentNumber,
  order_number: open.orderNumber,
  transaction_id: open.transactionId,
  callback_id: open.callbackId,
  details: open.details,
});

const caseFrom = (row: DiscrepancyRow): OpenCase => ({
  kind: row.kind,
  gateway: row.gateway,
  paymentNumber: row.payment_number,
  orderNumber: row.order_number,
  transactionId: row.transaction_id,
  callbackId: row.callback_id,
  details: row.details,
});

export class PostgresCases implements CaseRepository {
  constructor(
    private readonly prepared: PreparedSql,
    private readonly plain: PlainSql,
  ) {}

  async open(cases: readonly OpenCase[], at: Date): Promise<OpenCase[]> {
    const rows = await this.prepared.change<DiscrepancyRow>(
      `INSERT INTO discrepancies (${COLUMNS}, opened_at)
       SELECT ${COLUMNS}, $2
         FROM json_to_recordset($1) AS new (kind text, gateway text, payment_number text, order_number text, transaction_id text,
              callback_id bigint, details jsonb)
        ORDER BY kind, gateway, payment_number, transaction_id, callback_id
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [JSON.stringify(cases.map(rowOf)), at],
    );
    return rows.map(caseFrom);
  }

  async closeUnmatched(callbackIds: readonly string[], at: Date): Promise<OpenCase[]> {
    const rows = await this.prepared.change<DiscrepancyRow>(
      `WITH locked AS (
         SELECT id FROM discrepancies WHERE callback_id = ANY($1) AND kind = 'unmatched' AND status = 'open' ORDER BY id FOR UPDATE)
       UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = 'gateway:' || gateway, reason = 'the payment has come'
         FROM locked WHERE discrepancies.id = locked.id
       RETURNING ${COLUMNS}`,
      [callbackIds, at],
    );
    return rows.map(caseFrom);
  }

  async closeFor(
    { id, notification }: { readonly id: string; readonly notification: Notification },
    kind: CaseKind,
    reason: string,
    { actor, at }: Attribution,
  ): Promise<OpenCase | null> {
    const { gateway, paymentNumber, transactionId } = notification;
    // The columns of the unique index that makes it one case.
    const [isItsCase, values] =
      transactionId === null
        ? ['transaction_id IS NULL AND callback_id = $5', [id]]
        : [
            `gateway = $5 AND coalesce(payment_number, '') = $6 AND transaction_id = $7`,
            [gateway, paymentNumber ?? '', transactionId],
          ];
    const [row] = await this.plain.query<DiscrepancyRow>(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = $3, reason = $4
        WHERE kind = $1 AND status = 'open' AND ${isItsCase} RETURNING ${COLUMNS}`,
      [kind, at, actor, reason, ...values],
    );
    return row ? caseFrom(row) : null;
  }

  async lockOpen(id: string): Promise<boolean> {
    const [row] = await this.plain.query<{ status: string }>(
      'SELECT status FROM discrepancies WHERE id = $1 FOR UPDATE',
      [id],
    );
    return row?.status === 'open';
  }

  async end(id: string, ending: CaseEnding, { actor, at }: Attribution): Promise<void> {
    const { resolution, note, reference, reason } = ending;
    await this.plain.execute(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = $3, resolution = $4, note = $5,
              reference = $6, reason = $7
        WHERE id = $1`,
      [id, at, actor, resolution, note, reference, reason],
    );
  }

  async addNote(id: string, note: string, { actor, at }: Attribution): Promise<void> {
    await this.plain.execute(
      'INSERT INTO discrepancy_notes (discrepancy_id, at, actor, note) VALUES ($1, $2, $3, $4)',
      [id, at, actor, note],
    );
  }

  async isRefundedElsewhere(gateway: string, transactionId: string): Promise<boolean> {
    const rows = await this.plain.query<unknown>(
      `SELECT FROM discrepancies WHERE resolution = 'refunded_elsewhere' AND gateway = $1 AND transaction_id = $2 LIMIT 1`,
      [gateway, transactionId],
    );
    return rows.length > 0;
  }
}

const LIST = {
  table: 'discrepancies',
  columns: `id, kind, status, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber",
  transaction_id AS "transactionId", callback_id AS "callbackId", details, opened_at AS "openedAt", resolved_at AS "resolvedAt",
  resolution, resolved_by AS "resolvedBy", reference, reason`,
  filters: { status: 'status', kind: 'kind', paymentNumber: 'payment_number' },
};
const NOTES = `(SELECT coalesce(json_agg(json_build_object('at', at, 'actor', actor, 'note', note) ORDER BY id), '[]')
  FROM (SELECT * FROM discrepancy_notes WHERE discrepancy_id = discrepancies.id ORDER BY id DESC LIMIT 1000) AS newest) AS notes`;

export class PostgresCaseQueries implements CaseQueries {
  constructor(private readonly sql: PlainSql) {}

  list(filter: Filter<'status' | 'kind' | 'paymentNumber'>, page: PageRequest): Promise<Page<CaseView>> {
    return listPage(this.sql, LIST, filter, page);
  }

  async find(id: string): Promise<CaseDetail | null> {
    const sql = `SELECT ${LIST.columns}, note, ${NOTES} FROM discrepancies WHERE id = $1`;
    const [row] = await this.sql.query<CaseDetail>(sql, [id]);
    // Times inside JSON come as text.
    return row ? { ...row, notes: row.notes.map((each) => ({ ...each, at: new Date(each.at) })) } : null;
  }

  async countOpen(): Promise<Readonly<Partial<Record<CaseKind, number>>>> {
    const rows = await this.sql.query<{ kind: CaseKind; count: string }>(
      `SELECT kind, count(*) FROM discrepancies WHERE status = 'open' GROUP BY kind`,
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
  }
}
