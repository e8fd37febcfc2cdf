// pgbench scripts that write the rows of one settled callback, without the rest of the service's work.
import { numberExpression } from './numbers.mjs';
import { changeOf, insertOf } from './rows.mjs';

/** Each client takes other payments, as the callers of the service do. */
const NEXT_NUMBER = `\\set k :k + 1
\\set n ${numberExpression('(:first + :k * :clients + :client_id)')}
`;
const n = ':n::text';

/** Payments before orders, as the service locks them. */
const UPDATED = ['payments', 'orders'];

export const SCRIPTS = {
  /** One callback in a transaction, with one statement for each table. */
  single(sample) {
    const at = { n, callbackId: ':callback_id' };
    const updates = UPDATED.map(
      (table) => `UPDATE ${table} SET ${changeOf(sample, table, at)} WHERE number = ${n};`,
    );
    const callback = insertOf(sample, 'callbacks', sample.added.callbacks, at);
    const events = insertOf(sample, 'events', sample.added.events, at);
    return `${NEXT_NUMBER}BEGIN;
${updates.join('\n')}
INSERT INTO ${callback.into} VALUES ${tuples(callback)} RETURNING id AS callback_id \\gset
INSERT INTO ${events.into} VALUES ${tuples(events)};
COMMIT;
`;
  },

  /** The same rows in one statement, which is its own transaction: one round trip. */
  statement(sample) {
    const at = { n, callbackId: 'callback.id' };
    const updates = UPDATED.map(
      (table) =>
        `${table}_changed AS (UPDATE ${table} SET ${changeOf(sample, table, at)} WHERE number = ${n})`,
    );
    const callback = insertOf(sample, 'callbacks', sample.added.callbacks, at);
    const events = insertOf(sample, 'events', sample.added.events, at);
    const selects = events.values.map((values) => `SELECT ${values.join(', ')} FROM callback`);
    return `${NEXT_NUMBER}WITH ${updates.join(', ')},
callback AS (INSERT INTO ${callback.into} VALUES ${tuples(callback)} RETURNING id)
INSERT INTO ${events.into} ${selects.join(' UNION ALL ')};
`;
  },
};

/** If a callback writes to a table that the scripts do not know, the comparison would be unfair without a sign of it. */
export function ensureComplete(sample) {
  const written = [...Object.keys(sample.changed), ...Object.keys(sample.added)].toSorted();
  const known = [...UPDATED, 'callbacks', 'events'].toSorted();
  if (written.join() === known.join()) return;
  throw new Error(
    `A settled callback writes to ${written.join(', ')}, but tools/bench/pgbench-scripts.mjs writes to ${known.join(', ')}. Update the scripts.`,
  );
}

const tuples = ({ values }) => values.map((row) => `(${row.join(', ')})`).join(', ');
