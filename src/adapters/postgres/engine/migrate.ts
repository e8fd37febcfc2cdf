import { setTimeout as wait } from 'node:timers/promises';
import { DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { Connection, connectionOf } from './connection.js';
import type { Schema } from './data-source.js';
import { FAULTS } from './explain-fault.js';
import { faultOf } from './faults.js';
import { queriesOn, sessionFaults } from './readiness.js';
import { DatabaseRefused, encodingReasons, foreignTables, type TableColumns } from './server-checks.js';
import type { PlainSql } from './sql.js';
import type { SessionSetup } from './session.js';

/** The advisory lock of every process that migrates this database. The number is arbitrary and must never change. */
export const MIGRATION_LOCK = 7_164_023_911;

/**
 * Every statement of the service that comes after a change of its table waits as long as the change waits for its lock. A callback waits
 * for a lock for a second at most, so the change gives up before and tries again.
 */
const LOCK_TIMEOUT_MS = 500;
/** How long a migration tries again to get its locks, and the longest pause between two attempts. */
const LOCK_ATTEMPTS_MS = 120_000;
const LONGEST_PAUSE_MS = 5_000;
/** How often another process is asked whether it has finished, and how often a long wait is reported. */
const POLL_MS = 1_000;
const REPORT_MS = 10_000;
const CONNECT_WITHIN_MS = 10_000;

/** A line about the progress, for the operator. */
export type Report = (line: string) => void;

export interface MigrationTarget {
  readonly schema: Schema;
  readonly url: string;
  /** The tables that the migrations make. If one exists and is another application's, nothing is changed. */
  readonly tables: TableColumns;
  /** Cuts the connection and cancels what it was doing, so that the server rolls back what is not committed. */
  readonly signal?: AbortSignal | undefined;
}

/** A migration failed. Those before it are done and recorded; `cause` is the error of the server or of the driver. */
export class MigrationFailed extends Error {
  override readonly name = 'MigrationFailed';

  constructor({ name, instance }: Migration, cause: unknown) {
    const state =
      instance?.transaction === false
        ? 'It runs outside a transaction, and its next run removes what is unfinished'
        : 'Its changes were rolled back';
    const reason = (cause as Error).message;
    super(`The migration ${name} failed: ${reason}. ${state}; the migrations before it stay.`, { cause });
  }
}

/** Whether the database lacks a migration that this release was built for. */
export async function migrationsAreDue(
  sql: Pick<PlainSql, 'query'>,
  { migrations }: DataSource,
): Promise<boolean> {
  const [table] = await sql.query<{ there: boolean }>(
    `SELECT to_regclass('migrations') IS NOT NULL AS there`,
  );
  if (!table?.there) return true;
  const done = await sql.query<{ name: string }>('SELECT name FROM migrations');
  const names = new Set(done.map(({ name }) => name));
  return migrations.some(({ name }) => !names.has(name!));
}

/**
 * Brings the schema up to date. One process at a time does it, however many start together. Returns the migrations it ran. Throws
 * `MigrationFailed`, `DatabaseRefused`, or an error of the connection.
 */
export async function runMigrations(
  { schema, url, tables, signal }: MigrationTarget,
  report: Report = () => undefined,
): Promise<string[]> {
  const dataSource = await connect(schema, url);
  const runner = dataSource.createQueryRunner();
  try {
    const connection = await connectionOf(runner);
    signal?.addEventListener('abort', () => connection.cut());
    signal?.throwIfAborted();
    const faults = await sessionFaults(connection);
    if (faults.length > 0) throw new DatabaseRefused(faults.map(({ text }) => text));
    const sql = queriesOn(connection);
    const reasons = [...(await encodingReasons(sql)), ...(await foreignTables(sql, dataSource, tables))];
    if (reasons.length > 0) throw new DatabaseRefused(reasons);
    return await new Migrator(dataSource, runner, connection, report).run();
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}

/**
 * The pool has one connection, so that nothing runs beside the lock: if the connection is lost, the lock and the migration end together.
 * Its search path and time zone are those of the service.
 */
function connect(schema: Schema, url: string): Promise<DataSource> {
  // No limit for statements: to build an index or to validate a check takes as long as the table is large.
  const timeouts = {
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
  };
  const session: SessionSetup = { planner: {}, timeouts, schema: null };
  return new DataSource({
    type: 'postgres',
    url,
    poolSize: 1,
    applicationName: 'quittance migrate',
    ...schema,
    extra: { Client: Connection, session, connectionTimeoutMillis: CONNECT_WITHIN_MS, keepAlive: true },
  }).initialize();
}

class Migrator {
  private readonly executor: MigrationExecutor;

  constructor(
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
    private readonly connection: Connection,
    private readonly report: Report,
  ) {
    this.executor = new MigrationExecutor(dataSource, runner);
  }

  async run(): Promise<string[]> {
    if (!(await this.lock())) return [];
    try {
      const done: string[] = [];
      for (const migration of await this.executor.getPendingMigrations()) {
        await this.runOne(migration);
        done.push(migration.name);
      }
      return done;
    } finally {
      await this.runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    }
  }

  /**
   * Resolves to false if another process has done all migrations. The lock is polled: a process that waits for it inside the server has a
   * snapshot, and the concurrent build of an index waits for every older snapshot. Most starts do not need the lock, and a process that
   * has lost its network may keep it for hours.
   */
  private async lock(): Promise<boolean> {
    const sql = queriesOn(this.connection);
    for (let waited = 0; await migrationsAreDue(sql, this.dataSource); waited += POLL_MS) {
      const [lock] = await sql.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
        MIGRATION_LOCK,
      ]);
      if (lock!.mine) return true;
      if (waited % REPORT_MS === 0)
        this.report(`Another process is migrating this database. Waiting for it (${waited / 1_000} s).`);
      await wait(POLL_MS);
    }
    return false;
  }

  private async runOne(migration: Migration): Promise<void> {
    const begun = performance.now();
    const seconds = () => ((performance.now() - begun) / 1_000).toFixed(1);
    this.report(`${migration.name} …`);
    const still = () => this.report(`${migration.name} is still running (${seconds()} s).`);
    const timer = setInterval(still, REPORT_MS);
    try {
      await this.withRetries(migration, begun + LOCK_ATTEMPTS_MS);
    } catch (error) {
      throw new MigrationFailed(migration, error);
    } finally {
      clearInterval(timer);
    }
    this.report(`${migration.name} done in ${seconds()} s.`);
  }

  private async withRetries(migration: Migration, until: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!(await this.connection.hasItsSession())) throw new DatabaseRefused([FAULTS.pooler]);
        return await this.attempt(migration);
      } catch (error) {
        if (faultOf(error) !== 'conflict' || performance.now() >= until) throw error;
        const pause = Math.min(LONGEST_PAUSE_MS, attempt * 1_000);
        this.report(
          `${migration.name} needs a lock that another transaction has, and nothing was changed. It tries again in ${pause / 1_000} s.`,
        );
        await wait(pause);
      }
    }
  }

  /** A migration without a transaction builds an index concurrently. It stops no traffic while it waits, so it waits without a limit. */
  private async attempt(migration: Migration): Promise<void> {
    const isTransaction = migration.instance?.transaction !== false;
    const lockTimeout = isTransaction ? LOCK_TIMEOUT_MS : 0;
    await this.runner.query(`SELECT set_config('lock_timeout', $1, false)`, [String(lockTimeout)]);
    if (!isTransaction) return void (await this.executor.executeMigration(migration));
    await this.runner.startTransaction();
    try {
      await this.executor.executeMigration(migration);
      await this.runner.commitTransaction();
    } catch (error) {
      // The first error says what has happened. A lost connection cannot be rolled back, and the server does it by itself.
      await this.runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  }
}
