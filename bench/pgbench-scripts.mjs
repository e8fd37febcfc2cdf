// What pgbench does in place of the service: the rows of one settled callback, and none of the work in between.
import { numberExpression } from './numbers.mjs';
import { changeOf, insertOf } from './rows.mjs';

/** Each client takes every so many-th payment, as no two callers of the service have the same. */
const NEXT_NUMBER = `\\set k :k + 1
\\set n ${numberExpression('(:first + :k * :clients + :client_id)')}
`;
const n = ':n::text';

/** Payments before orders, as the service locks them. */
const UPDATED = ['payments', 'orders'];

export const SCRIPTS = {
  /** One callback a transaction, a statement for each table. */
  single(specimen) {
    const at = { n, callbackId: ':callback_id' };
    const updates = UPDATED.map(
      (table) => `UPDATE ${table} SET ${changeOf(specimen, table, at)} WHERE number = ${n};`,
    );
    const callback = insertOf(specimen, 'callbacks', specimen.added.callbacks, at);
    const events = insertOf(specimen, 'events', specimen.added.events, at);
    return `${NEXT_NUMBER}BEGIN;
${updates.join('\n')}
INSERT INTO ${callback.into} VALUES ${tuples(callback)} RETURNING id AS callback_id \\gset
INSERT INTO ${events.into} VALUES ${tuples(events)};
COMMIT;
`;
  },

  /** The same rows by one statement, which is a transaction by itself: one round trip. */
  statement(specimen) {
    const at = { n, callbackId: 'callback.id' };
    const updates = UPDATED.map(
      (table) =>
        `${table}_changed AS (UPDATE ${table} SET ${changeOf(specimen, table, at)} WHERE number = ${n})`,
    );
    const callback = insertOf(specimen, 'callbacks', specimen.added.callbacks, at);
    const events = insertOf(specimen, 'events', specimen.added.events, at);
    const selects = events.values.map((values) => `SELECT ${values.join(', ')} FROM callback`);
    return `${NEXT_NUMBER}WITH ${updates.join(', ')},
callback AS (INSERT INTO ${callback.into} VALUES ${tuples(callback)} RETURNING id)
INSERT INTO ${events.into} ${selects.join(' UNION ALL ')};
`;
  },
};

/** A callback that writes to a table which no script knows would make the comparison unfair, and nobody would notice. */
export function ensureComplete(specimen) {
  const written = [...Object.keys(specimen.changed), ...Object.keys(specimen.added)].toSorted();
  const known = [...UPDATED, 'callbacks', 'events'].toSorted();
  if (written.join() === known.join()) return;
  throw new Error(
    `A settled callback writes to ${written.join(', ')}, and bench/pgbench-scripts.mjs to ${known.join(', ')}: make them agree.`,
  );
}

const tuples = ({ values }) => values.map((row) => `(${row.join(', ')})`).join(', ');
