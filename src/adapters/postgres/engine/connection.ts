import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { Client, type ClientConfig, type Connection as Wire, type Pool } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { Unavailable } from '../../../application/transaction.js';
import { leavesSessionUnusable } from './faults.js';
import { SESSION_MARK, SET_UP_SESSION, settingsOf, type SessionSetup, type SessionState } from './session.js';

/** For the server to close a connection that this side has ended. */
const END_WITHIN_MS = 1_000;

/** What the pool gives to each connection that it makes. */
type ConnectionConfig = ClientConfig & { readonly session: SessionSetup };

/**
 * A connection to PostgreSQL whose session has the settings of this service, and that can be corked and cut. The pool makes its connections
 * of this class (`extra.Client`).
 */
export class Connection extends Client {
  // Fields of the driver that its types leave out. The last two name the session in a cancel request.
  declare readonly connection: Wire;
  declare readonly processID: number;
  declare readonly secretKey: number;

  private readonly setup: SessionSetup;
  private readonly mark: string = randomUUID();
  private pid = 0;
  private isCorked = false;
  private isCut = false;

  private readonly uncork = (): void => {
    this.isCorked = false;
    this.connection.stream.uncork();
  };

  constructor(config: ConnectionConfig) {
    super(config);
    this.setup = config.session;
    // The pool adds its own listener later. Without any, an error event ends the process.
    this.on('error', () => undefined);
  }

  /** The process id of its backend. Behind a pooler it differs from the id that the protocol reports. */
  get backendPid(): number {
    return this.pid;
  }

  override connect(): Promise<Client>;
  override connect(report: (error: Error) => void): void;
  override connect(report?: (error: Error) => void): Promise<Client> | undefined {
    const connected = this.open();
    if (!report) return connected;
    connected.then(
      () => report(null as unknown as Error),
      (error: Error) => report(error),
    );
    return undefined;
  }

  /** The pool limits the time for all of it. */
  private async open(): Promise<Client> {
    try {
      await super.connect();
    } catch (error) {
      // An error of TLS does not say which CA was trusted, and the advice depends on it.
      // The type of the driver says that `ssl` is a boolean; with files it is an object.
      const { ca } = this.ssl as unknown as { readonly ca?: string };
      if (ca !== undefined) Object.assign(error as Error, { hasOwnCa: true });
      throw error;
    }
    try {
      // A time-out of the database could be shorter than the statement that replaces it.
      await this.query('SET statement_timeout = 0');
      const values = [JSON.stringify(settingsOf(this.setup)), this.mark, this.setup.schema];
      const { rows } = await this.query<SessionState>(SET_UP_SESSION, values);
      const { pid, schema } = rows[0]!;
      if (schema === null && this.setup.schema === null)
        throw Object.assign(new Error(NO_SCHEMA), { code: INVALID_SCHEMA_NAME });
      this.setup.schema ??= schema;
      this.pid = pid;
    } catch (error) {
      this.cut();
      throw error;
    }
    return this;
  }

  /** Whether the session is still the one that was set up. It is not if a pooler lends one session to several connections. */
  async hasItsSession(): Promise<boolean> {
    const { rows } = await this.query<{ mark: string | null; pid: number }>(
      `SELECT pg_catalog.current_setting('${SESSION_MARK}', true) AS mark, pg_catalog.pg_backend_pid() AS pid`,
    );
    return rows[0]!.mark === this.mark && rows[0]!.pid === this.pid;
  }

