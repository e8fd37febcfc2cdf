import { Contended, type LockedRows, type LockMode } from '../../../src/application/transaction.js';
import type { DraftTables } from './tables.js';

/** What the repositories of one transaction share. */
export interface Session {
  /** The transaction's own copy of the tables. Throws after the transaction has ended. */
  readonly tables: DraftTables;
  /** Numbers, ids and idempotency keys that another transaction has locked. */
  readonly lockedElsewhere: ReadonlySet<string>;
  now(): Date;
  nextId(): string;
}

/** To wait for another transaction's lock is to time out at once, because transactions in memory never overlap. */
export function waitForLock({ lockedElsewhere }: Session, ...keys: readonly string[]): void {
  const contended = keys.filter((key) => lockedElsewhere.has(key));
  if (contended.length > 0) throw new Contended(`another transaction has locked ${contended.join()}`);
}

/** Locks the rows with these numbers, in order of id, and rebuilds an aggregate from each. */
export function lockRows<Row extends { readonly id: string }, Aggregate>(
  session: Session,
  rows: ReadonlyMap<string, Row>,
  numbers: readonly string[],
  mode: LockMode,
  rebuild: (row: Row) => Aggregate,
): LockedRows<Aggregate> {
  if (mode === 'wait') waitForLock(session, ...numbers);
  const contended = new Set(numbers.filter((number) => session.lockedElsewhere.has(number)));
  const free = numbers.flatMap((number) => {
    const row = contended.has(number) ? undefined : rows.get(number);
    return row ? [[number, row] as const] : [];
  });
  const sorted = free.toSorted(([, left], [, right]) => Number(left.id) - Number(right.id));
  return { locked: new Map(sorted.map(([number, row]) => [number, rebuild(row)])), contended };
}
