/** A way to break the service: what is put in place of a text in the built code. */
export interface Breakage {
  readonly name: string;
  /** Below `dist`; the source has the same text under the same name. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Each takes away what one promise rests on. The schema keeps its nets: unique keys for events, transactions and a paid order stand as
 * they are, and what is caught is caught beside them.
 */
export const BREAKAGES: readonly Breakage[] = [
  {
    name: 'the row lock is removed',
    file: 'src/adapters/persistence/lock-statements.js',
    find: `.setLock('pessimistic_write')`,
    replace: '',
  },
  {
    name: 'acknowledged before the commit',
    file: 'src/adapters/http/callback.controller.js',
    find: 'const answer = await this.queue.submit(arrival);',
    replace: `void this.queue.submit(arrival); const answer = { stored: true, outcome: 'settled', copy: false, callbackId: null };`,
  },
  {
    name: 'the duplicate check is removed',
    file: 'src/domain/settlement.js',
    find: `payment.status === 'succeeded' && payment.transactionId === notice.transactionId`,
    replace: 'false',
  },
  {
    name: 'events are written outside the transaction',
    file: 'src/adapters/persistence/typeorm-unit-of-work.js',
    find: 'events: new SqlEvents(sql)',
    replace:
      'events: new SqlEvents({ write: (text, values) => manager.dataSource.query(text, [...values]) })',
  },
  {
    name: 'a retry does not look again',
    file: 'src/application/decide-callbacks.js',
    find: 'ids.length ? await stores.callbacks.lockUndecided(ids, mode) : []',
    replace: 'ids',
  },
  {
    name: 'the commit does not ask whether a write has failed',
    file: 'src/adapters/persistence/prepared-sql.js',
    find: `if (this.fault || command !== 'COMMIT')`,
    replace: 'if (false)',
  },
];

/** @throws Error that names the breakage whose text is no longer there, or there more than once. */
export function broken({ name, file, find, replace }: Breakage, code: string): string {
  const [before, after, ...more] = code.split(find);
  if (after === undefined || more.length > 0) {
    throw new Error(
      `The breakage "${name}" finds its text ${after === undefined ? 'no more' : 'more than once'} in ${file}: aim it anew in chaos/breakages.ts.`,
    );
  }
  return before + replace + after;
}
