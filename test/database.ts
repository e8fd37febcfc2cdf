import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { migrate } from '../src/adapters/postgres/schema.js';
import { startPostgres } from '../src/development/embedded-postgres.js';

export interface FreshDatabase {
  readonly url: string;
  /** Closes connections that are still open. */
  drop(): Promise<void>;
}

/** The advisory lock for creating the template, which every worker process of a run may try at the same time. */
const TEMPLATE_LOCK = 7_254_118;
/** The same for the data folder that servers of their own are copies of. */
const SERVER_LOCK = 7_254_120;
/** As with `ephemeral`: a test server need not survive the loss of the machine. */
const WITHOUT_SYNC = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** An empty, migrated database: a copy of a template that the first caller of a test run migrates. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `quittance_${process.env.TEST_RUN}_${randomBytes(6).toString('hex')}`;
  await onServer(async (server) => {
    const template = await migratedTemplate(server);
    // Three times as fast as the default, which logs every page. Before PostgreSQL 15 it is the only strategy and cannot be named.
    const strategy = (await versionOf(server)) >= 150_000 ? 'STRATEGY file_copy' : '';
    await server.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${strategy}`);
  });
  return {
    url: urlOf(name),
    drop: () =>
      onServer(async (server) => {
        await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/**
 * A migrated database on its own server. The relay waits for every open transaction of a server, and other tests keep transactions open on
 * purpose. The data folder is a copy, because creating one takes ten times as long.
 */
export async function databaseOfItsOwnServer(): Promise<FreshDatabase> {
  const original = await migratedFolder();
  const folder = temporaryFolder();
  await promisify(execFile)('cp', ['-a', `${original}/.`, folder]);
  const server = await startPostgres({ dir: path.join(folder, 'postgres'), flags: WITHOUT_SYNC });
  const drop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  };
  return { url: server.url(), drop };
}

/** A folder with the data of a stopped server, which has a migrated database. The first caller of a test run creates it. */
async function migratedFolder(): Promise<string> {
  const folder = process.env.TEST_SERVER_FOLDER;
  if (!folder) throw new Error('No folder for a server: run the tests with `npm test`, which chooses one.');
  await onServer(async (session) => {
    await session.query('SELECT pg_advisory_lock($1)', [SERVER_LOCK]);
    if (existsSync(folder)) return;
    const unfinished = temporaryFolder();
    const server = await startPostgres({ dir: path.join(unfinished, 'postgres'), flags: WITHOUT_SYNC });
    await migrate(server.url());
    await server.stop();
    renameSync(unfinished, folder);
  });
  return folder;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-server-'));
  // The user that runs PostgreSQL must be able to enter it.
  chmodSync(folder, 0o755);
  return folder;
}

async function migratedTemplate(server: Client): Promise<string> {
  const template = `quittance_${process.env.TEST_RUN}_template`;
  await server.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  const { rowCount } = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
  if (rowCount === 0) {
    // It gets its name when it is complete, so that a failed migration leaves no template.
    const unfinished = `${template}_unfinished`;
    await server.query(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`);
    await server.query(`CREATE DATABASE ${unfinished} TEMPLATE template0 ENCODING 'UTF8'`);
    await migrate(urlOf(unfinished));
    await server.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
  }
  await server.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  return template;
}

async function versionOf(server: Client): Promise<number> {
  const { rows } = await server.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  return rows[0]!.version;
}

/** Runs work with a connection to the server of the run, which releases its advisory locks when it ends. */
export async function onServer(work: (server: Client) => Promise<void>): Promise<void> {
  const server = new Client({ connectionString: serverUrl() });
  await server.connect();
  try {
    await work(server);
  } finally {
    await server.end();
  }
}

function serverUrl(): string {
  const url = process.env.TEST_DATABASE_URL || process.env.TEST_SERVER_URL;
  if (!url) throw new Error('No PostgreSQL to test on: run the tests with `npm test`, which starts one.');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}
