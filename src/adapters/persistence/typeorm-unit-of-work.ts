import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import type { PoolClient } from 'pg';
import { KeyTaken, Unavailable, UnitOfWork, type Stores, type Telemetry } from '../../application/ports.js';
import { preparedSql } from './prepared-sql.js';
import { SqlCallbacks } from './sql-callbacks.js';
import { SqlDiscrepancies } from './sql-discrepancies.js';
import { SqlEvents } from './sql-events.js';
import { SqlIdempotencyKeys } from './sql-idempotency-keys.js';
import { SqlOrders, SqlPayments } from './sql-ledger.js';
import { SqlQueries } from './sql-queries.js';
import { faultOf } from './faults.js';

const ATTEMPTS = 4;
/** Work without a deadline of its own is an operator's request, and no operator waits longer. */
const DEFAULT_DEADLINE_MS = 10_000;
/** A cancelled statement answers at once; a connection that does not is cut. */
const CANCEL_GRACE_MS = 300;

/** One PostgreSQL transaction, READ COMMITTED: the level is the server's default, checked at start, for naming it costs a round trip. */
export class TypeormUnitOfWork extends UnitOfWork {
  constructor(
    private readonly dataSource: DataSource,
    /** Another pool, so that work which holds every connection can still be cancelled. */
    private readonly reserve: DataSource,
    private readonly telemetry: Telemetry,
  ) {
    super();
  }

  async run<Result>(
    work: (stores: Stores) => Promise<Result>,
    { deadline = performance.now() + DEFAULT_DEADLINE_MS }: { readonly deadline?: number } = {},
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, deadline);
      } catch (error) {
        const fault = faultOf(error);
        if (fault === 'key_taken') throw new KeyTaken('the callback is stored by now', { cause: error });
        if (fault === 'bug') throw error;
        if (fault === 'conflict') this.telemetry.lockConflict();
        if (fault === 'passing' || attempt === ATTEMPTS || performance.now() >= deadline) {
          throw new Unavailable((error as Error).message, { cause: error });
        }
        // Two that met in a deadlock must not meet again in step.
        await wait(Math.random() * 20 * attempt);
      }
    }
  }

  private async attempt<Result>(
    work: (stores: Stores) => Promise<Result>,
    deadline: number,
  ): Promise<Result> {
    const runner = this.dataSource.createQueryRunner();
    let watch: { stop(): Promise<void> } | undefined;
    try {
      const client = (await runner.connect()) as PoolClient;
      watch = this.cancelAt(deadline, client);
      await runner.startTransaction();
      const result = await work(storesOf(runner.manager, this.telemetry));
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await watch?.stop();
      await runner.release();
    }
  }

  /**
   * Ends the transaction when its time is up: by cancelling the statement that it is in, and where that does not help by cutting
   * the connection, which rolls back whatever was not committed.
   */
  private cancelAt(deadline: number, client: PoolClient): { stop(): Promise<void> } {
    const { processID, connection } = client as unknown as {
      processID: number;
      connection: { stream: { destroy(error?: Error): void } };
    };
    let cancelling: Promise<unknown> | undefined;
    let cut: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      cancelling = this.reserve.query('SELECT pg_cancel_backend($1)', [processID]).catch(() => undefined);
      cut = setTimeout(
        () => connection.stream.destroy(new Error('Connection terminated: out of time')),
        CANCEL_GRACE_MS,
      );
    }, deadline - performance.now());
    return {
      async stop() {
        clearTimeout(timer);
        clearTimeout(cut);
        await cancelling;
      },
    };
  }
}

function storesOf(manager: EntityManager, telemetry: Telemetry): Stores {
  const sql = preparedSql(manager);
  return {
    idempotencyKeys: new SqlIdempotencyKeys(sql),
    payments: new SqlPayments(manager, sql, telemetry),
    orders: new SqlOrders(manager, sql, telemetry),
    callbacks: new SqlCallbacks(sql),
    discrepancies: new SqlDiscrepancies(sql),
    events: new SqlEvents(sql),
    queries: new SqlQueries(manager),
  };
}
