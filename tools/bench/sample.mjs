// The samples: what the service writes for one settled callback, and for one order that is placed with its payment, read from the
// tables before and after it. The rows that pgbench writes, and those that fill the tables, are made from them. So they follow
// every change of the schema and of the service.
import pg from 'pg';
import { digitsOf, numberOf } from './numbers.mjs';
import { WRITTEN_BY_TRIGGER } from './tables.mjs';

/** Tables that change without a callback, and those that follow by themselves: a trigger would write them for pgbench as well. */
const OTHER_TABLES = ['migrations', 'relay', 'content_slots', ...WRITTEN_BY_TRIGGER];

/** Reads every value as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (text) => text };

/**
 * `write` lets the service write the rows, and waits for its answer. `index` is the counter of the payment and of its order.
 * Returns `{ before, changed, added }`: for each table its row before, the columns that changed, and its new rows.
 */
export async function readSample(databaseUrl, index, write) {
  const client = new pg.Client({ connectionString: databaseUrl, types: AS_TEXT });
  await client.connect();
  try {
    const columns = await columnsOf(client);
    const before = await rowsOf(client, columns);
    await write();
    const after = await rowsOf(client, columns);
    const callbackId = added(before, after, 'callbacks')[0]?.id;
    const names = { number: numberOf(index), digits: digitsOf(index) };
    const written = { ...names, callbackId, columns, before: {}, changed: {}, added: {} };
    for (const table of Object.keys(columns)) note(written, table, before, after);
    return written;
  } finally {
    await client.end();
  }
}

function note(written, table, before, after) {
  const rows = added(before, after, table);
  if (rows.length > 0) written.added[table] = rows;
  for (const [id, row] of before[table]) {
    const now = after[table].get(id);
    if (!now) throw new Error(`The service removed a row of ${table}, which the sample cannot express.`);
    const names = Object.keys(row).filter((name) => row[name] !== now[name]);
    if (names.length === 0) continue;
    written.before[table] = row;
    written.changed[table] = Object.fromEntries(names.map((name) => [name, now[name]]));
  }
}

const added = (before, after, table) =>
  [...after[table]].filter(([id]) => !before[table].has(id)).map(([, row]) => row);

/** The columns of each table by name: the type, and whether PostgreSQL generates the value. */
async function columnsOf(client) {
  const { rows } = await client.query(
    `SELECT attrelid::regclass::text AS table, attname AS name, format_type(atttypid, NULL) AS type,
            attidentity <> '' OR attgenerated <> '' OR format_type(atttypid, NULL) = 'xid8' AS automatic
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND attnum > 0 AND NOT attisdropped AND relname <> ALL($1) ORDER BY attrelid, attnum`,
    [OTHER_TABLES],
  );
  const columns = {};
  for (const { table, name, type, automatic } of rows)
    (columns[table] ??= {})[name] = { type, automatic: automatic === 't' };
  return columns;
}

async function rowsOf(client, columns) {
  const rows = {};
  for (const table of Object.keys(columns)) {
    const result = await client.query(`SELECT tableoid || ' ' || ctid AS place, ${table}.* FROM ${table}`);
    // A row is identified by its id, or by its place if the table has no id.
    rows[table] = new Map(result.rows.map(({ place, ...row }) => [row.id ?? place, row]));
  }
  return rows;
}
