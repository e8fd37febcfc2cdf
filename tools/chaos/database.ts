import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { PostgresBinaries } from '../../src/development/postgres-binaries.js';
import { PostgresCluster } from '../../src/development/postgres-cluster.js';
import { InstalledServer } from './installed-server.js';
import { SmallDisk } from './small-disk.js';

/** Ends everything that was started, the newest first, so that a signal at any moment leaves nothing behind. */
export type Cleanups = (() => Promise<unknown>)[];

/** What a run needs of its database. Each makes it more than one embedded PostgreSQL on the ordinary disk. */
export interface DatabaseNeeds {
  readonly smallDisk: boolean;
  readonly standby: boolean;
}

interface Server {
  url(database?: string): string;
  start(): Promise<void>;
  stop(): Promise<void>;
  isRunning(): Promise<boolean>;
  lockFile(): { readonly pid: number } | null;
}

/** A server and the disk of its tables. Null for the ordinary disk. */
interface Place<Kind extends Server = Server> {
  readonly server: Kind;
  readonly disk: SmallDisk | null;
}

/** The two places of a pair. They change their roles with every failover. */
interface Pair {
  primary: Place<InstalledServer>;
  standby: Place<InstalledServer>;
}

/** For what may fail because another fault is not over yet. */
const WITHIN_MS = 60_000;
/** The sessions of chaos itself do not follow what a fault sets for all sessions of the database. */
const OWN_SETTINGS = {
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read\\ committed',
  search_path: 'public',
  statement_timeout: '0',
  datestyle: 'ISO',
  timezone: 'UTC',
  bytea_output: 'hex',
};
const OPTIONS = Object.entries(OWN_SETTINGS)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ');
/** The standby has everything that the primary has acknowledged. */
const IN_STEP = `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming') AS "inStep"`;
const TERMINATE = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`;

/** A PostgreSQL with fsync on. It can be killed, and comes back with everything that it had committed. */
export class Database {
  private starting: Promise<void> = Promise.resolve();
  /** Ends when the standby has everything that is acknowledged, and acknowledgements wait for it. */
  private pairing: Promise<void> = Promise.resolve();
  private closed = false;

  private constructor(
    private readonly single: Place,
    private readonly pair: Pair | null,
    /** Why there is no small disk, or no standby. */
    readonly missing: { readonly smallDisk: string | null; readonly standby: string | null },
  ) {}

  /** Starts and migrates it. PostgreSQL's own user must be able to reach the folder. */
  static async start(folder: string, needs: DatabaseNeeds, cleanups: Cleanups): Promise<Database> {
    const binaries = await PostgresBinaries.find();
    const standby = needs.standby ? InstalledServer.whyMissing() : 'this run has no standby';
    const disks = await smallDisks(folder, binaries, needs, cleanups);
    const pair = standby === null ? await pairIn(folder, binaries, disks) : null;
    const cluster = new PostgresCluster(path.join(folder, 'postgres'), binaries, {});
    const single = pair?.primary ?? { server: cluster, disk: disks[0] };
    const database = new Database(single, pair, { smallDisk: disks.missing, standby });
    cleanups.unshift(() => database.stop());
    await (pair?.primary.server ?? cluster).initialise();
    await database.primary.server.start();
    await database.create();
    if (pair) await database.startStandby(pair);
    return database;
  }

  get url(): string {
    return this.primary.server.url();
  }

  /** Kills the postmaster, or shuts it down immediately (SIGQUIT), and starts it again. Several calls run one after the other. */
  kill(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    return this.next(async () => {
      await this.end(signal);
      await this.startAgain();
    });
  }

  /** Kills the primary and promotes its standby, which has everything that was acknowledged. The killed one becomes a standby later. */
  async failOver(): Promise<void> {
    const { pair } = this;
    if (!pair) throw new Error('there is no standby');
    await this.pairing;
    await this.waitUntilInStep();
    await this.next(async () => {
      await this.end('SIGKILL');
      await pair.standby.server.promote();
      [pair.primary, pair.standby] = [pair.standby, pair.primary];
    });
    this.pairing = this.startStandby(pair);
    // The next failover gets the error. Without one, it does not matter.
    this.pairing.catch(() => undefined);
  }

  /** Fills the disk of the tables. Returns the bytes that it took. */
  async fillDisk(): Promise<number> {
    return this.disk.fill();
  }

  freeDisk(): void {
    this.disk.free();
  }

  /** Sets what every new session of the database begins with, and ends the sessions that are open. */
  async setForSessions(settings: Readonly<Record<string, string>>): Promise<void> {
    const statements = Object.entries(settings).map(
      ([name, value]) => `ALTER DATABASE quittance SET ${name} = ${value}`,
    );
    await this.administer(...statements, TERMINATE);
  }

  /** Undoes it for new sessions. Those that are open keep what they have. */
  async resetForSessions(names: readonly string[]): Promise<void> {
    await this.administer(...names.map((name) => `ALTER DATABASE quittance RESET ${name}`));
  }

  /** Runs the statements in a session of their own, again until all have succeeded: the server may be down at the moment. */
  async administer(...statements: readonly string[]): Promise<void> {
    await this.untilItWorks(async () => {
      await this.isUp();
      const session = await this.session();
      try {
        for (const statement of statements) await session.query(statement);
      } finally {
        await session.end();
      }
    });
  }

  isUp(): Promise<void> {
    return this.starting;
  }

  /** A session that bypasses every proxy. It ends if the server is killed. */
  async session(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5_000,
      options: OPTIONS,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async stop(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([this.starting, this.pairing]);
    if (this.pair) await this.pair.standby.server.stop().catch(() => undefined);
    await this.primary.server.stop().catch(() => undefined);
  }

  private get primary(): Place {
    return this.pair?.primary ?? this.single;
  }

  private get disk(): SmallDisk {
    if (!this.primary.disk) throw new Error('there is no small disk');
    return this.primary.disk;
  }

  private next(step: () => Promise<void>): Promise<void> {
    // A step that failed has told its caller. The next one is tried all the same.
    this.starting = this.starting.catch(() => undefined).then(step);
    return this.starting;
  }

  private async create(): Promise<void> {
    const { server, disk } = this.primary;
    const session = new Client({ connectionString: server.url('postgres') });
    await session.connect();
    if (disk) await session.query(`CREATE TABLESPACE small LOCATION '${disk.tables}'`);
    await session.query(`CREATE DATABASE quittance ${disk ? 'TABLESPACE small' : ''}`);
    await session.end();
    await migrate(this.url);
  }

  /** Resolves when the server is down. */
  private async end(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const { server } = this.primary;
    const session = await this.untilItWorks(() => this.session());
    const gone = endOf(session);
    process.kill(server.lockFile()!.pid, signal);
    await gone;
    // An immediate shutdown ends the sessions first.
    while (await server.isRunning()) await sleep(50);
  }

  /** A recovery may fail because the disk is full. */
  private startAgain(): Promise<void> {
    const { server } = this.primary;
    return this.untilItWorks(async () => {
      if (!this.closed && !(await server.isRunning())) await server.start();
    });
  }

  /** Makes the standby a copy of the primary, and lets every commit wait for it. */
  private async startStandby({ primary, standby }: Pair): Promise<void> {
    const moved = primary.disk && standby.disk ? [[primary.disk.tables, standby.disk.tables] as const] : [];
    await this.untilItWorks(async () => {
      if (!this.closed) await standby.server.follow(primary.server, moved);
    });
    if (this.closed) return;
    await this.administer(`ALTER SYSTEM SET synchronous_standby_names = '*'`, 'SELECT pg_reload_conf()');
    await this.waitUntilInStep();
  }

  /** Repeats it for a minute, or until the end of the run, and then throws its last error. */
  private async untilItWorks<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (const end = performance.now() + WITHIN_MS; ; await sleep(200)) {
      try {
        return await attempt();
      } catch (error) {
        if (this.closed || performance.now() > end) throw error;
      }
    }
  }

  private waitUntilInStep(): Promise<void> {
    return this.untilItWorks(async () => {
      const session = await this.session();
      try {
        const { rows } = await session.query<{ inStep: boolean }>(IN_STEP);
        if (!rows[0]!.inStep && !this.closed) throw new Error('the standby does not have everything');
      } finally {
        await session.end();
      }
    });
  }
}

interface Disks extends Readonly<Record<0 | 1, SmallDisk | null>> {
  readonly missing: string | null;
}

/** One disk for each server, because a standby writes as much as its primary. */
async function smallDisks(
  folder: string,
  binaries: PostgresBinaries,
  needs: DatabaseNeeds,
  cleanups: Cleanups,
): Promise<Disks> {
  const missing = needs.smallDisk ? SmallDisk.whyMissing() : 'this run has no small disk';
  if (missing !== null) return { 0: null, 1: null, missing };
  const mount = async (name: string) => {
    const disk = await SmallDisk.mount(path.join(folder, name), binaries);
    cleanups.unshift(() => disk.unmount());
    return disk;
  };
  try {
    return { 0: await mount('disk'), 1: needs.standby ? await mount('standby-disk') : null, missing };
  } catch (error) {
    return { 0: null, 1: null, missing: complaintOf(error) };
  }
}

/** What a failed program wrote first. */
const complaintOf = (error: unknown): string =>
  (error as { stderr?: string }).stderr?.trim().split('\n')[0] ?? (error as Error).message;

async function pairIn(folder: string, binaries: PostgresBinaries, disks: Disks): Promise<Pair> {
  const [primary, standby] = await InstalledServer.pair(folder, binaries);
  return { primary: { server: primary, disk: disks[0] }, standby: { server: standby, disk: disks[1] } };
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
