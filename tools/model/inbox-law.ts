import type { Facts, Table } from './facts.js';
import { first, type Sentence } from './law.js';
import type { View } from './view.js';

/** What gateways have been promised, and what may change. */
export const INBOX_LAW: readonly Sentence[] = [
  {
    says: 'what is acknowledged is stored, once',
    broken: ({ after, sent }) => {
      const keys = new Set(after.callbacks.map(({ gateway, eventId }) => `${gateway} ${eventId}`));
      if (keys.size < after.callbacks.length) return 'two callbacks have one key';
      const stored = new Set(after.callbacks.map(({ id }) => id));
      return first(sent, ({ callbackId }) =>
        stored.has(callbackId) ? null : `callback ${callbackId} is not stored`,
      );
    },
  },
  {
    says: 'a decision about a callback is not taken back',
    broken: ({ before, after }) => {
      const now = new Map(after.callbacks.map((each) => [each.id, each.outcome]));
      return first(before.callbacks, ({ id, outcome }) => {
        const is = now.get(id)!;
        const isBack =
          is !== outcome && (is === 'pending' || outcome === 'settled' || outcome === 'duplicate');
        return isBack ? `callback ${id} was ${outcome} and is ${is}` : null;
      });
    },
  },
];

/** The rows that a step had to leave as they were. */
export function keptFault({ deed: { keeps }, before, after }: View): string | null {
  return keeps && first(keeps.tables, (table) => changeIn(table, before, after));
}

function changeIn(table: Table, before: Facts, after: Facts): string | null {
  const [was, is] = [before[table], after[table]];
  if (was.length !== is.length) return `${table} had ${was.length} rows and has ${is.length}`;
  const changed = is.findIndex((row, index) => row !== was[index] && textOf(row) !== textOf(was[index]));
  return changed < 0 ? null : `${table}: ${textOf(was[changed])} became ${textOf(is[changed])}`;
}

const textOf = (row: unknown): string => JSON.stringify(row);
