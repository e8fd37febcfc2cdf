import type { DataSourceOptions } from 'typeorm';
import { Connection } from './connection.js';
import { PLANNER, type SessionSetup } from './session.js';

/**
 * The limits of each connection, so that no transaction can forget them; in milliseconds. A transaction waits for a lock for a second
 * at most, which leaves a callback two of its three. A statement or an open transaction that lasts longer than these has lost
 * its client.
 */
const TIMEOUTS = {
  lock_timeout: 1_000,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
};

/** For a connection of the pool to become free, or for a new one with its session. */
const CONNECT_WITHIN_MS = 2_000;

/** The entities and migrations of the service. The engine knows no table. */
export type Schema = Required<Pick<DataSourceOptions, 'entities' | 'migrations'>>;

export interface PoolOptions {
  readonly lockTimeoutMs?: number;
  readonly planner?: SessionSetup['planner'];
  /** Statements are sent before the previous ones are answered. A cursor needs a connection without it. */
  readonly pipeline?: boolean;
  /** After so many uses a connection is closed, and the next use opens a new one. */
  readonly maxUses?: number;
}

export function dataSourceOptions(
  schema: Schema,
  url: string,
  poolSize: number,
  {
    lockTimeoutMs = TIMEOUTS.lock_timeout,
    planner = PLANNER,
    pipeline = true,
    maxUses = Infinity,
  }: PoolOptions = {},
): DataSourceOptions {
  const timeouts = { ...TIMEOUTS, lock_timeout: lockTimeoutMs };
  const session: SessionSetup = { planner, timeouts, schema: null };
  return {
    type: 'postgres',
    url,
    poolSize,
    applicationName: 'quittance',
    ...schema,
    migrationsTransactionMode: 'each',
    extra: {
      Client: Connection,
      session,
      pipeline,
      maxUses,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      keepAlive: true,
    },
  };
}
