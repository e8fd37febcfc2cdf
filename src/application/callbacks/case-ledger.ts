import type { Attribution } from '../../domain/attribution.js';
import {
  caseOpened,
  caseResolved,
  withAmount,
  type OpenCase,
  type StoredCase,
} from '../../domain/cases/case.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import { identityOf } from '../../domain/cases/identity.js';
import type { DomainEvent } from '../../domain/event.js';
import type { Money } from '../../domain/money.js';
import {
  CaseRepository,
  type CaseEnding,
  type NamedCase,
  type NewCase,
  type OperatorEnding,
  type ShownOfCase,
} from '../cases/case-repository.js';
import type { Transaction } from '../transaction.js';

/** A case that this transaction opens, or an open one that it changes. */
export interface TrackedCase {
  /** Null until it is stored. */
  readonly id: string | null;
}

/** Why a case ends, and who has ended it. */
export interface Cause {
  readonly reason: string | null;
  readonly attribution: Attribution;
  /** Present if an operator has ended it. */
  readonly operator?: OperatorEnding;
}

/** What has ended a case: the ending itself, or the case that has its money now. */
type End = Exclude<EndedBy, { by: 'successor' }> | TrackedCase;

interface Change {
  opened: { readonly case: OpenCase; readonly attribution: Attribution } | null;
  amounts: readonly Money[];
  shown: ShownOfCase | null;
  end: { readonly by: End; readonly cause: Cause } | null;
}

/** Stored cases by the tracked ones. */
type StoredCases = ReadonlyMap<TrackedCase, StoredCase>;
/** Ids of stored cases by the tracked ones. */
type CaseIds = ReadonlyMap<TrackedCase, string>;

/**
 * What one transaction does to cases, in memory until it is saved. So a piece of money that several notifications of a batch are about moves
 * from case to case as if each of them had come alone.
 */
export class CaseLedger {
  private readonly changes = new Map<TrackedCase, Change>();
  private readonly endsByIdentity = new Map<string, NonNullable<Change['end']>>();

  get isEmpty(): boolean {
    return this.changes.size === 0 && this.endsByIdentity.size === 0;
  }

  open(opened: OpenCase, attribution: Attribution, tracked: TrackedCase = { id: null }): TrackedCase {
    this.changeOf(tracked).opened = { case: opened, attribution };
    return tracked;
  }

  /** Ends an open case and opens the one that has its money from now on. */
  move(from: TrackedCase, opened: OpenCase, cause: Cause): TrackedCase {
    const successor: TrackedCase = { id: null };
    this.end(from, successor, cause);
    return this.open(opened, cause.attribution, successor);
  }

  end(tracked: TrackedCase, by: End, cause: Cause): void {
    this.changeOf(tracked).end = { by, cause };
  }

  /** Ends the case beside money with this identity, if one is open. It may be one that this transaction opens. */
  endNamed(identity: string, by: End, cause: Cause): void {
    for (const [tracked, { opened }] of this.changes)
      if (opened && identityOf(opened.case) === identity) this.end(tracked, by, cause);
    this.endsByIdentity.set(identity, { by, cause });
  }

  /** Every amount with which the money of an open case has come. */
  setAmounts(tracked: TrackedCase, amounts: readonly Money[]): void {
    const change = this.changeOf(tracked);
    const { opened } = change;
    change.amounts = amounts;
    if (!opened) return;
    const details = amounts.reduce(withAmount, opened.case.details);
    change.opened = { ...opened, case: { ...opened.case, details } };
  }

  /** What the case shows from now on. Details that are not named stay. */
  show(tracked: TrackedCase, shown: ShownOfCase): void {
    const change = this.changeOf(tracked);
    const { opened } = change;
    const { details, dueBy } = shown;
    if (!opened) {
      change.shown = { details: { ...change.shown?.details, ...details }, dueBy };
      return;
    }
    const merged = { ...opened.case.details, ...details };
    change.opened = { ...opened, case: { ...opened.case, details: merged, ...(dueBy && { dueBy }) } };
  }

  /** The case that this callback opens. */
  openedFor(callbackId: string): TrackedCase | null {
    for (const [tracked, { opened }] of this.changes)
      if (opened?.case.callbackId === callbackId) return tracked;
    return null;
  }

  /** Writes all changes, and returns the events about them. */
  async save(tx: Transaction, at: Date): Promise<DomainEvent[]> {
    if (this.isEmpty) return [];
    const cases = tx.of(CaseRepository);
    await this.findNamed(cases);
    // A case ends before its successor opens, because a piece of money never has two open cases.
    const ended = await this.saveStored(cases, at);
    const opened = await this.saveNew(cases, at);
    const stored = new Map([...ended, ...opened]);
    const ids = new Map([
      ...[...stored].map(([tracked, { id }]) => [tracked, id] as const),
      ...(await this.findJoined(cases, stored)),
    ]);
    await this.saveSuccessors(cases, stored, ids);
    return [...this.changes].flatMap(([tracked, change]) => eventsOf(change, stored.get(tracked), ids));
  }

  private changeOf(tracked: TrackedCase): Change {
    let change = this.changes.get(tracked);
    if (!change) this.changes.set(tracked, (change = { opened: null, amounts: [], shown: null, end: null }));
    return change;
  }

