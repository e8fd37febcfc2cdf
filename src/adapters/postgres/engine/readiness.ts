import type { DataSource } from 'typeorm';
import type { ReadinessFault } from '../../../application/readiness.js';
import { withConnection, type Connection } from './connection.js';
import { DeadlineWatch } from './deadline-watch.js';
import { explainFault, fault } from './explain-fault.js';
import type { PlainSql } from './sql.js';

/** A probe that is cancelled, or cut if that does not help, still ends within two seconds. */
const ANSWER_WITHIN_MS = 1_300;

/** Runs a probe on a connection of the pool, which needs another one to cancel it. Errors and the deadline become faults. Never throws. */
export async function boundedProbe(
  pool: DataSource,
  probe: (connection: Connection) => Promise<readonly ReadinessFault[]>,
): Promise<readonly ReadinessFault[]> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  try {
    const faults = await withConnection(pool, deadline, async ({ connection }) => {
      const watch = new DeadlineWatch(connection, { main: pool, reserve: pool }, deadline);
      try {
        return await probe(connection);
      } finally {
        await watch.stop();
      }
    });
    // A commit that waits for a synchronous standby succeeds when it is cancelled, but a callback is only safe with that standby.
    return faults.length === 0 && performance.now() >= deadline ? [fault('slow')] : faults;
  } catch (error) {
    return [explainFault(error)];
  }
}

/** Faults of the session and of the server, whatever the tables are. */
export async function sessionFaults(connection: Connection): Promise<readonly ReadinessFault[]> {
  if (!(await connection.hasItsSession())) return [fault('pooler')];
  const { rows } = await connection.query<{
    standby: boolean;
    readOnly: string;
    role: string;
    usable: boolean;
    path: string;
  }>(
    // Not current_schema(): without the right to use the schema it creates the schema of temporary tables and gives that one.
    `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') AS "readOnly",
            current_setting('session_replication_role') AS role, path,
            coalesce(has_schema_privilege(to_regnamespace(split_part(path, ', pg_temp', 1)), 'USAGE'), false) AS usable
       FROM current_setting('search_path') AS path`,
  );
  const { standby, readOnly, role, usable, path } = rows[0]!;
  // Each hides those after it.
  if (standby) return [fault('standby')];
  if (readOnly === 'on') return [fault('read_only')];
  if (!usable) return [fault('no_schema', `search_path is ${path}`)];
  return role === 'replica' ? [fault('replica_role')] : [];
}

/** Statements of a connection outside a transaction. */
export function queriesOn(connection: Connection): Pick<PlainSql, 'query'> {
  return {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await connection.query(text, [...values])).rows as Row[],
  };
}