  /** Holds back what is written in this turn of the event loop, so that it leaves in one packet. */
  cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.connection.stream.cork();
    process.nextTick(this.uncork);
  }

  override end(): Promise<void>;
  override end(report: (error: Error) => void): void;
  override end(report?: (error: Error) => void): Promise<void> | undefined {
    this.boundEnd();
    if (!report) return super.end();
    super.end(report);
    return undefined;
  }

  /** The driver waits without a limit for the other side to close, and the pool waits for the driver. A silent network never answers. */
  private boundEnd(): void {
    const { stream } = this.connection;
    if (stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), END_WITHIN_MS);
    stream.once('close', () => clearTimeout(timer));
  }

  /**
   * Ends the connection at once, on this side. What waits for an answer fails, and the pool opens a new connection. The server is asked to
   * cancel what the connection was doing: a backend that waits for a synchronous standby never notices that its client has left.
   */
  cut(): void {
    this.connection.stream.destroy(new Error('Connection terminated: out of time'));
    // The pool learns of the destroyed socket one tick later. Until then this keeps it from lending the connection again.
    void this.end();
    if (!this.isCut && this.secretKey) cancel(this);
    this.isCut = true;
  }
}

/** The number that marks a cancel request in the protocol of PostgreSQL. */
const CANCEL_REQUEST = 80_877_102;
const CANCEL_WITHIN_MS = 1_000;

/** The protocol's own cancel request. It needs no free connection of the server, and nothing waits for it. */
function cancel({ host, port, processID, secretKey }: Connection): void {
  const request = Buffer.alloc(16);
  [16, CANCEL_REQUEST, processID, secretKey].forEach((value, index) =>
    request.writeInt32BE(value, index * 4),
  );
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_WITHIN_MS, () => socket.destroy());
  socket.on('error', () => undefined);
  socket.end(request);
}

/** The SQLSTATE that the server itself uses for a schema that is missing. */
const INVALID_SCHEMA_NAME = '3F000';
const NO_SCHEMA =
  'The search_path of the database role names no schema that exists: create the schema, or set search_path for the role.';

/** The connection of a query runner. */
export async function connectionOf(runner: QueryRunner): Promise<Connection> {
  const connection: unknown = await runner.connect();
  if (!(connection instanceof Connection)) throw new Error('The pool has a connection of another class.');
  return connection;
}

/** A connection of a pool for the time of some work. */
export interface Lent {
  readonly runner: QueryRunner;
  readonly connection: Connection;
}

/**
 * Lends a connection of the pool to some work. Throws `Unavailable` if none is free by the deadline (milliseconds on the clock of
 * `performance.now()`); then nothing is sent, and no connection is cut. A connection whose session cannot be used any more, for example
 * because the server has become read-only, is cut, so that the pool replaces it.
 */
export async function withConnection<Result>(
  pool: DataSource,
  deadline: number,
  work: (lent: Lent) => Promise<Result>,
): Promise<Result> {
  const runner = pool.createQueryRunner();
  const connection = await connectionBy(deadline, runner);
  try {
    return await work({ runner, connection });
  } catch (error) {
    if (leavesSessionUnusable(error)) connection.cut();
    throw error;
  } finally {
    await runner.release();
  }
}

async function connectionBy(deadline: number, runner: QueryRunner): Promise<Connection> {
  const arriving = connectionOf(runner);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const left = Math.max(0, deadline - performance.now());
    timer = setTimeout(() => reject(new Unavailable('no connection to the database was free in time')), left);
  });
  try {
    return await Promise.race([arriving, late]);
  } catch (error) {
    // The pool may still lend the connection to this work. It is given back at once, to the work that waits next.
    const release = () => runner.release();
    void arriving.then(release, release).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Ends the idle connections. Whatever has silenced one connection, a failover or a firewall, has probably silenced the idle
 * ones too, and each of them would cost a transaction all its time.
 */
export function cutIdle({ driver }: DataSource): void {
  // TypeORM's name for the pool. Nothing else reaches into it.
  const { master: pool } = driver as unknown as { readonly master: Pool };
  for (let idle = pool.idleCount; idle > 0; idle -= 1) void cutNext(pool);
}

async function cutNext(pool: Pool): Promise<void> {
  const client = await pool.connect().catch(() => undefined);
  if (client instanceof Connection) client.cut();
  client?.release(true);
}
