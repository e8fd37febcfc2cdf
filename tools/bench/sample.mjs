// The sample callback: what one settled callback writes, read from the tables before and after it. The rows that pgbench writes,
// and those that fill the tables, are made from it. So they follow every change of the schema and of the service.
import pg from 'pg';

/** Tables that change without a callback. */
const OTHER_TABLES = ['migrations', 'relay'];

/** Reads every value as the text that PostgreSQL sends. */
const AS_TEXT = { getTypeParser: () => (text) => text };

/**
 * `settle` sends one callback and waits for its answer. `number` is the number of its payment and of its order.
 * Returns `{ before, changed, added }`: for each table its row before, the columns that changed, and its new rows.
 */
export async function readSample(databaseUrl, number, settle) {
  const client = new pg.Client({ connectionString: databaseUrl, types: AS_TEXT });
  await client.connect();
  try {
    const columns = await columnsOf(client);
    const before = await rowsOf(client, columns);
    await settle();
    const after = await rowsOf(client, columns);
    const callbackId = added(before, after, 'callbacks')[0]?.id;
    const written = { number, callbackId, columns, before: {}, changed: {}, added: {} };
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
            attidentity <> '' OR format_type(atttypid, NULL) = 'xid8' AS automatic
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
        AND relname <> ALL($1) ORDER BY attrelid, attnum`,
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
    const result = await client.query(`SELECT ctid, * FROM ${table}`);
    // A row is identified by its id, or by its place if the table has no id.
    rows[table] = new Map(result.rows.map(({ ctid, ...row }) => [row.id ?? ctid, row]));
  }
  return rows;
}
