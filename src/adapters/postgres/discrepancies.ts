import type { CaseDetail, CaseFilter, CaseQueries, CaseView } from '../../application/cases/case-queries.js';
import type { CaseEnding, CaseRepository } from '../../application/cases/case-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { OpenCase, StoredCase } from '../../domain/cases/case.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import type { Orm } from './engine/transaction.js';
import { discrepancies as table, discrepancyNotes, type DiscrepancyRow } from './entities.js';
import { fewKeys, listPage, type List } from './list-page.js';

// The table and the API call a case a discrepancy.

const COLUMNS = `id, kind, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber", transaction_id AS "transactionId",
  callback_id AS "callbackId", details`;

export class PostgresCases implements CaseRepository {
  constructor(
    private readonly prepared: PreparedSql,
    private readonly orm: Orm,
  ) {}

  async open(cases: readonly OpenCase[], at: Date): Promise<StoredCase[]> {
    return this.prepared.change<StoredCase>(
      `INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at)
       SELECT kind, gateway, "paymentNumber", "orderNumber", "transactionId", "callbackId", details, $2
         FROM json_to_recordset($1) AS new (kind text, gateway text, "paymentNumber" text, "orderNumber" text, "transactionId" text,
              "callbackId" bigint, details jsonb)
        ORDER BY kind, gateway, "paymentNumber", "transactionId", "callbackId"
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [JSON.stringify(cases), at],
    );
  }

  async closeUnmatched(callbackIds: readonly string[], at: Date): Promise<StoredCase[]> {
    return this.prepared.change<StoredCase>(
      // IS TRUE, because only the index on the callback may be chosen.
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = 'gateway:' || gateway, reason = 'the payment has come'
        WHERE callback_id = ANY($1)
          AND (id = ANY(ARRAY(SELECT id FROM discrepancies
                               WHERE callback_id = ANY($1) AND (kind = 'unmatched' AND status = 'open') IS TRUE
                               ORDER BY id + 0 FOR UPDATE))) IS TRUE
       RETURNING ${COLUMNS}`,
      [callbackIds, at],
    );
  }

  async closeFor(
    { id, notification }: { readonly id: string; readonly notification: Notification },
    kind: CaseKind,
    reason: string,
    { actor, at }: Attribution,
  ): Promise<StoredCase | null> {
    const { gateway, paymentNumber, transactionId } = notification;
    const number = paymentNumber ?? '';
    // The columns of the unique index that makes it one case. IS TRUE, because the indexes on kind and status must not be chosen.
    const itsCase =
      transactionId === null
        ? `found.callback_id = :id AND (found.kind = :kind AND found.status = 'open' AND found.transaction_id IS NULL) IS TRUE`
        : `found.gateway = :gateway AND found.transaction_id = :transactionId
            AND (found.kind = :kind AND found.status = 'open' AND coalesce(found.payment_number, '') = :number) IS TRUE`;
    return this.orm.run(async (manager) => {
      const found = await manager
        .createQueryBuilder(table, 'found')
        .setLock('pessimistic_write')
        .where(itsCase, { id, gateway, transactionId, kind, number })
        .getOne();
      if (!found) return null;
      await manager.update(table, found.id, {
        status: 'resolved',
        resolvedAt: at,
        resolvedBy: actor,
        reason,
      });
      return caseFrom(found);
    });
  }

  async lockOpen(id: string): Promise<boolean> {
    const lock = { mode: 'pessimistic_write' } as const;
    const found = await this.orm.run((manager) => manager.findOne(table, { where: { id }, lock }));
    return found?.status === 'open';
  }

  async end(id: string, ending: CaseEnding, { actor, at }: Attribution): Promise<void> {
    const ended = { ...ending, status: 'resolved' as const, resolvedAt: at, resolvedBy: actor };
    await this.orm.run((manager) => manager.update(table, id, ended));
  }

  async addNote(id: string, note: string, { actor, at }: Attribution): Promise<void> {
    await this.orm.run((manager) => manager.insert(discrepancyNotes, { discrepancyId: id, at, actor, note }));
  }

  async paymentsWithCase(kind: CaseKind, paymentNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.prepared.query<{ number: string }>(
      // OFFSET 0, because with both conditions in one place the index on the kind may be taken.
      `SELECT number FROM unnest($1::text[]) AS asked (number)
        WHERE EXISTS (SELECT FROM (SELECT kind FROM discrepancies WHERE payment_number = asked.number OFFSET 0) AS own
                       WHERE own.kind = $2)`,
      [paymentNumbers, kind],
    );
    return new Set(rows.map(({ number }) => number));
  }

  isRefundedElsewhere(gateway: string, transactionId: string): Promise<boolean> {
    return this.orm.run((manager) =>
      manager
        .createQueryBuilder(table, 'found')
        // As literal text, because it is the condition of a partial index.
        .where(`found.resolution = 'refunded_elsewhere'`)
        .andWhere({ gateway, transactionId })
        .getExists(),
    );
  }
}

/** The case without what belongs to its row. */
const caseFrom = (row: DiscrepancyRow): StoredCase => ({
  id: row.id,
  // A row whose kind is a case's; the type of a new case names fewer kinds.
  kind: row.kind,
  gateway: row.gateway,
  paymentNumber: row.paymentNumber,
  orderNumber: row.orderNumber,
  transactionId: row.transactionId,
  callbackId: row.callbackId,
  details: row.details,
});

const LIST: List = {
  table: 'discrepancies',
  columns: `id, kind, status, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber",
  transaction_id AS "transactionId", callback_id AS "callbackId", details, opened_at AS "openedAt", resolved_at AS "resolvedAt",
  resolution, resolved_by AS "resolvedBy", reference, reason`,
  time: 'opened_at',
  filters: {
    status: 'status',
    kind: 'kind',
    paymentNumber: 'payment_number',
    orderNumber: 'order_number',
    transactionId: 'transaction_id',
  },
  // Few cases are open. Nearly all are resolved, so then the kind is the better one.
  walks: [
    // A transaction has few cases. Along the index, as the other walks, another index that has the transaction too would compete.
    {
      by: 'transactionId',
      keys: (bounds) => fewKeys('discrepancies', `transaction_id = ${bounds.value}`, bounds),
    },
    { by: 'paymentNumber' },
    { by: 'orderNumber' },
    { by: 'status', except: 'resolved' },
    { by: 'kind' },
    { by: 'status' },
  ],
};
const NOTES = `(SELECT coalesce(json_agg(json_build_object('at', at, 'actor', actor, 'note', note) ORDER BY id), '[]')
  FROM (SELECT * FROM discrepancy_notes WHERE discrepancy_id = discrepancies.id ORDER BY id DESC LIMIT 1000) AS newest) AS notes`;

export class PostgresCaseQueries implements CaseQueries {
  constructor(private readonly sql: PlainSql) {}

  list(filter: Filter<CaseFilter>, page: PageRequest): Promise<Page<CaseView>> {
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
