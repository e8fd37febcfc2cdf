import { DataSource } from 'typeorm';
import { dataSourceOptions, type Schema } from './data-source.js';
import type { PlainSql } from './sql.js';

/** The advisory lock of every process that migrates this database. The number is arbitrary and must never change. */
export const MIGRATION_LOCK = 7_164_023_911;

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

/** Brings the schema up to date. One process at a time does it, however many start together. Returns the migrations it ran. */
export async function runMigrations(schema: Schema, url: string): Promise<string[]> {
  const options = dataSourceOptions(schema, url, 2);
  const dataSource = await new DataSource({ ...options, extra: {} }).initialize();
  try {
    // A process that has lost its network may keep the lock for hours, and most starts do not need it.
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
