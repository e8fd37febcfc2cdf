import { setTimeout as wait } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Telemetry } from '../../../application/telemetry.js';
import {
  Contended,
  KeyTaken,
  Unavailable,
  type RunOptions,
  type Transaction,
  type UnitOfWork,
} from '../../../application/transaction.js';
import { withConnection, type Lent } from './connection.js';
import { DeadlineWatch, type Pools } from './deadline-watch.js';
import { faultOf } from './faults.js';
import { PreparedStatements } from './prepared-statements.js';
import { PostgresTransaction, type Repositories } from './transaction.js';

/** Attempts of work that loses a race for a lock, if the caller does not say how many. */
const ATTEMPTS = 2;
/** Attempts of work that came second at a unique constraint. When it reads again, it sees what the first has done. */
const RACES = 12;
/** For work without a deadline of its own: an operator's request, and no operator waits longer. */
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * PostgreSQL transactions, READ COMMITTED. The level is the server's default and is checked at start, because naming it in each
 * transaction costs a round trip.
 */
export class PostgresUnitOfWork implements UnitOfWork {
  private readonly pools: Pools;

  constructor(
    main: DataSource,
    /** Another pool, so that work can still be cancelled when it uses every connection of the first. */
    reserve: DataSource,
    private readonly repositories: Repositories,
    private readonly telemetry: Telemetry,
  ) {
    this.pools = { main, reserve };
  }

  async run<Result>(
    work: (tx: Transaction) => Promise<Result>,
    {
      deadline = performance.now() + DEFAULT_DEADLINE_MS,
      attempts = ATTEMPTS,
      pipelined = false,
    }: RunOptions = {},
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, deadline, pipelined);
      } catch (error) {
        const final = this.finalError(error, { attempt, attempts, deadline });
        if (final !== null) throw final;
        // Two that met in a deadlock must not meet again at the same moment.
        await wait(Math.random() * 20 * attempt);
      }
    }
  }

  /** The error to throw, or null if the work is worth another attempt. */
  private finalError(
    error: unknown,
    tried: { attempt: number; attempts: number; deadline: number },
  ): unknown {
    const fault = faultOf(error, this.repositories.uniqueFaults);
    if (fault === 'bug') return error;
    const cause = [(error as Error).message, { cause: error }] as const;
    if (fault === 'key_taken') return new KeyTaken(...cause);
    if (fault !== 'temporary') this.telemetry.lockConflict();
    if (fault === 'temporary' || performance.now() >= tried.deadline) return new Unavailable(...cause);
    return tried.attempt < (fault === 'raced' ? RACES : tried.attempts) ? null : new Contended(...cause);
  }

  private attempt<Result>(
    work: (tx: Transaction) => Promise<Result>,
    deadline: number,
    pipelined: boolean,
  ): Promise<Result> {
    return withConnection(this.pools.main, deadline, async (lent) => {
      const watch = new DeadlineWatch(lent.connection, this.pools, deadline);
      try {
        return await this.transact(work, lent, pipelined);
      } finally {
        await watch.stop();
      }
    });
  }

  private async transact<Result>(
    work: (tx: Transaction) => Promise<Result>,
    { runner, connection }: Lent,
    pipelined: boolean,
  ): Promise<Result> {
    const statements = new PreparedStatements(connection, pipelined ? null : runner);
    const tx = new PostgresTransaction(this.repositories, statements, runner);
    try {
      const begun = statements.begin();
      if (!pipelined) await begun;
      // Otherwise the first reads travel with the BEGIN; to await it costs a round trip. If either fails, the other ends before
      // another transaction gets the connection.
      const [, worked] = await Promise.allSettled([begun, work(tx)]);
      if (worked.status === 'rejected') throw worked.reason;
      await statements.commit();
      return worked.value;
    } catch (error) {
      // If the transaction cannot be ended, the next user of the connection must not meet it.
      await statements.rollback().catch(() => connection.cut());
      // An error of the work is often only a consequence of the statement that failed first.
      throw statements.fault ?? error;
    }
  }
}
