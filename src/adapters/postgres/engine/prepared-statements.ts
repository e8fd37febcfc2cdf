import type { QueryConfig, QueryResult, QueryResultRow } from 'pg';
import type { QueryRunner } from 'typeorm';
import { Unavailable } from '../../../application/transaction.js';
import type { Connection } from './connection.js';
import type { PreparedSql } from './sql.js';

/** Statement names by text. The texts are constants of this program or a limited number of others, so the map does not grow with the input. */
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

  /** @param runner begins and ends the transaction itself, and then TypeORM knows of it; null if the BEGIN is sent from here. */
  constructor(
    private readonly connection: Connection,
    private readonly runner: QueryRunner | null = null,
  ) {}

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
    const begun: Promise<unknown> = this.runner ? this.runner.startTransaction() : this.send('BEGIN');
    this.turn = begun.then(
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
    const warnings = new Warnings(this.connection);
    const [command] = await Promise.all([this.sendCommit(), ...this.writes]).finally(() => warnings.stop());
    if (warnings.seen) throw new Unavailable(NOT_REPLICATED);
    // The server turns the COMMIT of a failed transaction into a ROLLBACK, and reports that as a success.
    if (this.fault !== undefined || command !== 'COMMIT')
      throw this.fault ?? new Error(`COMMIT came to ${command}`);
  }

  /** Is sent after every other statement, so its answer comes after theirs. */
  async rollback(): Promise<void> {
    this.hasEnded = true;
    await this.turn;
    await (this.runner?.isTransactionActive ? this.runner.rollbackTransaction() : this.send('ROLLBACK'));
  }

  private async sendCommit(): Promise<string> {
    if (!this.runner) return (await this.send('COMMIT')).command;
    // TypeORM does not give the server's answer. Each statement that failed is known here, so there is no other reason for a ROLLBACK.
    await this.runner.commitTransaction();
    return 'COMMIT';
  }

  private async run<Row>(changes: boolean, text: string, values: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.inTurn(changes, () => this.send(statementOf(text, values)));
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

/** SQLSTATE of a warning without a code of its own. */
const WARNING = '01000';
const NOT_REPLICATED =
  'the transaction is committed on this server, but no synchronous standby has confirmed it: it counts as not committed';

/**
 * A COMMIT whose wait for a synchronous standby is cancelled, for example by a time-out, is reported as a success with a warning. A commit has
 * no other warning.
 */
class Warnings {
  seen = false;
  private readonly see = ({ code }: { readonly code: string | undefined }): void => {
    if (code === WARNING) this.seen = true;
  };

  constructor(private readonly connection: Connection) {
    connection.on('notice', this.see);
  }

  stop(): void {
    this.connection.off('notice', this.see);
  }
}

/** A statement that the connection prepares when it is used for the first time. */
export function statementOf(text: string, values: readonly unknown[]): QueryConfig {
  return { name: nameOf(text), text, values: [...values] };
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
