// The measures of PostgreSQL alone.
import { connected } from './databases.mjs';
import { addPending, countsOf } from './payments.mjs';
import { SCRIPTS } from './pgbench-scripts.mjs';
import { runPgbench } from './pgbench.mjs';

/** More transactions a second than any of the scripts has reached so far. */
const ENOUGH_PER_SECOND = { single: 8_000, statement: 14_000 };
const ONE_CLIENT_PER_SECOND = 2_500;

export const pgbench = (kind, clients, rateOf) => async (bench) => {
  // pgbench takes whole seconds.
  const [seconds, warmUpSeconds] = [bench.options.seconds, bench.options.warmUpSeconds].map(Math.ceil);
  const perSecond = clients === 1 ? ONE_CLIENT_PER_SECOND : ENOUGH_PER_SECOND[kind];
  const count = perSecond * (seconds + warmUpSeconds);
  const url = await bench.databases.copy('small', bench.cleanup);
  return connected(url, async (client) => {
    const gateway = { gateway: 'standard-webhooks', currency: 'CNY' };
    await addPending(client, bench.sample, { ...gateway, first: 0, count });
    await client.query('CHECKPOINT');
    const before = await countsOf(client);
    const script = SCRIPTS[kind](bench.sample);
    const run = { url, folder: bench.folder, script, clients, cleanup: bench.cleanup, rate: rateOf?.(bench) };
    const warmUp = await runPgbench({ ...run, first: 0, seconds: warmUpSeconds });
    // The clients have settled different numbers of payments, so the measure starts behind the last of them.
    const first = Math.ceil((perSecond * warmUpSeconds) / clients) * clients;
    const measured = await runPgbench({ ...run, first, seconds });
    const transactions = warmUp.transactions + measured.transactions;
    return { ...measured, faults: faultsOf(bench.sample, before, await countsOf(client), transactions) };
  });
};

/** Transactions at a fixed rate, half of the peak. A latency starts when the transaction was due. */
export const pgbenchAtHalf = pgbench('single', 8, (bench) => bench.figure('pgbench').rate / 2);

/** Every transaction must have found a waiting payment, and written the rows of a settled callback. */
function faultsOf({ added }, before, after, transactions) {
  const perTransaction = { payments: 1, orders: 1, callbacks: 1, events: added.events.length };
  return Object.entries(perTransaction)
    .filter(([table, rows]) => after[table] - before[table] !== rows * transactions)
    .map(([table]) => `${transactions} transactions added ${after[table] - before[table]} rows to ${table}`);
}
