import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { Connection } from './connection.js';
import type { PreparedSql } from './sql.js';

/** Statement names by text. The texts are constants of this program, so the map does not grow with the input. */
const names = new Map<string, string>();

/**
 * The statements of one transaction. PostgreSQL parses and plans each once for a connection, not once for a batch: for a small
 * batch, planning costs as much as the work. Statements that are called together travel together, because each write to a
 * socket wakes the database up, which costs more than most statements.
 */
export class PreparedStatements implements PreparedSql {
  /** The first failure. After it only the ROLLBACK is sent. */
  fault: unknown = undefined;
  /** COMMIT or ROLLBACK was called. A statement that is called later is refused. */
  hasEnded = false;
  // When a statement is sent:
  //   BEGIN is not answered, only reads so far   at once, with the BEGIN
  //   BEGIN is not answered, a change was called after `turn`, and so is everything that is called later
  //   BEGIN is answered                          at once; after a plain statement, after `turn`, which is its answer
  /** Never rejects. */
  private turn: Promise<unknown>;
  /** Statements wait for `turn`. */
  private waits = false;
  /** The server has answered the BEGIN. */
  private isOpen = false;
  private readonly writes: Promise<unknown>[] = [];

  constructor(private readonly connection: Connection) {}

  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.run(false, text, values);
  }

  change<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.run(true, text, values);
  }

  async write(text: string, values: readonly unknown[]): Promise<void> {
    if (this.hasEnded) throw new TransactionEnded();
    this.writes.push(this.run(true, text, values).catch(() => undefined));
  }

  /**
   * Every statement that another library sends on the connection goes through here. A change must never be sent while no
   * transaction is open, because it would be committed at once. The library sends it some ticks after the call, so the
   * statements that are called after it wait for its answer.
   */
  guard<Result>(start: () => Promise<Result>): Promise<Result> {
    const result = this.inTurn(true, start);
    this.turn = result.catch(() => undefined);
    this.waits = true;
    return result;
  }

  /** Resolves when the server has answered. If it refused, every change fails, and so does the commit. */
  begin(): Promise<unknown> {
    this.turn = this.send('BEGIN').then(
      () => (this.isOpen = true),
      (error) => (this.fault ??= error),
    );
    return this.turn;
  }

  /** Travels with the writes that were not awaited. Rejects if one of them or anything else in the transaction failed. */
  async commit(): Promise<void> {
    this.hasEnded = true;
    await this.turn;
    if (this.fault !== undefined) throw this.fault;
    const [{ command }] = await Promise.all([this.send('COMMIT'), ...this.writes]);
    // The server turns the COMMIT of a failed transaction into a ROLLBACK, and reports that as a success.
    if (this.fault !== undefined || command !== 'COMMIT')
      throw this.fault ?? new Error(`COMMIT came to ${command}`);
  }

  /** Is sent after every other statement, so its answer comes after theirs. */
  async rollback(): Promise<void> {
    this.hasEnded = true;
    await this.turn;
    await this.send('ROLLBACK');
  }

  private async run<Row>(changes: boolean, text: string, values: readonly unknown[]): Promise<Row[]> {
    const statement = { name: nameOf(text), text, values: [...values] };
    const { rows } = await this.inTurn(changes, () => this.send(statement));
    return rows as Row[];
  }

  /** A change that is called before the server has begun waits for the BEGIN, and so does everything after it. */
  private async inTurn<Result>(changes: boolean, start: () => Promise<Result>): Promise<Result> {
    if (this.hasEnded) throw new TransactionEnded();
    this.waits ||= changes && !this.isOpen;
    if (this.waits) await this.turn;
    if (this.fault !== undefined) throw this.fault;
    try {
      return await start();
    } catch (error) {
      this.fault ??= error;
      throw error;
    }
  }

  private send(statement: string | QueryConfig): Promise<QueryResult<QueryResultRow>> {
    this.connection.cork();
    return this.connection.query(statement);
  }
}

function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `quittance_${names.size}`;
    names.set(text, name);
  }
  return name;
}

/** A bug: a transaction was used after its commit or rollback. */
export class TransactionEnded extends Error {
  constructor() {
    super('the transaction has ended: nothing was sent');
  }
}
