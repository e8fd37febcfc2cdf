import { randomBytes } from 'node:crypto';
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
 * purpose.
 */
export async function databaseOfItsOwnServer(): Promise<FreshDatabase> {
  const server = await startPostgres({ ephemeral: true });
  await migrate(server.url());
  return { url: server.url(), drop: () => server.stop() };
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

async function onServer(work: (server: Client) => Promise<void>): Promise<void> {
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
