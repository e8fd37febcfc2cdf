import type { DataSource } from 'typeorm';
import { type Connection, withConnection } from './connection.js';
import { FAULTS } from './explain-fault.js';
import { queriesOn } from './readiness.js';
import type { PlainSql } from './sql.js';

/** The oldest PostgreSQL that has everything that the statements use. */
const OLDEST_VERSION = 140_000;
const CHECKED_WITHIN_MS = 5_000;

/** The service must not start on this database. The message has every reason, and what to do. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';

  constructor(reasons: readonly string[]) {
    super(`The database cannot be used as it is:\n${reasons.map((reason) => `- ${reason}`).join('\n')}`);
  }
}

/** For each table that a service calls its own: columns that no table of that name lacks unless it is another application's. */
export type TableColumns = Readonly<Record<string, { readonly columns: readonly string[] }>>;

/** Two pools, of which each lends one connection for the check. */
export interface CheckedPools {
  readonly first: DataSource;
  readonly second: DataSource;
}

/**
 * Looks once at what no operator changes while the service runs. Returns warnings. Throws `DatabaseRefused` if the service would work
 * wrongly there: its locks, its keys or its texts would not be what it relies on.
 */
export async function checkServer(
  { first, second }: CheckedPools,
  tables: TableColumns,
): Promise<readonly string[]> {
  const deadline = performance.now() + CHECKED_WITHIN_MS;
  return withinDeadline(first, deadline, (connection) =>
    withinDeadline(second, deadline, async (other) => {
      const sql = queriesOn(connection);
      const server = await serverOf(sql);
      if (server.number < OLDEST_VERSION) throw new DatabaseRefused([tooOld(server)]);
      const reasons = [
        ...settingReasons(server),
        ...(await poolerReasons(connection, other)),
        ...(await foreignTables(sql, first, tables)),
      ];
      if (reasons.length > 0) throw new DatabaseRefused(reasons);
      return warningsOf(server);
    }),
  );
}

/** A network that is silent must not block the start. */
async function withinDeadline<Result>(
  pool: DataSource,
  deadline: number,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await withConnection(pool, deadline, ({ connection }) => {
      timer = setTimeout(() => connection.cut(), Math.max(0, deadline - performance.now()));
      return work(connection);
    });
  } finally {
    clearTimeout(timer);
  }
}

interface Server {
  readonly number: number;
  readonly version: string;
  readonly encoding: string;
  readonly role: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
}

async function serverOf(sql: Pick<PlainSql, 'query'>): Promise<Server> {
  const [server] = await sql.query<Server>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
            getdatabaseencoding() AS encoding, current_setting('session_replication_role') AS role,
            current_setting('fsync') AS fsync, current_setting('full_page_writes') AS "fullPageWrites"`,
  );
  return server!;
}

const tooOld = ({ version }: Server): string =>
  `it is PostgreSQL ${version}, and PostgreSQL 14 or later is required: upgrade it, or set DATABASE_URL to another one`;

/** A reason if the database cannot store every text. Its encoding never changes, so nothing should be created in it. */
export async function encodingReasons(sql: Pick<PlainSql, 'query'>): Promise<string[]> {
  const [row] = await sql.query<{ encoding: string }>('SELECT getdatabaseencoding() AS encoding');
  return reasonsOfEncoding(row!.encoding);
}

const reasonsOfEncoding = (encoding: string): string[] =>
  encoding === 'UTF8'
    ? []
    : [
        `its encoding is ${encoding}, which cannot store every text of a callback: create a database with ENCODING 'UTF8'`,
      ];

function settingReasons({ encoding, role }: Server): string[] {
  const reasons = reasonsOfEncoding(encoding);
  if (role === 'replica') reasons.push(FAULTS.replica_role);
  return reasons;
}

/**
 * In transaction mode a pooler gives the session of one connection to another one. While a transaction keeps the session of one, the other
 * gets a different session; and a session that both have used carries the mark of only one of them.
 */
async function poolerReasons(connection: Connection, other: Connection): Promise<string[]> {
  for (const [busy, idle] of [
    [connection, other],
    [other, connection],
  ] as const) {
    await busy.query('BEGIN');
    const ours = (await busy.hasItsSession()) && (await idle.hasItsSession());
    await busy.query('COMMIT');
    if (!ours) return [FAULTS.pooler];
  }
  return [];
}

/** Why tables of the schema are not those of this service, although they have their names. */
export async function foreignTables(
  sql: Pick<PlainSql, 'query'>,
  { migrations }: Pick<DataSource, 'migrations'>,
  tables: TableColumns,
): Promise<string[]> {
  const own = Object.entries(tables).map(([name, { columns }]) => ({ name, columns }));
  const found = await sql.query<{ name: string; schema: string; isTable: boolean; missing: string[] }>(
    `SELECT own.name, nspname AS schema, relkind IN ('r', 'p') AS "isTable",
            ARRAY(SELECT wanted FROM json_array_elements_text(own.columns) AS wanted
                   WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = wanted AND NOT attisdropped)) AS missing
       FROM json_to_recordset($1) AS own (name text, columns json), pg_namespace, pg_class
      WHERE nspname = current_schema() AND relnamespace = pg_namespace.oid AND relname = own.name
      ORDER BY own.name`,
    [JSON.stringify(own)],
  );
  const foreign = found.filter(({ isTable, missing }) => !isTable || missing.length > 0);
  const reasons = foreign.map(({ name, schema, isTable, missing }) =>
    isTable
      ? `the table "${name}" in the schema "${schema}" belongs to another application (it has no column ${missing.join(', ')}): ${USE_OWN}`
      : `"${name}" in the schema "${schema}" is not a table but a view, a foreign table or something else: ${USE_OWN}`,
  );
  const recorded = found.find(({ name }) => name === MIGRATIONS);
  if (!recorded || foreign.includes(recorded)) return reasons;
  return (await hasOnlyForeignMigrations(sql, migrations))
    ? [
        ...reasons,
        `the table "${MIGRATIONS}" in the schema "${recorded.schema}" has the migrations of another application: ${USE_OWN}`,
      ]
    : reasons;
}

/** TypeORM's table. */
const MIGRATIONS = 'migrations';
const USE_OWN = 'use a database or a schema of its own for this service';

async function hasOnlyForeignMigrations(
  sql: Pick<PlainSql, 'query'>,
  migrations: DataSource['migrations'],
): Promise<boolean> {
  const [may] = await sql.query<{ read: boolean }>(
    `SELECT has_table_privilege('${MIGRATIONS}', 'SELECT') AS read`,
  );
  // The probe reports a missing right.
  if (!may?.read) return false;
  const [found] = await sql.query<{ foreign: boolean }>(
    `SELECT coalesce(NOT bool_or(name = ANY($1)), false) AS foreign FROM ${MIGRATIONS}`,
    [migrations.map(({ name }) => name)],
  );
  return found?.foreign ?? false;
}

function warningsOf({ fsync, fullPageWrites }: Server): string[] {
  const off = [
    ...(fsync === 'off' ? ['fsync'] : []),
    ...(fullPageWrites === 'off' ? ['full_page_writes'] : []),
  ];
  return off.map(
    (name) =>
      `${name} is off on the database server: acknowledged callbacks can be lost in a power failure. Switch it on.`,
  );
}
