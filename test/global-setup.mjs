import { transformFile } from '@swc/core';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { removeSharedFolders } from './global-teardown.mjs';

/** Starts one temporary PostgreSQL server for the whole run, unless TEST_DATABASE_URL names a server. */
export default async function globalSetup({ rootDir }) {
  process.env.TEST_RUN = randomBytes(4).toString('hex');
  // The folder of the service as it is shipped. The first test that needs it creates it.
  process.env.TEST_BUILD = path.join(tmpdir(), `quittance-build-${process.env.TEST_RUN}`);
  // The data of a migrated server, likewise.
  process.env.TEST_SERVER_FOLDER = path.join(tmpdir(), `quittance-servers-${process.env.TEST_RUN}`);
  if (process.env.TEST_DATABASE_URL) return;
  const { startPostgres } = await importPostgres(rootDir);
  const server = await startPostgres({ ephemeral: true });
  process.env.TEST_SERVER_URL = server.url('postgres');
  globalThis.testServer = server;

  // An interrupted run has no teardown, and PostgreSQL would keep running.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  process.once('exit', () => {
    if (!globalThis.testServer) return;
    process.kill(server.pid, 'SIGQUIT');
    rmSync(path.dirname(server.dir), { recursive: true, force: true, maxRetries: 5 });
    removeSharedFolders();
  });
}

/** The embedded PostgreSQL, and what it imports. */
const SOURCES = [
  'development/embedded-postgres',
  'development/postgres-cluster',
  'development/postgres-binaries',
  'development/data-folder',
  'config/start-refused',
];

/** Jest transforms what tests import, but not what its setup imports. That needs JavaScript. */
async function importPostgres(rootDir) {
  const folder = path.join(rootDir, `node_modules/.cache/quittance-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    for (const name of SOURCES) {
      const source = path.join(rootDir, `src/${name}.ts`);
      const { code } = await transformFile(source, { configFile: path.join(rootDir, '.swcrc') });
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, `${name}.js`), code);
    }
    return await import(pathToFileURL(path.join(folder, `${SOURCES[0]}.js`)).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
