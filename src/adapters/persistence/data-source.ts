import { DataSource, type DataSourceOptions } from 'typeorm';
import { InboxAndLedger1763900000000 } from '../../../migrations/1-inbox-and-ledger.js';
import { Resolutions1763900000003 } from '../../../migrations/3-resolutions.js';
import { ExpiryAndRetention1763900000002 } from '../../../migrations/2-expiry-and-retention.js';
import { Deliveries1763900000004 } from '../../../migrations/4-deliveries.js';
import { PlainChecks1763900000005 } from '../../../migrations/5-plain-checks.js';
import { orders, payments } from './tables.js';

/**
 * Set on each connection, so that no transaction can forget them. A lock is waited for at most a second, which leaves a callback two
 * more of its three; a statement or an open transaction that lasts longer than these has lost its client.
 */
const TIMEOUTS = {
  lock_timeout: 1_000,
  statement_timeout: 5_000,
  idle_in_transaction_session_timeout: 10_000,
  connectionTimeoutMillis: 2_000,
  keepAlive: true,
};

export function dataSourceOptions(
  url: string,
  poolSize: number,
  lockTimeoutMs = TIMEOUTS.lock_timeout,
): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    applicationName: 'quittance',
    entities: [orders, payments],
    migrations: [
      InboxAndLedger1763900000000,
      ExpiryAndRetention1763900000002,
      Resolutions1763900000003,
      Deliveries1763900000004,
      PlainChecks1763900000005,
    ],
    migrationsTransactionMode: 'each',
    extra: { ...TIMEOUTS, pipeline: true, lock_timeout: lockTimeoutMs },
  };
}

/** Any constant will do, as long as it stays: whoever migrates this database takes this lock first. */
export const MIGRATION_LOCK = 7_164_023_911;

interface Source {
  query<Result>(text: string): Promise<Result>;
}

/** Whether the database lacks a migration that this release was built for. */
export async function migrationsAreDue(source: Source, { migrations }: DataSource): Promise<boolean> {
  const [table] = await source.query<{ there: boolean }[]>(
    `SELECT to_regclass('migrations') IS NOT NULL AS there`,
  );
  if (!table?.there) return true;
  const done = await source.query<{ name: string }[]>('SELECT name FROM migrations');
  const names = new Set(done.map(({ name }) => name));
  return migrations.some(({ name }) => !names.has(name!));
}

/** Brings the schema up to date, one process at a time however many start together. Returns the migrations it ran. */
export async function migrate(url: string): Promise<string[]> {
  const options = dataSourceOptions(url, 2);
  const dataSource = await new DataSource({ ...options, extra: {} }).initialize();
  try {
    // The lock may be held for hours by a process whose network was lost, and most starts have no need of it.
    return (await migrationsAreDue(dataSource, dataSource)) ? await migrateAlone(dataSource) : [];
  } finally {
    await dataSource.destroy();
  }
}

async function migrateAlone(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const done = await dataSource.runMigrations();
    return done.map(({ name }) => name);
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    await runner.release();
  }
}
