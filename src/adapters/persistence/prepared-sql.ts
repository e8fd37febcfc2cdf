import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { EntityManager } from 'typeorm';

/** What runs statements that are seldom enough not to be prepared. */
export type Source = Pick<EntityManager, 'query'>;

/** What a store needs of a transaction to run its statements, which are done in the order of the calls. */
export interface Sql {
  /** A SELECT, and the locks that it takes. It may travel with the BEGIN, so it changes nothing. */
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** A change whose rows are wanted. */
  change<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** A change that nobody needs the answer to before the commit, which waits for it and throws what it was. Resolves at once. */
  write(text: string, values: readonly unknown[]): Promise<void>;
}

/** The texts are constants of this program, so there are few of them and they never grow with what is sent. */
const names = new Map<string, string>();

/**
 * The statements of one transaction. PostgreSQL parses and plans them once for each connection and not for each group: for a small group
 * planning costs as much as the work itself. Statements called together run in the order of the calls and travel together: a
 * write to a socket wakes the database up, which costs more than most of them.
 */
export class PreparedSql implements Sql {
  /** What failed first. Nothing is sent after it but the ROLLBACK. */
  fault: unknown = undefined;
  private begun: Promise<void>;
  private isOpen = false;
  private waits = false;
  private readonly writes: Promise<unknown>[] = [];

  constructor(private readonly client: PoolClient) {}

  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.run(false, text, values);
  }

  change<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.run(true, text, values);
  }

  async write(text: string, values: readonly unknown[]): Promise<void> {
    this.writes.push(this.run(true, text, values).catch(() => undefined));
  }

  /** Whatever else is sent on the connection goes through here: a change must never be sent where no transaction is open. */
  guarded<Result>(start: () => Promise<Result>): Promise<Result> {
    return this.inTurn(true, start);
  }

  begin(): Promise<void> {
    this.begun = this.send('BEGIN').then(
      () => void (this.isOpen = true),
      (error) => this.fail(error),
    );
    return this.begun;
  }

  /** Travels with the writes that nobody has waited for. Rejects where one of them failed, or anything else of the transaction. */
  async commit(): Promise<void> {
    const [{ command }] = await Promise.all([this.inTurn(true, () => this.send('COMMIT')), ...this.writes]);
    // The server turns the COMMIT of a transaction in which something failed into a ROLLBACK, and calls that a success.
    if (this.fault || command !== 'COMMIT') throw this.fault ?? new Error(`COMMIT came to ${command}`);
  }

  async rollback(): Promise<void> {
    await this.send('ROLLBACK');
  }

  private run<Row>(changes: boolean, text: string, values: readonly unknown[]): Promise<Row[]> {
    const name = names.get(text) ?? `quittance_${names.size}`;
    names.set(text, name);
    return this.inTurn(
      changes,
      async () => (await this.send({ name, text, values: [...values] })).rows as Row[],
    );
  }

  /** A change that comes before the server has begun waits for it, and so does what comes after the change. */
  private inTurn<Result>(changes: boolean, start: () => Promise<Result>): Promise<Result> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    this.waits ||= changes && !this.isOpen;
    return (this.waits ? this.begun.then(start) : start()).catch((error) => this.fail(error));
  }

  private send<Row extends QueryResultRow>(statement: string | QueryConfig): Promise<QueryResult<Row>> {
    const { stream } = (this.client as unknown as { connection: { stream: Corkable } }).connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    return this.client.query<Row>(statement);
  }

  private fail(error: unknown): never {
    this.fault ??= error;
    throw error;
  }
}

interface Corkable {
  cork(): void;
  uncork(): void;
}
