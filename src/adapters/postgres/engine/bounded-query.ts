import type { DataSource, QueryResult } from 'typeorm';
import { Unavailable } from '../../../application/transaction.js';
import { withConnection } from './connection.js';
import { faultOf } from './faults.js';
import type { PlainSql } from './sql.js';

/**
 * Runs one statement outside a transaction. At the deadline its connection is cut, because the server's own time-outs never
 * reach a client whose network is silent. The wait for a connection ends then as well.
 *
 * Throws `Unavailable` for a temporary fault. The deadline is in milliseconds on the clock of `performance.now()`.
 */
export async function boundedQuery<Row>(
  source: DataSource,
  deadline: number,
  text: string,
  values: readonly unknown[] = [],
): Promise<QueryResult<Row>> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await withConnection(source, deadline, ({ runner, connection }) => {
      timer = setTimeout(() => connection.cut(), Math.max(0, deadline - performance.now()));
      return runner.query(text, [...values], true);
    });
  } catch (error) {
    throw faultOf(error) === 'bug' ? error : new Unavailable((error as Error).message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Statements of which each has this much time. */
export function boundedSql(source: DataSource, withinMs: number): PlainSql {
  const run = <Row>(text: string, values?: readonly unknown[]) =>
    boundedQuery<Row>(source, performance.now() + withinMs, text, values);
  return {
    query: async <Row>(text: string, values?: readonly unknown[]) => (await run<Row>(text, values)).records,
    execute: async (text, values) => (await run(text, values)).affected ?? 0,
  };
}
