// SQL that writes the specimen's rows again, for another number.

/** A row that was there before the callback, as it was and as it is after it. */
export const rowBefore = (specimen, table) => specimen.before[table];
export const rowAfter = (specimen, table) => ({ ...specimen.before[table], ...specimen.changed[table] });

/** `n` is the SQL of the number as text, `callbackId` that of the inbox row's id; `instead` has columns' own SQL. */
export function insertOf(specimen, table, rows, { n, callbackId, instead = {} }) {
  const columns = specimen.columns[table];
  const names = Object.keys(columns).filter((name) => !columns[name].automatic);
  const values = rows.map((row) =>
    names.map((name) => instead[name] ?? valueOf(specimen, { n, callbackId }, columns[name].type, row[name])),
  );
  return { into: `${table} (${names.join(', ')})`, values };
}

/** The columns that the callback changed, as the SET of an UPDATE. */
export function changeOf(specimen, table, { n, callbackId }) {
  const columns = specimen.columns[table];
  return Object.entries(specimen.changed[table])
    .map(([name, value]) => `${name} = ${valueOf(specimen, { n, callbackId }, columns[name].type, value)}`)
    .join(', ');
}

/** How a value of the specimen reads in the same row of another number. */
const BY_TYPE = {
  'timestamp with time zone': () => 'now()',
  bigint: (value, { specimen, callbackId }) => (value === specimen.callbackId ? callbackId : value),
  integer: (value) => value,
  numeric: (value) => value,
  bytea: (value, at) => `convert_to(${textOf(Buffer.from(value.slice(2), 'hex').toString(), at)}, 'UTF8')`,
  jsonb: (value, at) => `(${textOf(value, at)})::jsonb`,
  text: (value, at) => textOf(value, at),
};

function valueOf(specimen, { n, callbackId }, type, value) {
  if (value === null) return 'NULL';
  const write = BY_TYPE[type];
  if (!write)
    throw new Error(`A callback writes a ${type}, and bench/rows.mjs does not know how to write one.`);
  return write(value, { specimen, n, callbackId });
}

function textOf(text, { specimen, n }) {
  const pieces = text
    .split(specimen.number)
    .flatMap((piece, index) => [index > 0 && n, piece && quoted(piece)]);
  return pieces.filter(Boolean).join(' || ') || quoted('');
}

/** Without a colon, behind which pgbench would look for a variable. */
function quoted(text) {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "''")
    .replaceAll('\n', '\\n')
    .replaceAll(':', '\\x3a');
  return `E'${escaped}'`;
}
