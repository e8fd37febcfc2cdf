// The payments that were settled before the benchmark began, made from the specimen's rows.
import { connected } from './databases.mjs';
import { FIRST_OF_HISTORY, numberExpression } from './numbers.mjs';
import { insertOf, rowAfter } from './rows.mjs';

/** Where there are many, the older ones have lost their callbacks and events, so as to be ready in minutes. */
const WITH_CALLBACKS_AT_MOST = 1_000_000;
const CHUNK = 500_000;
/** From so many on, one wants to be told how far it has come. */
const LONG = 1_000_000;
const TABLES = ['orders', 'payments', 'callbacks', 'events'];
const N = `(${numberExpression('index')})::text`;

export async function fillHistory(url, specimen, count, say) {
  const tell = count < LONG ? () => {} : say;
  const last = FIRST_OF_HISTORY + count - 1;
  const firstWithCallbacks = Math.max(FIRST_OF_HISTORY, last + 1 - WITH_CALLBACKS_AT_MOST);
  await connected(url, async (client) => {
    await client.query(`SET maintenance_work_mem = '512MB'`);
    const indexes = await dropIndexes(client);
    await Promise.all([
      fillTable(url, specimen, { table: 'orders', from: FIRST_OF_HISTORY, to: last, tell }),
      fillTable(url, specimen, { table: 'payments', from: FIRST_OF_HISTORY, to: last, tell }),
    ]);
    await addCallbacks(client, specimen, firstWithCallbacks, last);
    for (const { name, create } of indexes) {
      tell(name);
      await client.query(create);
    }
    // As in a service that has run for a while, the relay has read what was there.
    await client.query('UPDATE relay SET horizon = pg_snapshot_xmin(pg_current_snapshot())');
    tell('VACUUM (ANALYZE)');
    await client.query('VACUUM (ANALYZE)');
  });
}

/** On a connection of its own, since there is more than one core. */
function fillTable(url, specimen, { table, from, to, tell }) {
  const { into, values } = insertOf(specimen, table, [rowAfter(specimen, table)], { n: N });
  const select = `INSERT INTO ${into} SELECT ${values[0].join(', ')}`;
  return connected(url, async (client) => {
    for (let first = from; first <= to; first += CHUNK) {
      const last = Math.min(first + CHUNK - 1, to);
      await client.query(`${select} FROM generate_series(${first}::bigint, ${last}) AS index`);
      tell(`${((last + 1 - FIRST_OF_HISTORY) / 1e6).toFixed(1)} million ${table}`);
    }
  });
}

async function addCallbacks(client, specimen, from, to) {
  const callback = insertOf(specimen, 'callbacks', specimen.added.callbacks, { n: N });
  await client.query(
    `INSERT INTO ${callback.into} SELECT ${callback.values[0].join(', ')} FROM generate_series(${from}::bigint, ${to}) AS index`,
  );
  const ofCallback = { n: 'callbacks.payment_number', callbackId: 'callbacks.id' };
  for (const event of specimen.added.events) {
    const { into, values } = insertOf(specimen, 'events', [event], ofCallback);
    const others = `WHERE payment_number <> '${specimen.number}'`;
    await client.query(
      `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM callbacks ${others} ORDER BY id`,
    );
  }
}

/**
 * Takes all indexes off the tables, and the constraints that stand on them: to make them when the rows are in takes a
 * fraction of the time. Returns how to put them back, in order.
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
