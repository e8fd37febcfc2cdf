import {
  CaseQueries,
  type CaseDetail,
  type CaseFilter,
  type CaseView,
} from '../../../src/application/cases/case-queries.js';
import type {
  CaseEnding,
  CaseOfCallback,
  CaseRepository,
  NamedCase,
  NewCase,
  ShownOfCase,
} from '../../../src/application/cases/case-repository.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import type { Attribution } from '../../../src/domain/attribution.js';
import { moneyOfCase, type OpenCase, type StoredCase } from '../../../src/domain/cases/case.js';
import { allowedResolutions } from '../../../src/domain/cases/endings.js';
import { identityOf } from '../../../src/domain/cases/identity.js';
import type { CaseKind } from '../../../src/domain/cases/kinds.js';
import type { Money } from '../../../src/domain/money.js';
import type { TransactionRef } from '../../../src/application/payments/payment-repository.js';
import { givenBack } from '../../../src/domain/refunds/piece.js';
import { inRange, listPage } from './list-page.js';
import { refundsOf } from './pieces.js';
import { waitForLock, type Session } from './session.js';
import type { CaseRow, Tables } from './tables.js';

const UNRESOLVED = {
  status: 'open',
  resolvedAt: null,
  resolution: null,
  resolvedBy: null,
  note: null,
  reference: null,
  reason: null,
  endedBy: null,
  assignee: null,
  refundNumber: null,
  notes: [],
} as const;

export class MemoryCases implements CaseRepository {
  constructor(private readonly session: Session) {}

  async open(cases: readonly NewCase[], at: Date): Promise<NamedCase[]> {
    return cases.flatMap(({ ending = null, ...opened }) => {
      const identity = identityOf(opened);
      if (identity !== null && this.rows().some((row) => identityOf(row) === identity)) return [];
      if (identity === null && ending === null) this.requireNoOpenCase(opened);
      const { refundNumber = null } = opened;
      const row: CaseRow = {
        ...opened,
        id: this.session.nextId(),
        ...UNRESOLVED,
        refundNumber,
        openedAt: at,
      };
      this.put(ending ? { ...row, ...endedAs(ending, at) } : row);
      return [{ ...storedCase(row), identity }];
    });
  }

  async lockNamed(identities: readonly string[]): Promise<NamedCase[]> {
    return this.rows().flatMap((row) => {
      const identity = identityOf(row);
      const isNamed = identity !== null && identities.includes(identity) && row.status === 'open';
      return isNamed ? [{ ...storedCase(row), identity }] : [];
    });
  }

  async findByIdentities(identities: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return new Map(
      this.rows().flatMap((row): [string, string][] => {
        const identity = identityOf(row);
        return identity !== null && identities.includes(identity) ? [[identity, row.id]] : [];
      }),
    );
  }

  async end(endings: ReadonlyMap<string, CaseEnding>, at: Date): Promise<StoredCase[]> {
    return [...endings].flatMap(([id, ending]) => {
      const row = this.session.tables.cases.get(id);
      if (row?.status !== 'open') return [];
      this.put({ ...row, ...endedAs(ending, at) });
      return [storedCase(row)];
    });
  }

  async nameSuccessors(successors: ReadonlyMap<string, string>): Promise<void> {
    for (const [id, discrepancyId] of successors)
      this.put({ ...this.row(id), endedBy: { by: 'successor', discrepancyId } });
  }

  async setAmounts(amounts: ReadonlyMap<string, readonly Money[]>): Promise<void> {
    for (const [id, moneys] of amounts) {
      const row = this.row(id);
      this.put({ ...row, details: { ...row.details, amounts: moneys.map(String) } });
    }
  }

  async show(shown: ReadonlyMap<string, ShownOfCase>): Promise<void> {
    for (const [id, { details, dueBy }] of shown) {
      const row = this.row(id);
      this.put({ ...row, details: { ...row.details, ...details }, ...(dueBy && { dueBy }) });
    }
  }

  async lockBesideMoney(callbackIds: readonly string[]): Promise<CaseOfCallback[]> {
    const found = this.rows().filter(
      ({ status, ownsMoney, callbackId }) =>
        status === 'open' && !ownsMoney && callbackIds.includes(callbackId ?? ''),
    );
    return found.map(storedCase) as CaseOfCallback[];
  }

  async openOfKind(kind: CaseKind, { limit, before }: PageRequest): Promise<Page<CaseOfCallback>> {
    const rows = this.rows()
      .filter((row) => row.kind === kind && (before === null || Number(row.id) < Number(before)))
      .sort((left, right) => Number(right.id) - Number(left.id))
      .slice(0, limit);
    const items = rows.filter(({ status }) => status === 'open').map(storedCase) as CaseOfCallback[];
    return { items, next: rows.length === limit ? rows.at(-1)!.id : null };
  }

