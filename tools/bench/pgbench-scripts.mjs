// pgbench scripts that write the rows of one settled callback, or of one order that is placed with its payment, without the rest of
// the service's work. What triggers write for the service, they write for pgbench as well, so the scripts leave it out.
import { digitsExpression, numberFrom } from './numbers.mjs';
import { changeOf, insertOf } from './rows.mjs';
import { OF_CALLBACK, ofCallback, OPTIONAL, PLACED, UPDATED } from './tables.mjs';

/** Each client takes other payments, as the callers of the service do. */
const nextNumber = () => `\\set k :k + 1
\\set n ${digitsExpression('(:first + :k * :clients + :client_id)')}
`;
const n = ':n::text';
const OPEN = { expires_at: `now() + interval '1 day'` };

export const SCRIPTS = {
  /** One callback in a transaction, with one statement for each table. */
  single({ settled: sample }) {
    const at = { n, callbackId: ':callback_id' };
    const updates = UPDATED.map((table) => updateOf(sample, table, at));
    const others = ofCallback(sample).map((table) => insert(sample, table, at));
    return `${nextNumber()}BEGIN;
${updates.join(';\n')};
${insert(sample, 'callbacks', at)} RETURNING id AS callback_id \\gset
${others.join(';\n')};
COMMIT;
`;
  },

  /** The same rows in one statement, which is its own transaction: one round trip. */
  statement({ settled: sample }) {
    const at = { n, callbackId: 'callback.id' };
    const updates = UPDATED.map((table) => `${table}_changed AS (${updateOf(sample, table, at)})`);
    const others = ofCallback(sample).map((table) => {
      const { into, values } = insertOf(sample, table, sample.added[table], at);
      const selects = values.map((row) => `SELECT ${row.join(', ')} FROM callback`);
      return [table, `INSERT INTO ${into} ${selects.join(' UNION ALL ')}`];
    });
    const [, last] = others.pop();
    const callback = `callback AS (${insert(sample, 'callbacks', at)} RETURNING id)`;
    const added = others.map(([table, statement]) => `${table}_added AS (${statement})`);
    return `${nextNumber()}WITH ${[...updates, callback, ...added].join(',\n')}
${last};
`;
  },

  /** An order and its payment in one transaction, with one statement for each table. */
  place({ placed: sample }) {
    const inserts = PLACED.map((table) =>
      insert(sample, table, { n, instead: table === 'payments' ? OPEN : {} }),
    );
    return `${nextNumber()}BEGIN;
${inserts.join(';\n')};
COMMIT;
`;
  },
};

function updateOf(sample, table, at) {
  return `UPDATE ${table} SET ${changeOf(sample, table, at)} WHERE number = ${numberFrom(at.n)}`;
}

function insert(sample, table, at) {
  const { into, values } = insertOf(sample, table, sample.added[table], at);
  return `INSERT INTO ${into} VALUES ${values.map((row) => `(${row.join(', ')})`).join(', ')}`;
}

/** If the service writes to a table that the scripts do not know, the comparison would be unfair without a sign of it. */
export function ensureComplete({ settled, placed }) {
  ensureKnown('A settled callback', settled, { changed: UPDATED, added: ['callbacks', ...OF_CALLBACK] });
  ensureKnown('Placing an order with its payment', placed, { changed: [], added: PLACED });
}

function ensureKnown(what, sample, known) {
  for (const way of ['changed', 'added']) {
    const tables = Object.keys(sample[way]);
    const missing = known[way].filter((table) => !tables.includes(table) && !OPTIONAL.includes(table));
    if (missing.length === 0 && tables.every((table) => known[way].includes(table))) continue;
    throw new Error(
      `${what} has ${way} rows of these tables: ${tables.join(', ') || 'none'}. tools/bench/pgbench-scripts.mjs expects: ${known[way].join(', ') || 'none'}. Update the scripts.`,
    );
  }
}
