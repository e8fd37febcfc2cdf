import {
  CaseQueries,
  type CaseDetail,
  type CaseFilter,
  type CaseView,
} from '../../../src/application/cases/case-queries.js';
import type { CaseEnding, CaseRepository } from '../../../src/application/cases/case-repository.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import type { Attribution } from '../../../src/domain/attribution.js';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import type { OpenCase, StoredCase } from '../../../src/domain/cases/case.js';
import type { CaseKind } from '../../../src/domain/cases/kinds.js';
import { inRange, listPage } from './list-page.js';
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
  notes: [],
} as const;

export class MemoryCases implements CaseRepository {
  constructor(private readonly session: Session) {}

  async open(cases: readonly OpenCase[], at: Date): Promise<StoredCase[]> {
    return cases.flatMap((opened) => {
      const key = keyOf(opened);
      if (this.rows().some((row) => keyOf(row) === key)) return [];
      const stored = { ...opened, id: this.session.nextId() };
      this.put({ ...stored, ...UNRESOLVED, openedAt: at });
      return [stored];
    });
  }

  async closeUnmatched(callbackIds: readonly string[], at: Date): Promise<StoredCase[]> {
    const matched = this.rows().filter(
      ({ kind, status, callbackId }) =>
        kind === 'unmatched' && status === 'open' && callbackIds.includes(callbackId ?? ''),
    );
    for (const row of matched) {
      this.close(row, 'the payment has come', { actor: `gateway:${row.gateway}`, at });
    }
    return matched;
  }

  async closeFor(
    { id, notification }: { readonly id: string; readonly notification: Notification },
    kind: CaseKind,
    reason: string,
    attribution: Attribution,
  ): Promise<StoredCase | null> {
    const { gateway, paymentNumber, transactionId } = notification;
    const isItsCase = (row: CaseRow): boolean =>
      transactionId === null
        ? row.transactionId === null && row.callbackId === id
        : row.gateway === gateway &&
          row.paymentNumber === paymentNumber &&
          row.transactionId === transactionId;
    const found = this.rows().find((row) => row.kind === kind && row.status === 'open' && isItsCase(row));
    if (found) this.close(found, reason, attribution);
    return found ?? null;
  }

  async lockOpen(id: string): Promise<boolean> {
    waitForLock(this.session, id);
    return this.session.tables.cases.get(id)?.status === 'open';
  }

  async end(id: string, ending: CaseEnding, { actor, at }: Attribution): Promise<void> {
    const row = this.session.tables.cases.get(id)!;
    this.put({ ...row, ...ending, status: 'resolved', resolvedBy: actor, resolvedAt: at });
  }

  async addNote(id: string, note: string, { actor, at }: Attribution): Promise<void> {
    const row = this.session.tables.cases.get(id)!;
    this.put({ ...row, notes: [...row.notes, { id: this.session.nextId(), at, actor, note }] });
  }

  async paymentsWithCase(kind: CaseKind, paymentNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const numbers = this.rows().flatMap((row) => (row.kind === kind ? (row.paymentNumber ?? []) : []));
    return new Set(numbers.filter((number) => paymentNumbers.includes(number)));
  }

  async isRefundedElsewhere(gateway: string, transactionId: string): Promise<boolean> {
    return this.rows().some(
      (row) =>
        row.resolution === 'refunded_elsewhere' &&
        row.gateway === gateway &&
        row.transactionId === transactionId,
    );
  }

  private rows(): CaseRow[] {
    return [...this.session.tables.cases.values()];
  }

  private put(row: CaseRow): void {
    this.session.tables.cases.set(row.id, row);
  }

  private close(row: CaseRow, reason: string, { actor, at }: Attribution): void {
    this.put({ ...row, status: 'resolved', resolvedBy: actor, resolvedAt: at, reason });
  }
}

function keyOf({ kind, gateway, paymentNumber, transactionId, callbackId }: OpenCase): string {
  if (transactionId === null && callbackId === null) {
    throw new Error(`a case of ${kind} needs a transaction id or a callback`);
  }
  return JSON.stringify(
    transactionId === null ? [kind, callbackId] : [kind, gateway, paymentNumber, transactionId],
  );
}

export class MemoryCaseQueries extends CaseQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(filter: Filter<CaseFilter>, page: PageRequest): Promise<Page<CaseView>> {
    const found = inRange(this.tables().cases.values(), ({ openedAt }) => openedAt, filter);
    return listPage(found.rows, viewOf, found.filter, page);
  }

  override async find(id: string): Promise<CaseDetail | null> {
    const row = this.tables().cases.get(id);
    if (!row) return null;
    const notes = row.notes.map(({ at, actor, note }) => ({ at, actor, note }));
    return { ...viewOf(row), note: row.note, notes };
  }

  override async countOpen(): Promise<Readonly<Partial<Record<CaseKind, number>>>> {
    const open = [...this.tables().cases.values()].filter(({ status }) => status === 'open');
    const counts: Partial<Record<CaseKind, number>> = {};
    for (const { kind } of open) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  }
}

function viewOf(row: CaseRow): CaseView {
  const { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId } = row;
  const names = { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId };
  const { details, openedAt, resolvedAt, resolution, resolvedBy, reference, reason } = row;
  return { ...names, details, openedAt, resolvedAt, resolution, resolvedBy, reference, reason };
}
