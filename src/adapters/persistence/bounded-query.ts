import type { DataSource } from 'typeorm';
import type { Pool, PoolClient } from 'pg';
import { Unavailable } from '../../application/ports.js';
import { faultOf } from './faults.js';

/**
 * One statement outside a transaction that ends by then, come what may: a connection that has gone silent is cut, for the server's own
 * time-outs never reach a client that hears nothing. Throws `Unavailable` for a passing reason. Milliseconds on the clock of `performance.now()`.
 */
export async function boundedQuery<Result>(
  source: DataSource,
  deadline: number,
  text: string,
  values: readonly unknown[] = [],
): Promise<Result> {
  const runner = source.createQueryRunner();
  let timer: NodeJS.Timeout | undefined;
  try {
    const client = (await runner.connect()) as PoolClient;
    timer = setTimeout(() => cut(client), deadline - performance.now());
    return (await runner.query(text, [...values])) as Result;
  } catch (error) {
    throw faultOf(error) === 'passing' ? new Unavailable((error as Error).message, { cause: error }) : error;
  } finally {
    clearTimeout(timer);
    await runner.release();
  }
}

/** Ends a connection at once, on this side; whatever waits on it fails, and the pool takes a new one. */
export function cut(client: PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } };
  connection.stream.destroy(new Error('Connection terminated: out of time'));
}

/**
 * Ends the connections that nobody uses. What silences one, a failover or a firewall that forgot it, has most likely silenced
 * those beside it, and each would be found out only by work that waits all its time for it.
 */
export function cutIdle({ driver }: DataSource): void {
  const pool = (driver as unknown as { master: Pool }).master;
  for (let idle = pool.idleCount; idle > 0; idle -= 1) pool.connect().then(discard, () => undefined);
}

function discard(client: PoolClient): void {
  cut(client);
  client.release(true);
}

/** A source of statements each of which has this long. */
export function boundedSource(source: DataSource, withinMs: number) {
  return {
    query: <Result>(text: string, values: readonly unknown[] = []): Promise<Result> =>
      boundedQuery(source, performance.now() + withinMs, text, values),
  };
}
