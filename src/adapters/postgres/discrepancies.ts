import type { CaseDetail, CaseFilter, CaseQueries, CaseView } from '../../application/cases/case-queries.js';
import type {
  CaseEnding,
  CaseOfCallback,
  CaseRepository,
  NamedCase,
  NewCase,
  ShownOfCase,
} from '../../application/cases/case-repository.js';
import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { TransactionRef } from '../../application/payments/payment-repository.js';
import type { Attribution } from '../../domain/attribution.js';
import { moneyOfCase, type StoredCase } from '../../domain/cases/case.js';
import { allowedResolutions } from '../../domain/cases/endings.js';
import { identityOf } from '../../domain/cases/identity.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import { Money, type Amount } from '../../domain/money.js';
import type { PlainSql, PreparedSql } from './engine/sql.js';
import type { Orm } from './engine/transaction.js';
import { discrepancies as table, discrepancyNotes } from './entities.js';
import { fewKeys, listPage, newestOf, NO_BOUND, type List } from './list-page.js';

// The table and the API call a case a discrepancy.

const COLUMNS = `id, kind, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber", transaction_id AS "transactionId",
  money AS "ownsMoney", callback_id AS "callbackId", details`;

const OF_KIND = newestOf({ table: 'discrepancies', column: 'kind', value: '$1', before: '$2::bigint' });

export class PostgresCases implements CaseRepository {
  constructor(
    private readonly prepared: PreparedSql,
    /** For what is looked up by its id: on empty tables a plan that is kept may take another index that has the id as well. */
    private readonly plain: PlainSql,
    private readonly orm: Orm,
  ) {}

  async open(cases: readonly NewCase[], at: Date): Promise<NamedCase[]> {
    return this.prepared.change<NamedCase>(
      // Only of an identity: another open case of the same money is a lost race, and the work runs again.
      `INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at, money, identity,
                                  amount, currency, refund_number, due_by, status, resolved_at, resolved_by, reason, ended_by)
       SELECT kind, gateway, "paymentNumber", "orderNumber", "transactionId", "callbackId", details, $2::timestamptz, "ownsMoney", identity,
              amount, currency, "refundNumber", "dueBy", status, CASE status WHEN 'resolved' THEN $2::timestamptz END, actor, reason, "endedBy"
         FROM json_to_recordset($1) AS new (place integer, kind text, gateway text, "paymentNumber" text, "orderNumber" text,
              "transactionId" text, "callbackId" bigint, details jsonb, "ownsMoney" boolean, identity text, amount numeric, currency text,
              "refundNumber" text, "dueBy" timestamptz, status text, actor text, reason text, "endedBy" jsonb)
        ORDER BY identity, place
       ON CONFLICT (identity) WHERE identity IS NOT NULL DO NOTHING RETURNING ${COLUMNS}, identity`,
      [JSON.stringify(cases.map(newRow)), at],
    );
  }

  async findByIdentities(identities: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.prepared.query<{ identity: string; id: string }>(
      'SELECT identity, id FROM discrepancies WHERE identity = ANY($1)',
      [identities],
    );
    return new Map(rows.map(({ identity, id }) => [identity, id]));
  }

  async end(endings: ReadonlyMap<string, CaseEnding>, at: Date): Promise<StoredCase[]> {
    const rows = [...endings].map(([id, { operator, ...ending }]) => [id, { ...ending, ...operator }]);
    return this.plain.query<StoredCase>(
      // No join, which may be planned as a comparison of each row with each. IS TRUE, because only the primary key may be chosen.
      `UPDATE discrepancies SET status = 'resolved', resolved_at = $3, resolved_by = ${OF_ROW}->>'actor', reason = ${OF_ROW}->>'reason',
              ended_by = ${OF_ROW}->'endedBy', resolution = ${OF_ROW}->>'resolution', note = ${OF_ROW}->>'note',
              reference = ${OF_ROW}->>'reference'
        WHERE id = ANY($2) AND (status = 'open') IS TRUE RETURNING ${COLUMNS}`,
      [JSON.stringify(Object.fromEntries(rows)), [...endings.keys()], at],
    );
  }

