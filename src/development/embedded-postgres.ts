import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { dataFolderRefused, prepareDataFolder } from './data-folder.js';
import { PostgresBinaries } from './postgres-binaries.js';
import { PostgresCluster, type PostgresOptions, START_SECONDS } from './postgres-cluster.js';

export interface EmbeddedPostgres {
  readonly port: number;
  readonly pid: number;
  /** The data folder. It is not the requested folder if the user that runs PostgreSQL cannot reach that one. */
  readonly dir: string;
  /** Whether it was already running, for example after a kill -9 of the process that had started it. */
  readonly reused: boolean;
  url(database?: string): string;
  /** Ends the use of the server. It stops with the last process that uses it. An ephemeral server leaves no files. */
  stop(): Promise<void>;
}

/** Every process that uses the server has this advisory lock in shared mode. One that gets it exclusively is the last. */
const USERS_LOCK = 4_071_207;

/** Process ids are reused, in containers after every restart, so an id alone does not identify this process. */
const THIS_PROCESS = `${process.pid} ${randomUUID()}`;

/**
 * A real PostgreSQL from the binaries of an npm package, for development and tests. Finds its server again after the process
 * that had started it was killed, and removes the lock files of a killed server. Throws `StartRefused` if PostgreSQL cannot run here.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  if (!options.dir === !options.ephemeral)
    throw new Error('The embedded PostgreSQL needs either a data folder or `ephemeral`.');
  const dir = options.dir ? resolve(options.dir) : join(temporaryFolder(), 'postgres');
  prepareDataFolder(dirname(dir));
  const unlock = await lockStart(dir, options.onProgress);
  try {
    return await startIn(dir, options);
  } catch (error) {
    if (options.ephemeral) fs.rmSync(dirname(dir), { recursive: true });
    const isOfItsFiles = String((error as NodeJS.ErrnoException).path).startsWith(dir);
    throw isOfItsFiles ? dataFolderRefused(error, dirname(dir)) : error;
  } finally {
    unlock();
  }
}

async function startIn(dir: string, options: PostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = new PostgresCluster(dir, await PostgresBinaries.find(), options);
  await cluster.initialise();
  const reused = await cluster.isRunning();
  if (!reused) await cluster.start();
  const session = await cluster.connect();
  await session.query('SELECT pg_advisory_lock_shared($1)', [USERS_LOCK]);
  try {
    await createDefaultDatabase(session);
  } catch (error) {
    // The server must not go on without a process that uses it.
    await leave(cluster, session);
    throw error;
  }
  const { pid, port } = cluster.lockFile()!;
  const stop = async () => {
    await leave(cluster, session);
    if (options.ephemeral) fs.rmSync(dirname(dir), { recursive: true, force: true });
  };
  return { port, pid, dir: cluster.data, reused, url: (database) => cluster.url(database), stop };
}

function temporaryFolder(): string {
  const folder = fs.mkdtempSync(join(tmpdir(), 'quittance-'));
  // The user that runs PostgreSQL passes through it to the data folder, which only that user can enter.
  fs.chmodSync(folder, 0o755);
  return folder;
}

const WAITS_UNTIL_REPORT = 20;

/** Waits until no other process starts a server on this data folder. Returns the function that lets the next one start. */
async function lockStart(dir: string, onProgress?: (text: string) => void): Promise<() => void> {
  const file = `${dir}.starting`;
  for (let waits = 0; ; waits += 1) {
    try {
      fs.writeFileSync(file, THIS_PROCESS, { flag: 'wx', mode: 0o600 });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isAbandoned(file)) fs.rmSync(file, { force: true });
    else await sleep(50);
    if (waits === WAITS_UNTIL_REPORT)
      onProgress?.(`Waiting for another process that starts the PostgreSQL of ${dir}`);
  }
}

function isAbandoned(lockFile: string): boolean {
  try {
    const owner = fs.readFileSync(lockFile, 'utf8');
    const pid = Number.parseInt(owner, 10);
    if (pid === process.pid) return owner !== THIS_PROCESS;
    if (pid > 0) process.kill(pid, 0);
    return Date.now() - fs.statSync(lockFile).mtimeMs > 3 * START_SECONDS * 1000;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Stops the server if no other process uses it. */
async function leave(cluster: PostgresCluster, session: Client): Promise<void> {
  const alive = await session.query('SELECT 1').then(
    () => session,
    () => cluster.connect().catch(() => null),
  );
  if (alive && (await isLastUser(alive))) await cluster.stop();
  await alive?.end();
  await session.end();
}

async function isLastUser(session: Client): Promise<boolean> {
  await session.query('SELECT pg_advisory_unlock_shared($1)', [USERS_LOCK]);
  const { rows } = await session.query<{ last: boolean }>('SELECT pg_try_advisory_lock($1) AS last', [
    USERS_LOCK,
  ]);
  return rows[0]?.last ?? false;
}

async function createDefaultDatabase(session: Client): Promise<void> {
  const { rowCount } = await session.query(`SELECT 1 FROM pg_database WHERE datname = 'quittance'`);
  if (rowCount === 0) await session.query('CREATE DATABASE quittance');
}
