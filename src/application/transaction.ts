/** A port is an abstract class, so that one name is both its type and its key. */
export type Port<T> = abstract new (...args: never[]) => T;

/** One open transaction. `of` gives the port as this transaction sees it. After commit or rollback every call throws. */
export abstract class Transaction {
  abstract of<T>(port: Port<T>): T;
}

/**
 * Runs `work` in one transaction: all of it commits, or nothing.
 *
 * - Statements run in the order of the calls. Calls that are not awaited one by one travel together, which saves round trips.
 * - A write may resolve before the database has done it. It is done before the commit; if it fails, the transaction fails.
 * - Locks are taken in one order everywhere: idempotency key, advisory locks on payment numbers, payments by id, orders by id,
 *   pieces of money, callbacks by (gateway, event id), cases by id.
 * - Work that loses a deadlock or waits too long for a lock runs again, so it must do nothing that a rollback does not undo.
 *
 * Throws `Unavailable` if a temporary fault or the deadline stopped the work. It is rolled back then, unless
 * the answer to COMMIT was lost: in that case its result is unknown.
 */
export abstract class UnitOfWork {
  abstract run<Result>(work: (tx: Transaction) => Promise<Result>, options?: RunOptions): Promise<Result>;
}

export interface RunOptions {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline?: number;
  /** How often work that loses a race for a lock is tried before it fails as `Contended`. */
  readonly attempts?: number;
  /**
   * The first reads travel with the BEGIN, which saves a round trip. For work that runs a thousand times a second, and that uses
   * only ports which write each table with one statement.
   */
  readonly pipelined?: boolean;
}

/** `wait` waits for another transaction's lock, up to the lock time-out. `skip` never waits and reports the row as contended. */
export type LockMode = 'wait' | 'skip';

/** Rows by number: those that this transaction has locked, and those that another transaction has locked. */
export interface LockedRows<Aggregate> {
  readonly locked: ReadonlyMap<string, Aggregate>;
  readonly contended: ReadonlySet<string>;
}

export const NO_ROWS: LockedRows<never> = { locked: new Map<string, never>(), contended: new Set() };

/** The database is unreachable, too slow or too contended. The same work may succeed later. */
export class Unavailable extends Error {}

/** Too many others use what this work needs, and it has waited for its turn as long as it may. It has not begun. */
export class Busy extends Unavailable {}

/** Other transactions held the locks for longer than this work may wait. */
export class Contended extends Unavailable {}

/** An insert met a callback that another transaction has stored in the meantime. */
export class KeyTaken extends Error {}
