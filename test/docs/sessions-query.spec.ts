import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { freshDatabase } from '../database.js';
import { waitUntil } from '../e2e/wait-until.js';
import { read } from './markdown.js';

test('the query of monitoring shows who waits for whom, the oldest transaction first, and not itself', async () => {
  const [, query] = /```sql\n(SELECT pid, datname[\s\S]*?)```/.exec(read('docs/operations/monitoring.md'))!;
  const database = await freshDatabase();
  const clients = [0, 1, 2].map(() => new Client({ connectionString: database.url }));
  const [holder, waiting, operator] = clients as [Client, Client, Client];
  try {
    await Promise.all(clients.map((client) => client.connect()));
    const pidOf = async (client: Client) =>
      (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
    const [holderPid, waitingPid] = [await pidOf(holder), await pidOf(waiting)];
    await holder.query('BEGIN; LOCK TABLE orders');
    const locked = waiting.query('BEGIN; LOCK TABLE orders');
    const rows = async () => {
      const found = await operator.query<{ pid: number; datname: string; waits_for: number[] }>(query!);
      const name = new URL(database.url).pathname.slice(1);
      return found.rows.filter(({ datname }) => datname === name);
    };
    await waitUntil(async () => (await rows()).some(({ waits_for }) => waits_for.length > 0));
    expect((await rows()).map(({ pid, waits_for }) => [pid, waits_for])).toEqual([
      [holderPid, []],
      [waitingPid, [holderPid]],
    ]);
    await holder.query('COMMIT');
    await locked;
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await database.drop();
  }
});