  async nameSuccessors(successors: ReadonlyMap<string, string>): Promise<void> {
    await this.plain.execute(
      `UPDATE discrepancies SET ended_by = jsonb_build_object('by', 'successor', 'discrepancyId', $1::jsonb->>id::text)
        WHERE id = ANY($2)`,
      [JSON.stringify(Object.fromEntries(successors)), [...successors.keys()]],
    );
  }

  async setAmounts(amounts: ReadonlyMap<string, readonly Money[]>): Promise<void> {
    const rows = [...amounts].map(([id, moneys]) => {
      const texts = moneys.map(String);
      return [id, { texts, least: moneyOfCase({ amounts: texts }) }];
    });
    await this.plain.execute(
      `UPDATE discrepancies SET details = details || jsonb_build_object('amounts', ${OF_ROW}->'texts'),
              amount = (${OF_ROW}->'least'->>'amount')::numeric, currency = ${OF_ROW}->'least'->>'currency'
        WHERE id = ANY($2)`,
      [JSON.stringify(Object.fromEntries(rows)), [...amounts.keys()]],
    );
  }

  async show(shown: ReadonlyMap<string, ShownOfCase>): Promise<void> {
    const rows = [...shown].map(([id, each]) => [id, { ...each, money: moneyOfCase(each.details) }]);
    await this.plain.execute(
      `UPDATE discrepancies SET details = details || (${OF_ROW}->'details'), due_by = (${OF_ROW}->>'dueBy')::timestamptz,
              amount = (${OF_ROW}->'money'->>'amount')::numeric, currency = ${OF_ROW}->'money'->>'currency'
        WHERE id = ANY($2)`,
      [JSON.stringify(Object.fromEntries(rows)), [...shown.keys()]],
    );
  }

  async lockBesideMoney(callbackIds: readonly string[]): Promise<CaseOfCallback[]> {
    return this.prepared.query<CaseOfCallback>(
      // An expression to sort by, and IS TRUE, because only the index on the callback may be chosen.
      `SELECT ${COLUMNS} FROM discrepancies WHERE callback_id = ANY($1) AND (status = 'open' AND NOT money) IS TRUE
        ORDER BY id + 0 FOR UPDATE`,
      [callbackIds],
    );
  }

  async openOfKind(kind: CaseKind, { limit, before }: PageRequest): Promise<Page<CaseOfCallback>> {
    const rows = await this.prepared.query<CaseOfCallback & { readonly isOpen: boolean }>(
      `SELECT ${COLUMNS}, status = 'open' AS "isOpen" FROM discrepancies WHERE ${OF_KIND.condition} ORDER BY ${OF_KIND.order} LIMIT $3`,
      [kind, before ?? NO_BOUND, limit],
    );
    const next = rows.length === limit ? rows.at(-1)!.id : null;
    return { items: rows.flatMap(({ isOpen, ...row }) => (isOpen ? [row] : [])), next };
  }

  async openBeside(
    kind: CaseKind,
    { gateway, transactionId }: TransactionRef,
    limit: number,
  ): Promise<readonly CaseOfCallback[]> {
    return this.prepared.query<CaseOfCallback>(
      `SELECT ${COLUMNS} FROM discrepancies WHERE transaction_id = $1 AND (gateway = $2 AND kind = $3 AND status = 'open') IS TRUE
        ORDER BY id + 0 LIMIT $4`,
      [transactionId, gateway, kind, limit],
    );
  }

  async lockNamed(identities: readonly string[]): Promise<NamedCase[]> {
    return this.prepared.query<NamedCase>(
      `SELECT ${COLUMNS}, identity FROM discrepancies WHERE identity = ANY($1) AND (status = 'open') IS TRUE
        ORDER BY id + 0 FOR UPDATE`,
      [identities],
    );
  }

  async find(id: string): Promise<StoredCase | null> {
    const [found] = await this.plain.query<StoredCase>(`SELECT ${COLUMNS} FROM discrepancies WHERE id = $1`, [
      id,
    ]);
    return found ?? null;
  }

  async lockOpen(id: string): Promise<boolean> {
    const lock = { mode: 'pessimistic_write' } as const;
    const found = await this.orm.run((manager) => manager.findOne(table, { where: { id }, lock }));
    return found?.status === 'open';
  }

