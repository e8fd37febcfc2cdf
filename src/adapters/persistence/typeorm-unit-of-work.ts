import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';
import {
  Contended,
  KeyTaken,
  Unavailable,
  UnitOfWork,
  type RunOptions,
  type Stores,
  type Telemetry,
} from '../../application/ports.js';
import { lockStatements, type LockStatements } from './lock-statements.js';
import { PreparedSql, type Source } from './prepared-sql.js';
import { SqlBacklog } from './sql-backlog.js';
import { SqlBodies } from './sql-bodies.js';
import { SqlCallbacks } from './sql-callbacks.js';
import { SqlDeliveryQueries } from './sql-delivery-queries.js';
import { SqlDiscrepancies } from './sql-discrepancies.js';
import { SqlDuePayments } from './sql-due-payments.js';
import { SqlEvents } from './sql-events.js';
import { SqlIdempotencyKeys } from './sql-idempotency-keys.js';
import { SqlOrders, SqlPayments } from './sql-ledger.js';
import { SqlOutbox } from './sql-outbox.js';
import { SqlQueries } from './sql-queries.js';
import { SqlSubscribers } from './sql-subscribers.js';
import { SqlResolutions } from './sql-resolutions.js';
import { SqlStoredCallbacks } from './sql-stored-callbacks.js';
import { boundedQuery, cut, cutIdle } from './bounded-query.js';
import { faultOf } from './faults.js';

/** Of work that loses a race for a lock, where the caller does not say. */
const ATTEMPTS = 2;
/** Of work that came second at a unique constraint: when it looks again it sees what the first has done. */
const RACES = 12;
/** Work without a deadline of its own is an operator's request, and no operator waits longer. */
const DEFAULT_DEADLINE_MS = 10_000;
/** A cancelled statement answers at once; a connection that does not is cut, and those beside it. */
const CANCEL_GRACE_MS = 300;

/** One PostgreSQL transaction, READ COMMITTED: the level is the server's default, checked at start, for naming it costs a round trip. */
export class TypeormUnitOfWork extends UnitOfWork {
  private readonly locks: LockStatements;

  constructor(
    private readonly dataSource: DataSource,
    /** Another pool, so that work which holds every connection can still be cancelled. */
    private readonly reserve: DataSource,
    private readonly telemetry: Telemetry,
  ) {
    super();
    this.locks = lockStatements(dataSource);
  }

  async run<Result>(
    work: (stores: Stores) => Promise<Result>,
    { deadline = performance.now() + DEFAULT_DEADLINE_MS, attempts = ATTEMPTS }: RunOptions = {},
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, deadline);
      } catch (error) {
        const final = this.finalFault(error, { attempt, attempts, deadline });
        if (final) throw final;
        // Two that met in a deadlock must not meet again in step.
        await wait(Math.random() * 20 * attempt);
      }
    }
  }

  /** What to throw, or null where the work is worth another attempt. */
  private finalFault(
    error: unknown,
    tried: { attempt: number; attempts: number; deadline: number },
  ): unknown {
    const fault = faultOf(error);
    if (fault === 'bug') return error;
    const told = [(error as Error).message, { cause: error }] as const;
    if (fault === 'key_taken') return new KeyTaken(...told);
    if (fault !== 'passing') this.telemetry.lockConflict();
    if (fault === 'passing' || performance.now() >= tried.deadline) return new Unavailable(...told);
    return tried.attempt < (fault === 'raced' ? RACES : tried.attempts) ? null : new Contended(...told);
  }

  private async attempt<Result>(
    work: (stores: Stores) => Promise<Result>,
    deadline: number,
  ): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    let watch: { stop(): Promise<void> } | undefined;
    let sql: PreparedSql | undefined;
    let client: PoolClient | undefined;
    try {
      client = (await runner.connect()) as PoolClient;
      watch = this.endAt(deadline, client);
      sql = new PreparedSql(client);
      const stores = storesOf(sql, this.locks, runner.manager, this.telemetry);
      // The work's first reads travel with the BEGIN; TypeORM's own would be a round trip to wait for. Where either fails, the other
      // ends before the connection is anybody else's.
      const [begun, worked] = await Promise.allSettled([sql.begin(), work(stores)]);
      if (begun.status === 'rejected') throw begun.reason;
      if (worked.status === 'rejected') throw worked.reason;
      await sql.commit();
      return worked.value;
    } catch (error) {
      // A transaction that could not be ended must not be met by whoever has the connection next.
      await sql?.rollback().catch(() => cut(client!));
      throw sql?.fault ?? error;
    } finally {
      await watch?.stop();
      await runner.release();
    }
  }

  /**
   * Ends the transaction when its time is up: by cancelling the statement that it is in, and where that does not help by ending its
   * backend and the connection. Its locks are then gone and nothing of it will commit, even if the network had swallowed the COMMIT.
   */
  private endAt(deadline: number, client: PoolClient): { stop(): Promise<void> } {
    const { processID } = client as unknown as { processID: number };
    const ending: Promise<unknown>[] = [];
    let last: NodeJS.Timeout | undefined;
    const tell = (statement: string): void => {
      const answer = boundedQuery(this.reserve, performance.now() + CANCEL_GRACE_MS, statement, [processID]);
      ending.push(answer.catch(() => undefined));
    };
    const timer = setTimeout(
      () => {
        tell('SELECT pg_cancel_backend($1)');
        last = setTimeout(() => {
          tell('SELECT pg_terminate_backend($1)');
          cut(client);
          cutIdle(this.dataSource);
        }, CANCEL_GRACE_MS);
      },
      Math.ceil(deadline - performance.now()),
    );
    return {
      async stop() {
        clearTimeout(timer);
        clearTimeout(last);
        await Promise.all(ending);
      },
    };
  }
}

function storesOf(
  sql: PreparedSql,
  locks: LockStatements,
  manager: EntityManager,
  telemetry: Telemetry,
): Stores {
  const source: Source = { query: (text, values) => sql.guarded(() => manager.query(text, values)) };
  return {
    idempotencyKeys: new SqlIdempotencyKeys(sql),
    payments: new SqlPayments(sql, locks, telemetry),
    duePayments: new SqlDuePayments(sql, locks.duePayments),
    orders: new SqlOrders(sql, locks, telemetry),
    callbacks: new SqlCallbacks(sql),
    backlog: new SqlBacklog(source),
    bodies: new SqlBodies(source),
    storedCallbacks: new SqlStoredCallbacks(source),
    discrepancies: new SqlDiscrepancies(sql),
    resolutions: new SqlResolutions(source),
    events: new SqlEvents(sql),
    subscribers: new SqlSubscribers(source),
    outbox: new SqlOutbox(source),
    queries: new SqlQueries(source),
    deliveries: new SqlDeliveryQueries(source),
  };
}
