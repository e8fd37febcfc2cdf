import path from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../src/adapters/persistence/data-source.js';
import { PostgresBinaries } from '../src/adapters/persistence/postgres-binaries.js';
import { PostgresCluster } from '../src/adapters/persistence/postgres-cluster.js';

/** What ends all that has been started, the last first, so that a signal at any moment leaves nothing behind. */
export type Started = (() => Promise<unknown>)[];

/** A PostgreSQL with fsync on that can be killed, and comes back with all that it had committed. */
export class Database {
  private starting: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(private readonly cluster: PostgresCluster) {}

  /** In a folder that PostgreSQL's own user can reach; migrated. */
  static async start(folder: string, started: Started): Promise<Database> {
    const cluster = new PostgresCluster(path.join(folder, 'postgres'), await PostgresBinaries.find(), {});
    const database = new Database(cluster);
    started.unshift(() => database.stop());
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

  /** SIGKILL to the postmaster, or the immediate shutdown of a pulled plug; started again at once. Of several each in its turn. */
  kill(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    this.starting = this.starting.then(() => this.killNow(signal));
    return this.starting;
  }

  isUp(): Promise<void> {
    return this.starting;
  }

  /** A session of somebody else, past every proxy. It may die under its user, as the server does. */
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
    // A session that ends with the server tells that it is down: a signal has only been sent.
    const session = await this.session();
    const gone = endOf(session);
    process.kill(this.cluster.lockFile()!.pid, signal);
    await gone;
    if (!(await this.cluster.isRunning()) && !this.closed) await this.cluster.start();
  }
}

/** However it ends: a server that is killed ends it with an error. */
const endOf = (session: Client): Promise<void> =>
  new Promise((resolve) => session.once('end', () => resolve()));

/** Holds what the statements take until the time is up or the server is gone. */
export async function hold(
  database: Database,
  ms: number,
  statements: readonly [text: string, values?: unknown[]][],
): Promise<void> {
  await database.isUp();
  const session = await database.session();
  const gone = endOf(session);
  await session.query('BEGIN');
  for (const [text, values] of statements) await session.query(text, values);
  await Promise.race([gone, rest(ms)]);
  // With the session what it held is free, whichever of the two came first.
  await session.end();
}
