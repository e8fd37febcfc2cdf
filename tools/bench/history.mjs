// Fills the tables with payments that were settled before the measure, made from the rows of the sample callback.
import { connected } from './databases.mjs';
import { digitsExpression, digitsFrom, FIRST_OF_HISTORY, WITH_CALLBACKS } from './numbers.mjs';
import { insertOf, rowAfter } from './rows.mjs';
import { existing, fillByTrigger, ofCallback, WRITTEN_BY_TRIGGER } from './tables.mjs';

const CHUNK = 500_000;
/** From this number of payments on, the progress is shown. */
const LONG = 1_000_000;
const TABLES = ['orders', 'payments', 'callbacks', 'events'];
const n = () => `(${digitsExpression('index')})::text`;

export async function fillHistory(url, sample, count, say) {
  const progress = count < LONG ? () => {} : say;
  const last = FIRST_OF_HISTORY + count - 1;
  const firstWithCallbacks = Math.max(FIRST_OF_HISTORY, last + 1 - WITH_CALLBACKS);
  await connected(url, async (client) => {
    await client.query(`SET maintenance_work_mem = '512MB'`);
    const byTrigger = await existing(client, WRITTEN_BY_TRIGGER);
    const indexes = await dropIndexes(client, [...TABLES, ...byTrigger]);
    await switchTriggers(client, 'DISABLE');
    await Promise.all([
      fillTable(url, sample, { table: 'orders', from: FIRST_OF_HISTORY, to: last, progress }),
      fillTable(url, sample, { table: 'payments', from: FIRST_OF_HISTORY, to: last, progress }),
    ]);
    await addCallbacks(client, sample, firstWithCallbacks, last);
    for (const table of byTrigger) {
      progress(table);
      await fillByTrigger(client, table);
    }
    await switchTriggers(client, 'ENABLE');
    for (const { name, create } of indexes) {
      progress(name);
      await client.query(create);
    }
    // The relay has already read these events, as in a service that has run for a while.
    await client.query('UPDATE relay SET horizon = pg_snapshot_xmin(pg_current_snapshot())');
    progress('VACUUM (ANALYZE)');
    await client.query('VACUUM (ANALYZE)');
  });
}

/** Uses its own connection, so that two tables are filled at the same time. */
function fillTable(url, sample, { table, from, to, progress }) {
  const { into, values } = insertOf(sample, table, [rowAfter(sample, table)], { n: n() });
  const select = `INSERT INTO ${into} SELECT ${values[0].join(', ')}`;
  return connected(url, async (client) => {
    for (let first = from; first <= to; first += CHUNK) {
      const last = Math.min(first + CHUNK - 1, to);
      await client.query(`${select} FROM generate_series(${first}::bigint, ${last}) AS index`);
      progress(`${((last + 1 - FIRST_OF_HISTORY) / 1e6).toFixed(1)} million ${table}`);
    }
  });
}

async function addCallbacks(client, sample, from, to) {
  const callback = insertOf(sample, 'callbacks', sample.added.callbacks, { n: n() });
  await client.query(
    `INSERT INTO ${callback.into} SELECT ${callback.values[0].join(', ')} FROM generate_series(${from}::bigint, ${to}) AS index`,
  );
  for (const table of ofCallback(sample)) await addOfCallbacks(client, sample, table);
}

/** Adds the rows that belong to the callbacks, for all callbacks except the sample. */
async function addOfCallbacks(client, sample, table) {
  const at = { n: digitsFrom('callbacks.payment_number'), callbackId: 'callbacks.id' };
  for (const row of sample.added[table]) {
    const { into, values } = insertOf(sample, table, [row], at);
    await client.query(
      `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM callbacks WHERE payment_number <> '${sample.number}' ORDER BY id`,
    );
  }
}

/** The triggers of the tables that are filled. What they write is written by one statement for each table afterwards. */
async function switchTriggers(client, action) {
  for (const table of TABLES) await client.query(`ALTER TABLE ${table} ${action} TRIGGER USER`);
}

/**
 * Drops all indexes of the tables and the constraints that depend on them: creating them after the rows takes a fraction of the
 * time. Returns the statements that create them again, in order.
 */
async function dropIndexes(client, tables) {
  const { rows: constraints } = await client.query(
    `SELECT conname AS name, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS create
       FROM pg_constraint
      WHERE contype IN ('p', 'u', 'f') AND conparentid = 0 AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
      ORDER BY contype <> 'f'`,
    [tables],
  );
  const { rows: indexes } = await client.query(
    `SELECT indexrelid::regclass::text AS name, format('DROP INDEX %s', indexrelid::regclass) AS drop,
            pg_get_indexdef(indexrelid) AS create
       FROM pg_index WHERE indrelid = ANY($1::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [tables],
  );
  for (const { drop } of [...constraints, ...indexes]) await client.query(drop);
  return [...indexes, ...constraints.toReversed()];
}
