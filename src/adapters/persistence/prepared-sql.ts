import type { PoolClient, QueryConfig, QueryResult, QueryResultRow } from 'pg';

/** What a store needs of a transaction to run its statements. */
export interface Sql {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** Resolves at once: nobody needs the answer before the commit, which waits for it and throws what it was. */
  write(text: string, values: readonly unknown[]): Promise<void>;
}

/** The same with what only its transaction may say. */
export interface TransactionSql extends Sql {
  begin(): Promise<void>;
  /** Travels with the writes that nobody has waited for. Rejects where one of them failed, or anything else of the transaction. */
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** What failed first; whatever is said after it fails only because of it. */
  readonly fault: unknown;
}

/** The texts are constants of this program, so there are few of them and they never grow with what is sent. */
const names = new Map<string, string>();

/**
 * Runs statements that PostgreSQL parses and plans once for each connection and not for each group: for a small group
 * planning costs as much as the work itself. Statements called together run in the order of the calls and travel
 * together: a write to a socket wakes the database up, which costs more than most of them.
 */
export function preparedSql(client: PoolClient): TransactionSql {
  const { stream } = (client as unknown as { connection: { stream: Corkable } }).connection;
  const writes: Promise<unknown>[] = [];
  const send = <Row extends QueryResultRow>(statement: string | QueryConfig): Promise<QueryResult<Row>> => {
    stream.cork();
    process.nextTick(() => stream.uncork());
    return client.query<Row>(statement);
  };
  const run = async <Row>(text: string, values: readonly unknown[]): Promise<Row[]> => {
    const name = names.get(text) ?? `quittance_${names.size}`;
    names.set(text, name);
    try {
      return (await send({ name, text, values: [...values] })).rows as Row[];
    } catch (error) {
      sql.fault ??= error;
      throw error;
    }
  };
  const sql = {
    fault: undefined as unknown,
    query: run,
    async write(text: string, values: readonly unknown[]) {
      writes.push(run(text, values).catch(() => undefined));
    },
    async begin() {
      await send('BEGIN');
    },
    async commit() {
      const [{ command }] = await Promise.all([send('COMMIT'), ...writes]);
      // The server turns the COMMIT of a transaction in which something failed into a ROLLBACK, and calls that a success.
      if (sql.fault || command !== 'COMMIT') throw sql.fault ?? new Error(`COMMIT came to ${command}`);
    },
    async rollback() {
      await send('ROLLBACK');
    },
  };
  return sql;
}

interface Corkable {
  cork(): void;
  uncork(): void;
}
