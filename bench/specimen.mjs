// What one settled callback writes, read from the tables before and after it. The rows that pgbench writes and those
// that fill the tables beforehand are made from it, so they stay the service's own rows whatever becomes of the schema.
import pg from 'pg';

/** Rows that move on by themselves, whether or not a callback comes. */
const NOT_A_CALLBACKS = ['migrations', 'relay'];

/** Every value as PostgreSQL writes it. */
const AS_TEXT = { getTypeParser: () => (text) => text };

/**
 * `settle` sends one callback and waits for its answer; `number` is that of its payment and its order.
 * Returns `{ before, changed, added }`: for each table its row before, its new columns, and its new rows.
 */
export async function readSpecimen(databaseUrl, number, settle) {
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

/** For each table its columns by name: the type, and whether PostgreSQL fills it in by itself. */
async function columnsOf(client) {
  const { rows } = await client.query(
    `SELECT attrelid::regclass::text AS table, attname AS name, format_type(atttypid, NULL) AS type,
            attidentity <> '' OR format_type(atttypid, NULL) = 'xid8' AS automatic
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
        AND relname <> ALL($1) ORDER BY attrelid, attnum`,
    [NOT_A_CALLBACKS],
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
    // A row is known by its id, and where a table has none, by its place.
    rows[table] = new Map(result.rows.map(({ ctid, ...row }) => [row.id ?? ctid, row]));
  }
  return rows;
}
