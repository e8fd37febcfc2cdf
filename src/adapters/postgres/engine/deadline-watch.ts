import type { DataSource } from 'typeorm';
import { boundedQuery } from './bounded-query.js';
import { cutIdle, type Connection } from './connection.js';

/** A cancelled statement answers at once. A connection that does not is cut, and the idle ones with it. */
const CANCEL_GRACE_MS = 300;

/** The pool that the transaction runs on, and another one, because the first may have no connection left. */
export interface Pools {
  readonly main: DataSource;
  readonly reserve: DataSource;
}

/**
 * Ends a transaction at its deadline: cancels its statement, and if that does not help, ends its backend and the connection.
 * Then its locks are released and nothing of it commits, even if its COMMIT was lost in the network.
 */
export class DeadlineWatch {
  private readonly requests: Promise<unknown>[] = [];
  private timer: NodeJS.Timeout;

  /** The deadline is in milliseconds on the clock of `performance.now()`. */
  constructor(
    private readonly connection: Connection,
    private readonly pools: Pools,
    deadline: number,
  ) {
    this.timer = setTimeout(() => this.cancel(), Math.ceil(deadline - performance.now()));
  }

  /** Resolves when no request is under way any more that could hit the next transaction of the connection. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    if (this.requests.length) await Promise.all(this.requests);
  }

  private cancel(): void {
    this.request('SELECT pg_cancel_backend($1)');
    this.timer = setTimeout(() => this.terminate(), CANCEL_GRACE_MS);
  }

  private terminate(): void {
    this.request('SELECT pg_terminate_backend($1)');
    this.connection.cut();
    cutIdle(this.pools.main);
  }

  private request(statement: string): void {
    const by = performance.now() + CANCEL_GRACE_MS;
    const answer = boundedQuery(this.pools.reserve, by, statement, [this.connection.backendPid]);
    this.requests.push(answer.catch(() => undefined));
  }
}
