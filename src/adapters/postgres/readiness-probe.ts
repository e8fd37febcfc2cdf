import { randomBytes, randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Receipt } from '../../application/callbacks/callback-repository.js';
import type { ReadinessFault, ReadinessProbe } from '../../application/readiness.js';
import { INSERT_RECEIPTS, receiptsToInsert } from './callbacks.js';
import type { Connection } from './engine/connection.js';
import { fault } from './engine/explain-fault.js';
import { migrationsAreDue } from './engine/migrate.js';
import { boundedProbe, queriesOn, sessionFaults } from './engine/readiness.js';
import { OWN_FUNCTIONS, OWN_SEQUENCES, OWN_TABLES } from './own-tables.js';

/** As large as a callback usually gets. The bytes are random, so that the database cannot store them compressed. */
const BODY_BYTES = 8 * 1024;

/**
 * Stores a receipt on a connection of its own and takes it back. The transaction commits without it, so that the probe also waits for the
 * disk and for a synchronous standby, as a callback does.
 */
export class PostgresReadinessProbe implements ReadinessProbe {
  /** @param dataSource two connections: one for the probe, and one that cancels it at its deadline. */
  constructor(private readonly dataSource: DataSource) {}

  run(): Promise<readonly ReadinessFault[]> {
    return boundedProbe(this.dataSource, (connection) => this.faultsOf(connection));
  }

  private async faultsOf(connection: Connection): Promise<readonly ReadinessFault[]> {
    const session = await sessionFaults(connection);
    if (session.length > 0) return session;
    const rights = await missingRights(connection);
    if (rights.length > 0) return rights;
    if (await migrationsAreDue(queriesOn(connection), this.dataSource)) return [fault('schema')];
    await storeAndTakeBack(connection);
    return [];
  }
}

const OWN = [
  ...Object.entries(OWN_TABLES).map(([name, { rights }]) => ({ name, rights, kind: 'TABLE' })),
  ...Object.entries(OWN_SEQUENCES).map(([name, rights]) => ({ name, rights, kind: 'SEQUENCE' })),
  ...Object.entries(OWN_FUNCTIONS).map(([name, rights]) => ({ name, rights, kind: 'FUNCTION' })),
];

/**
 * At most one fault for all tables, sequences and functions that exist and have too few rights. The statements that grant them are in its
 * detail, because they name the role.
 */
async function missingRights(connection: Connection): Promise<readonly ReadinessFault[]> {
  const { rows } = await connection.query<{ missing: string; names: string; statement: string }>(
    `SELECT missing, string_agg(name, ', ' ORDER BY name) AS names,
            format('GRANT %s ON %s %s TO %I;', missing, kind, string_agg(place || '.' || name, ', ' ORDER BY name),
                   current_user) AS statement
       FROM (SELECT name, kind, string_agg(needed, ', ' ORDER BY nth) AS missing,
                    CASE kind WHEN 'FUNCTION'
                         THEN (SELECT pronamespace FROM pg_proc WHERE oid = to_regprocedure(name))
                         ELSE (SELECT relnamespace FROM pg_class WHERE oid = to_regclass(name))
                         END::regnamespace::text AS place
               FROM json_to_recordset($1) AS own (name text, kind text, rights json),
                    json_array_elements_text(rights) WITH ORDINALITY AS needs (needed, nth)
              WHERE NOT CASE kind WHEN 'SEQUENCE' THEN has_sequence_privilege(to_regclass(name), needed)
                                  WHEN 'FUNCTION' THEN has_function_privilege(to_regprocedure(name), needed)
                                  ELSE has_table_privilege(to_regclass(name), needed) END
              GROUP BY name, kind) AS own
      GROUP BY kind, missing ORDER BY kind DESC, missing`,
    [JSON.stringify(OWN)],
  );
  if (rows.length === 0) return [];
  const missing = rows.map((row) => `${row.missing} on ${row.names}`).join('; ');
  return [
    {
      code: 'rights',
      text: `the database role lacks rights: ${missing}. Run as the owner of the tables the GRANT statements that the log shows`,
      detail: rows.map(({ statement }) => statement).join(' '),
    },
  ];
}

async function storeAndTakeBack(connection: Connection): Promise<void> {
  const now = new Date();
  const rows = receiptsToInsert([probeReceipt(now)], now);
  await connection.query('BEGIN; SAVEPOINT probe');
  await connection.query(INSERT_RECEIPTS, [rows]);
  await connection.query('ROLLBACK TO SAVEPOINT probe; COMMIT');
}

/** Its event id is random, so that the probes of several processes do not wait for each other. */
function probeReceipt(now: Date): Receipt {
  return {
    eventId: randomUUID(),
    notification: {
      gateway: 'readiness-probe',
      kind: 'ignored',
      paymentNumber: null,
      transactionId: null,
      money: null,
      paidAt: null,
      reason: null,
      foreign: null,
      charged: null,
      refund: null,
      dispute: null,
    },
    fingerprint: 'readiness-probe',
    keyId: 'readiness-probe',
    headers: {},
    body: randomBytes(BODY_BYTES),
    receivedAt: now,
    judgedAt: now,
  };
}
