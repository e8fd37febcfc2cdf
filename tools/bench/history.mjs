// Fills the tables with payments that were settled before the measure, made from the rows of the sample callback.
import { connected } from './databases.mjs';
import { FIRST_OF_HISTORY, numberExpression } from './numbers.mjs';
import { insertOf, rowAfter } from './rows.mjs';

/** Only the newest payments get callbacks and events. Otherwise filling the tables would take much longer. */
const MAX_WITH_CALLBACKS = 1_000_000;
const CHUNK = 500_000;
/** From this number of payments on, the progress is shown. */
const LONG = 1_000_000;
const TABLES = ['orders', 'payments', 'callbacks', 'events'];
const N = `(${numberExpression('index')})::text`;

export async function fillHistory(url, sample, count, say) {
  const progress = count < LONG ? () => {} : say;
  const last = FIRST_OF_HISTORY + count - 1;
  const firstWithCallbacks = Math.max(FIRST_OF_HISTORY, last + 1 - MAX_WITH_CALLBACKS);
  await connected(url, async (client) => {
    await client.query(`SET maintenance_work_mem = '512MB'`);
    const indexes = await dropIndexes(client);
    await Promise.all([
      fillTable(url, sample, { table: 'orders', from: FIRST_OF_HISTORY, to: last, progress }),
      fillTable(url, sample, { table: 'payments', from: FIRST_OF_HISTORY, to: last, progress }),
    ]);
    await addCallbacks(client, sample, firstWithCallbacks, last);
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
  const { into, values } = insertOf(sample, table, [rowAfter(sample, table)], { n: N });
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
  const callback = insertOf(sample, 'callbacks', sample.added.callbacks, { n: N });
  await client.query(
    `INSERT INTO ${callback.into} SELECT ${callback.values[0].join(', ')} FROM generate_series(${from}::bigint, ${to}) AS index`,
  );
  const ofCallback = { n: 'callbacks.payment_number', callbackId: 'callbacks.id' };
  for (const event of sample.added.events) {
    const { into, values } = insertOf(sample, 'events', [event], ofCallback);
    const others = `WHERE payment_number <> '${sample.number}'`;
    await client.query(
      `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM callbacks ${others} ORDER BY id`,
    );
  }
}

/**
 * Drops all indexes of the tables and the constraints that depend on them: creating them after the rows takes a fraction of the
 * time. Returns the statements that create them again, in order.
 */
async function dropIndexes(client) {
  const { rows: constraints } = await client.query(
    `SELECT conname AS name, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS drop,
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS create
       FROM pg_constraint
      WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY($1::regclass[]) OR confrelid = ANY($1::regclass[]))
      ORDER BY contype <> 'f'`,
    [TABLES],
  );
  const { rows: indexes } = await client.query(
    `SELECT indexrelid::regclass::text AS name, format('DROP INDEX %s', indexrelid::regclass) AS drop,
            pg_get_indexdef(indexrelid) AS create
       FROM pg_index WHERE indrelid = ANY($1::regclass[])
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
    [TABLES],
  );
  for (const { drop } of [...constraints, ...indexes]) await client.query(drop);
  return [...indexes, ...constraints.toReversed()];
}
