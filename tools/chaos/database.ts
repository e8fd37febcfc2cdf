import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { PostgresBinaries } from '../../src/development/postgres-binaries.js';
import { PostgresCluster } from '../../src/development/postgres-cluster.js';

/** Ends everything that was started, the newest first, so that a signal at any moment leaves nothing behind. */
export type Cleanups = (() => Promise<unknown>)[];

/** A PostgreSQL with fsync on. It can be killed, and comes back with everything that it had committed. */
export class Database {
  private starting: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(private readonly cluster: PostgresCluster) {}

  /** Starts and migrates it. PostgreSQL's own user must be able to reach the folder. */
  static async start(folder: string, cleanups: Cleanups): Promise<Database> {
    const cluster = new PostgresCluster(path.join(folder, 'postgres'), await PostgresBinaries.find(), {});
    const database = new Database(cluster);
    cleanups.unshift(() => database.stop());
    await cluster.initialise();
    await cluster.start();
    const session = await cluster.connect();
    await session.query('CREATE DATABASE quittance');
    await session.end();
    await migrate(database.url);
    return database;
  }

  get url(): string {
    return this.cluster.url();
  }

  /** Kills the postmaster, or shuts it down immediately (SIGQUIT), and starts it again. Several calls run one after the other. */
  kill(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    this.starting = this.starting.then(() => this.killNow(signal));
    return this.starting;
  }

  isUp(): Promise<void> {
    return this.starting;
  }

  /** A session that bypasses every proxy. It ends if the server is killed. */
  async session(): Promise<Client> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async stop(): Promise<void> {
    this.closed = true;
    await this.starting.catch(() => undefined);
    await this.cluster.stop().catch(() => undefined);
  }

  private async killNow(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    // The signal is only sent here. The server is down when this session has ended.
    const session = await this.session();
    const gone = endOf(session);
    process.kill(this.cluster.lockFile()!.pid, signal);
    await gone;
    if (!(await this.cluster.isRunning()) && !this.closed) await this.cluster.start();
  }
}

/** The session may also end with an error, as it does if the server is killed. */
const endOf = (session: Client): Promise<void> =>
  new Promise((resolve) => session.once('end', () => resolve()));

/** Holds the locks of the statements until the time is up or the server has gone. */
export async function lockFor(
  database: Database,
  ms: number,
  statements: readonly [text: string, values?: unknown[]][],
): Promise<void> {
  await database.isUp();
  const session = await database.session();
  const gone = endOf(session);
  await session.query('BEGIN');
  for (const [text, values] of statements) await session.query(text, values);
  await Promise.race([gone, sleep(ms)]);
  // The end of the session releases its locks.
  await session.end();
}