  async nameRefund(id: string, refundNumber: string): Promise<void> {
    await this.orm.run((manager) => manager.update(table, id, { refundNumber }));
  }

  async assign(id: string, assignee: string | null): Promise<void> {
    await this.orm.run((manager) => manager.update(table, id, { assignee }));
  }

  async addNote(id: string, note: string, { actor, at }: Attribution): Promise<void> {
    await this.orm.run((manager) => manager.insert(discrepancyNotes, { discrepancyId: id, at, actor, note }));
  }
}

/** What the first parameter, an object by id, has for a row. */
const OF_ROW = '$1::jsonb->id::text';

function newRow({ ending, ...opened }: NewCase, place: number): object {
  const { amount = null, currency = null } = moneyOfCase(opened.details)?.toJSON() ?? {};
  const { endedBy = null, reason = null, actor = null } = ending ?? {};
  const identity = identityOf(opened);
  const status = ending ? 'resolved' : 'open';
  return { place, ...opened, identity, amount, currency, status, endedBy, reason, actor };
}

/** OFFSET 0, because with all conditions in one place another index may be taken. */
const REFUNDED = `CASE WHEN money OR kind = 'refund_failed' THEN (
    SELECT sum(amount) FROM (SELECT * FROM refunds WHERE refunds.transaction_id = discrepancies.transaction_id
                                AND refunds.gateway = discrepancies.gateway OFFSET 0) AS of_piece
     WHERE of_piece.currency = discrepancies.currency AND of_piece.status = 'succeeded'
       AND (money OR of_piece.discrepancy_id = discrepancies.id)) END`;

const LIST: List = {
  table: 'discrepancies',
  columns: `id, kind, status, gateway, payment_number AS "paymentNumber", order_number AS "orderNumber",
  transaction_id AS "transactionId", callback_id AS "callbackId", money AS "ownsMoney", amount, currency, ${REFUNDED} AS refunded,
  refund_number AS "refundNumber", due_by AS "dueBy", assignee, details, opened_at AS "openedAt", resolved_at AS "resolvedAt",
  resolution, resolved_by AS "resolvedBy", reference, reason, ended_by AS "endedBy"`,
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

  async list(filter: Filter<CaseFilter>, page: PageRequest): Promise<Page<CaseView>> {
    const { items, next } = await listPage<CaseRow>(this.sql, LIST, filter, page);
    return { items: items.map(viewOf), next };
  }

  async find(id: string): Promise<CaseDetail | null> {
    const sql = `SELECT ${LIST.columns}, note, ${NOTES} FROM discrepancies WHERE id = $1`;
    const [row] = await this.sql.query<CaseRow & Pick<CaseDetail, 'note' | 'notes'>>(sql, [id]);
    if (!row) return null;
    const { note, notes, ...listed } = row;
    // Times inside JSON come as text.
    return { ...viewOf(listed), note, notes: notes.map((each) => ({ ...each, at: new Date(each.at) })) };
  }

  async countOpen(): Promise<Readonly<Partial<Record<CaseKind, number>>>> {
    const rows = await this.sql.query<{ kind: CaseKind; count: string }>(
      `SELECT kind, count(*) FROM discrepancies WHERE status = 'open' GROUP BY kind`,
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, Number(count)]));
  }
}

/** A row of the list, before its amounts have the decimals of their currency. */
type CaseRow = Omit<CaseView, 'amount' | 'refunded' | 'allowedResolutions'> & {
  readonly ownsMoney: boolean;
  readonly amount: string | null;
  readonly refunded: string | null;
  readonly currency: string | null;
};

function viewOf({ ownsMoney, amount, refunded, currency, ...row }: CaseRow): CaseView {
  return {
    ...row,
    amount: moneyOf(amount, currency),
    refunded: refunded === null || currency === null ? null : Money.ofSum(refunded, currency).toJSON(),
    allowedResolutions: row.status === 'open' ? allowedResolutions({ kind: row.kind, ownsMoney }) : [],
  };
}

const moneyOf = (amount: string | null, currency: string | null): Amount | null =>
  amount === null || currency === null ? null : Money.of(amount, currency).toJSON();
