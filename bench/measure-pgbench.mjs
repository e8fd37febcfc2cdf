// The measures of PostgreSQL alone.
import { connected } from './databases.mjs';
import { addPending, countsOf } from './ledger.mjs';
import { runPgbench } from './pgbench.mjs';
import { SCRIPTS } from './pgbench-scripts.mjs';

/** More transactions a second than any of the scripts has been seen to make. */
const ENOUGH_PER_SECOND = { single: 8_000, statement: 14_000 };
const ONE_CLIENT_PER_SECOND = 2_500;

export const pgbench = (kind, clients, rateOf) => async (bench) => {
  // pgbench takes whole seconds.
  const [seconds, warmUpSeconds] = [bench.options.seconds, bench.options.warmUpSeconds].map(Math.ceil);
  const perSecond = clients === 1 ? ONE_CLIENT_PER_SECOND : ENOUGH_PER_SECOND[kind];
  const count = perSecond * (seconds + warmUpSeconds);
  const url = await bench.databases.copy('small', bench.undo);
  return connected(url, async (client) => {
    const gateway = { gateway: 'standard-webhooks', currency: 'CNY' };
    await addPending(client, bench.specimen, { ...gateway, first: 0, count });
    await client.query('CHECKPOINT');
    const before = await countsOf(client);
    const script = SCRIPTS[kind](bench.specimen);
    const run = { url, folder: bench.folder, script, clients, undo: bench.undo, rate: rateOf?.(bench) };
    const warmUp = await runPgbench({ ...run, first: 0, seconds: warmUpSeconds });
    // Each client has gone as far as it came, so the measure begins where none of them has been.
    const first = Math.ceil((perSecond * warmUpSeconds) / clients) * clients;
    const measured = await runPgbench({ ...run, first, seconds });
    const transactions = warmUp.transactions + measured.transactions;
    return { ...measured, faults: faultsOf(bench.specimen, before, await countsOf(client), transactions) };
  });
};

/** Transactions started by the clock, half as many as it can make; a latency runs from when one was due. */
export const pgbenchAtHalf = pgbench('single', 8, (bench) => bench.figure('pgbench').rate / 2);

/** Every transaction must have found a payment that waited, and written the rows of a settled callback. */
function faultsOf({ added }, before, after, transactions) {
  const perTransaction = { payments: 1, orders: 1, callbacks: 1, events: added.events.length };
  return Object.entries(perTransaction)
    .filter(([table, rows]) => after[table] - before[table] !== rows * transactions)
    .map(
      ([table]) => `${transactions} transactions left ${after[table] - before[table]} rows more in ${table}`,
    );
}
