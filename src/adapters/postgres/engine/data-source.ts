import type { DataSourceOptions } from 'typeorm';
import { Connection } from './connection.js';

/**
 * Set on each connection, so that no transaction can forget them; in milliseconds. A transaction waits for a lock for a second
 * at most, which leaves a callback two of its three. A statement or an open transaction that lasts longer than these has lost
 * its client.
 */
const TIMEOUTS = {
  lock_timeout: 1_000,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
  connectionTimeoutMillis: 2_000,
  keepAlive: true,
};

/** The entities and migrations of the service. The engine knows no table. */
export type Schema = Required<Pick<DataSourceOptions, 'entities' | 'migrations'>>;

export function dataSourceOptions(
  schema: Schema,
  url: string,
  poolSize: number,
  lockTimeoutMs = TIMEOUTS.lock_timeout,
): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    applicationName: 'quittance',
    ...schema,
    migrationsTransactionMode: 'each',
    extra: { ...TIMEOUTS, Client: Connection, pipeline: true, lock_timeout: lockTimeoutMs },
  };
}
