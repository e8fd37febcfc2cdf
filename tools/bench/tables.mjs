// What the benchmark knows about the tables that a callback writes. A schema of another version may lack some of them.

/** Tables whose rows only triggers write, and the rows of which table they follow from. */
const BY_TRIGGER = {
  payment_statuses: `payments WHERE status <> 'succeeded'`,
  order_statuses: `orders WHERE status <> 'paid'`,
  settled_transactions: 'payments WHERE transaction_id IS NOT NULL',
};
/** Columns that have other names in these tables. */
const SOURCES = { payment_id: 'id', payment_number: 'number', order_id: 'id' };
export const WRITTEN_BY_TRIGGER = Object.keys(BY_TRIGGER);

/** Payments before orders, as the service locks them. */
export const UPDATED = ['payments', 'orders'];

/** Rows that a callback adds beside its own row in the inbox, and that name it. */
export const OF_CALLBACK = ['callback_contents', 'events'];
/** Tables that only newer versions write. */
export const OPTIONAL = ['callback_contents'];

/** The tables that a settled callback changes or adds rows to, other than by triggers. */
export const SETTLED = [...UPDATED, 'callbacks', ...OF_CALLBACK];

/** The tables that placing an order with its payment adds rows to, in this sequence. */
export const PLACED = ['orders', 'payments', 'events'];

/** Those that the service of this version writes. */
export const ofCallback = (sample) => OF_CALLBACK.filter((table) => sample.added[table]);

/** Those of the tables that the schema has. */
export async function existing(client, tables) {
  const { rows } = await client.query(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [tables],
  );
  return rows.map(({ name }) => name);
}

/** Writes the rows that the triggers would have written, after a large insert without them. */
export async function fillByTrigger(client, table) {
  const { rows } = await client.query(
    `SELECT attname AS name FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
  const columns = rows.map(({ name }) => SOURCES[name] ?? name);
  await client.query(`TRUNCATE ${table}`);
  await client.query(`INSERT INTO ${table} SELECT ${columns.join(', ')} FROM ${BY_TRIGGER[table]}`);
}