  /** Cases that are known by their identity are stored under an id, which the rest works with. */
  private async findNamed(cases: CaseRepository): Promise<void> {
    if (this.endsByIdentity.size === 0) return;
    const ended = new Set([...this.changes].flatMap(([{ id }, { end }]) => (end ? [id] : [])));
    for (const { id, identity } of await cases.lockNamed([...this.endsByIdentity.keys()])) {
      const { by, cause } = this.endsByIdentity.get(identity!)!;
      // What an operator decides about the case itself comes before what its refund leads to.
      if (!ended.has(id)) this.end({ id }, by, cause);
    }
  }

  private async saveStored(cases: CaseRepository, at: Date): Promise<StoredCases> {
    const changed = [...this.changes].filter(([{ id }]) => id !== null);
    const amounts = changed.flatMap(([{ id }, change]) =>
      change.amounts.length ? [[id!, change.amounts] as const] : [],
    );
    if (amounts.length) await cases.setAmounts(new Map(amounts));
    const shown = changed.flatMap(([{ id }, change]) => (change.shown ? [[id!, change.shown] as const] : []));
    if (shown.length) await cases.show(new Map(shown));
    const endings = changed.flatMap(([{ id }, { end }]) => (end ? [[id!, endingOf(end)] as const] : []));
    const ended = endings.length ? await cases.end(new Map(endings), at) : [];
    const byId = new Map(changed.map(([tracked]) => [tracked.id, tracked]));
    return new Map(ended.map((each) => [byId.get(each.id)!, each]));
  }

  private async saveNew(cases: CaseRepository, at: Date): Promise<StoredCases> {
    const added = [...this.changes].flatMap(([tracked, { opened, end }]) => {
      if (!opened) return [];
      const ending = end && endingOf(end);
      return [[tracked, { ...opened.case, ending } satisfies NewCase] as const];
    });
    if (added.length === 0) return new Map();
    const stored = await cases.open(
      added.map(([, each]) => each),
      at,
    );
    const byKey = new Map(stored.map((each) => [keyOf(each), each]));
    return new Map(
      added.flatMap(([tracked, each]) => {
        const found = byKey.get(keyOf(each));
        // Two callbacks of a batch may open a case about the same fact. It is opened once.
        byKey.delete(keyOf(each));
        return found ? [[tracked, found] as const] : [];
      }),
    );
  }

  /** A successor that joined a case beside money, which had been stored before, is that case. */
  private async findJoined(cases: CaseRepository, stored: StoredCases): Promise<CaseIds> {
    const joined = [...this.changes.values()].flatMap(({ end }): (readonly [string, TrackedCase])[] => {
      const by = end?.by;
      if (!by || !isCase(by) || by.id !== null || stored.has(by)) return [];
      // A successor that was not opened stands for none.
      const { opened } = this.changeOf(by);
      const identity = opened && identityOf(opened.case);
      return identity === null ? [] : [[identity, by]];
    });
    if (joined.length === 0) return new Map();
    const ids = await cases.findByIdentities(joined.map(([identity]) => identity));
    return new Map(
      joined.flatMap(([identity, tracked]) => {
        const id = ids.get(identity);
        return id === undefined ? [] : [[tracked, id]];
      }),
    );
  }

  private async saveSuccessors(cases: CaseRepository, stored: StoredCases, ids: CaseIds): Promise<void> {
    const successors = [...this.changes].flatMap(([tracked, { end }]) => {
      const [id, successor] = [stored.get(tracked)?.id, end && successorOf(end.by, ids)];
      return id !== undefined && successor ? [[id, successor] as const] : [];
    });
    if (successors.length) await cases.nameSuccessors(new Map(successors));
  }
}

/** A callback opens one money case of a kind and a transaction at most. */
const keyOf = (each: OpenCase | NamedCase): string =>
  ('identity' in each ? each.identity : identityOf(each)) ??
  `${each.callbackId} ${each.kind} ${each.transactionId}`;

const isCase = (by: End): by is TrackedCase => 'id' in by;

/** The id of the case that has the money now. Null if the ending is another one. */
const successorOf = (by: End, ids: CaseIds): string | null =>
  isCase(by) ? (by.id ?? ids.get(by) ?? null) : null;

function endingOf({ by, cause }: NonNullable<Change['end']>): CaseEnding {
  const { reason, attribution, operator = null } = cause;
  const endedBy: EndedBy = isCase(by) ? { by: 'successor', discrepancyId: by.id } : by;
  return { endedBy, reason, actor: attribution.actor, operator };
}

/** None for a case that was not opened because it joined another one, or not ended because it had ended before. */
function eventsOf({ opened, end }: Change, found: StoredCase | undefined, ids: CaseIds): DomainEvent[] {
  if (!found) return [];
  const events: DomainEvent[] = opened ? [caseOpened(found, opened.attribution)] : [];
  if (!end) return events;
  const { reason, attribution, operator } = end.cause;
  const endedBy: EndedBy = isCase(end.by)
    ? { by: 'successor', discrepancyId: successorOf(end.by, ids) }
    : end.by;
  const ending = {
    endedBy,
    ...(operator && { resolution: operator.resolution }),
    ...(reason !== null && { reason }),
    ...(operator && operator.reference !== null && { reference: operator.reference }),
  };
  return [...events, caseResolved(found, attribution, ending)];
}
