import type { QueryConfig } from 'pg';
import type { DataSource, QueryResult } from 'typeorm';
import { Unavailable } from '../../../application/transaction.js';
import { type Lent, withConnection } from './connection.js';
import { faultOf } from './faults.js';
import { statementOf } from './prepared-statements.js';
import type { PlainSql } from './sql.js';

/** About 50 KiB each, on each connection of the pool. */
const MOST_PREPARED = 100;

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
  return within(source, deadline, ({ runner }) => runner.query(text, [...values], true));
}

async function within<Result>(
  source: DataSource,
  deadline: number,
  work: (lent: Lent) => Promise<Result>,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await withConnection(source, deadline, (lent) => {
      timer = setTimeout(() => lent.connection.cut(), Math.max(0, deadline - performance.now()));
      return work(lent);
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

/**
 * Statements that are prepared, each with this much time: to parse one takes half as long as to run it. Filters can be combined in many
 * ways, and each prepared statement takes memory of the server, so only the first combinations are prepared.
 */
export function boundedReads(source: DataSource, withinMs: number): PlainSql {
  const prepared = new Set<string>();
  const configOf = (text: string, values: readonly unknown[]): QueryConfig => {
    if (prepared.size < MOST_PREPARED) prepared.add(text);
    return prepared.has(text) ? statementOf(text, values) : { text, values: [...values] };
  };
  return {
    ...boundedSql(source, withinMs),
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      const deadline = performance.now() + withinMs;
      const { rows } = await within(source, deadline, ({ connection }) =>
        connection.query(configOf(text, values)),
      );
      return rows as Row[];
    },
  };
}