  async openBeside(
    kind: CaseKind,
    { gateway, transactionId }: TransactionRef,
    limit: number,
  ): Promise<readonly CaseOfCallback[]> {
    const found = this.rows().filter(
      (row) =>
        row.kind === kind &&
        row.status === 'open' &&
        row.gateway === gateway &&
        row.transactionId === transactionId,
    );
    return found.slice(0, limit).map(storedCase) as CaseOfCallback[];
  }

  async find(id: string): Promise<StoredCase | null> {
    const row = this.session.tables.cases.get(id);
    return row ? storedCase(row) : null;
  }

  async lockOpen(id: string): Promise<boolean> {
    waitForLock(this.session, id);
    return this.session.tables.cases.get(id)?.status === 'open';
  }

  async nameRefund(id: string, refundNumber: string): Promise<void> {
    this.put({ ...this.row(id), refundNumber });
  }

  async assign(id: string, assignee: string | null): Promise<void> {
    this.put({ ...this.row(id), assignee });
  }

  async addNote(id: string, note: string, { actor, at }: Attribution): Promise<void> {
    const row = this.row(id);
    this.put({ ...row, notes: [...row.notes, { id: this.session.nextId(), at, actor, note }] });
  }

  /** As the unique index of open money cases. */
  private requireNoOpenCase({ kind, gateway, transactionId }: OpenCase): void {
    const other = this.rows().find(
      (row) =>
        row.status === 'open' &&
        row.ownsMoney &&
        row.gateway === gateway &&
        row.transactionId === transactionId,
    );
    if (other) throw new Error(`${kind}: transaction ${transactionId} has the open case ${other.kind}`);
  }

  private rows(): CaseRow[] {
    return [...this.session.tables.cases.values()];
  }

  private row(id: string): CaseRow {
    return this.session.tables.cases.get(id)!;
  }

  private put(row: CaseRow): void {
    this.session.tables.cases.set(row.id, row);
  }
}

function endedAs({ endedBy, reason, actor, operator }: CaseEnding, at: Date) {
  const { resolution = null, note = null, reference = null } = operator ?? {};
  const ending = { endedBy, reason, resolution, note, reference };
  return { ...ending, status: 'resolved' as const, resolvedBy: actor, resolvedAt: at };
}

function storedCase(row: CaseRow): StoredCase {
  const { id, kind, gateway, paymentNumber, orderNumber, transactionId, ownsMoney, callbackId, details } =
    row;
  const names = { id, kind, gateway, paymentNumber, orderNumber, transactionId };
  return { ...names, ownsMoney, callbackId, details };
}

export class MemoryCaseQueries extends CaseQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(filter: Filter<CaseFilter>, page: PageRequest): Promise<Page<CaseView>> {
    const found = inRange(this.tables().cases.values(), ({ openedAt }) => openedAt, filter);
    return listPage(found.rows, (row) => this.viewOf(row), found.filter, page);
  }

  override async find(id: string): Promise<CaseDetail | null> {
    const row = this.tables().cases.get(id);
    if (!row) return null;
    const notes = row.notes.map(({ at, actor, note }) => ({ at, actor, note }));
    return { ...this.viewOf(row), note: row.note, notes };
  }

  override async countOpen(): Promise<Readonly<Partial<Record<CaseKind, number>>>> {
    const open = [...this.tables().cases.values()].filter(({ status }) => status === 'open');
    const counts: Partial<Record<CaseKind, number>> = {};
    for (const { kind } of open) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }

  private viewOf(row: CaseRow): CaseView {
    const { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId } = row;
    const names = { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId };
    const { details, openedAt, resolvedAt, resolution, resolvedBy, reference, reason, endedBy } = row;
    const ending = { resolvedAt, resolution, resolvedBy, reference, reason, endedBy };
    const { assignee, refundNumber } = row;
    const money = moneyOfCase(details);
    const refunds = refundsOf(this.tables(), row).filter(({ caseId }) => row.ownsMoney || caseId === id);
    const isAboutRefunds = row.ownsMoney || kind === 'refund_failed';
    const back = isAboutRefunds && money ? givenBack({ refunds, takenByDisputes: [] }, money.currency) : null;
    return {
      ...names,
      amount: money?.toJSON() ?? null,
      refunded: back?.toJSON() ?? null,
      refundNumber,
      dueBy: row.dueBy ?? null,
      assignee,
      allowedResolutions: status === 'open' ? allowedResolutions(row) : [],
      details,
      openedAt,
      ...ending,
    };
  }
}
