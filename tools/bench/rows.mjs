// SQL that writes the rows of a sample again, for another number. Only the digits that depend on the counter are replaced: the
// digits are the same in the numbers, in the ids that are made from them, and in the body.

/** A row that existed before the callback: as it was before, and as it is after it. */
export const rowBefore = (sample, table) => sample.before[table];
export const rowAfter = (sample, table) => ({ ...sample.before[table], ...sample.changed[table] });

/** `n` is the SQL of the number's digits as text, and `callbackId` that of the inbox row's id. `instead` has the SQL of single columns. */
export function insertOf(sample, table, rows, { n, callbackId, instead = {} }) {
  const columns = sample.columns[table];
  const names = Object.keys(columns).filter((name) => !columns[name].automatic);
  const values = rows.map((row) =>
    names.map((name) => instead[name] ?? valueOf(sample, { n, callbackId }, columns[name].type, row[name])),
  );
  return { into: `${table} (${names.join(', ')})`, values };
}

/** The columns that the callback changed, as the SET list of an UPDATE. */
export function changeOf(sample, table, { n, callbackId }) {
  const columns = sample.columns[table];
  return Object.entries(sample.changed[table])
    .map(([name, value]) => `${name} = ${valueOf(sample, { n, callbackId }, columns[name].type, value)}`)
    .join(', ');
}

/** How a value of the sample is written for another number. */
const BY_TYPE = {
  'timestamp with time zone': () => 'now()',
  bigint: (value, { sample, callbackId }) => (value === sample.callbackId ? callbackId : value),
  integer: (value) => value,
  smallint: (value) => value,
  numeric: (value) => value,
  bytea: (value, at) => `convert_to(${textOf(Buffer.from(value.slice(2), 'hex').toString(), at)}, 'UTF8')`,
  jsonb: (value, at) => `(${textOf(value, at)})::jsonb`,
  text: (value, at) => textOf(value, at),
};

function valueOf(sample, { n, callbackId }, type, value) {
  if (value === null) return 'NULL';
  const write = BY_TYPE[type];
  if (!write)
    throw new Error(`A callback writes a column of type ${type}, which tools/bench/rows.mjs cannot write.`);
  return write(value, { sample, n, callbackId });
}

function textOf(text, { sample, n }) {
  const pieces = text
    .split(sample.digits)
    .flatMap((piece, index) => [index > 0 && n, piece && quoted(piece)]);
  return pieces.filter(Boolean).join(' || ') || quoted('');
}

/** Escapes colons, because pgbench takes what follows one for a variable. */
function quoted(text) {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll(':', '\\x3a');
  return `E'${escaped}'`;
}
