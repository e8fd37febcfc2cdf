// The measures of PostgreSQL alone.
import { connected } from './databases.mjs';
import { addPending, countsOf } from './payments.mjs';
import { SCRIPTS } from './pgbench-scripts.mjs';
import { runPgbench } from './pgbench.mjs';
import { cores, cpuNow } from './run-load.mjs';
import { PLACED } from './tables.mjs';

/** More transactions a second than any of the scripts has reached so far. */
const ENOUGH_PER_SECOND = { single: 10_000, statement: 18_000 };
const ONE_CLIENT_PER_SECOND = 2_500;
/** Between the first orders of the warm-up and of the measure: more than pgbench can place. */
const PLACED_APART = 2_000_000;

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
    const script = SCRIPTS[kind]({ settled: bench.sample });
    const run = { url, folder: bench.folder, script, clients, cleanup: bench.cleanup, rate: rateOf?.(bench) };
    const warmUp = await runPgbench({ ...run, first: 0, seconds: warmUpSeconds });
    // The clients have settled different numbers of payments, so the measure starts behind the last of them.
    const first = Math.ceil((perSecond * warmUpSeconds) / clients) * clients;
    const cpuBefore = cpuNow([], bench.postgresPid);
    const measured = await runPgbench({ ...run, first, seconds });
    const { postgresCpu, sessionsCpu } = cores(cpuBefore, cpuNow([], bench.postgresPid));
    const transactions = warmUp.transactions + measured.transactions;
    const faults = faultsOf(bench.sample, before, await countsOf(client), transactions);
    return { ...measured, postgresCpu, sessionsCpu, faults };
  });
};

/** An order and its payment in each transaction. */
export async function pgbenchPlace(bench) {
  const [seconds, warmUpSeconds] = [bench.options.seconds, bench.options.warmUpSeconds].map(Math.ceil);
  const url = await bench.databases.copy('small', bench.cleanup);
  const script = SCRIPTS.place(bench);
  const run = { url, folder: bench.folder, script, clients: 8, cleanup: bench.cleanup };
  const before = await connected(url, placedRows);
  const warmUp = await runPgbench({ ...run, first: 0, seconds: warmUpSeconds });
  const measured = await runPgbench({ ...run, first: PLACED_APART, seconds });
  const after = await connected(url, placedRows);
  const transactions = warmUp.transactions + measured.transactions;
  const added = Object.keys(after).filter(
    (table) => after[table] - before[table] !== bench.placed.added[table].length * transactions,
  );
  const faults = added.map((table) => `${transactions} transactions did not add their rows to ${table}`);
  return { ...measured, faults };
}

async function placedRows(client) {
  const counts = PLACED.map((table) => `(SELECT count(*) FROM ${table})::int AS ${table}`);
  return (await client.query(`SELECT ${counts.join(', ')}`)).rows[0];
}

/** Transactions at a fixed rate, half of the peak. A latency starts when the transaction was due. */
export const pgbenchAtHalf = pgbench('single', 8, (bench) => bench.figure('pgbench').rate / 2);

/** Every transaction must have found a waiting payment, and written the rows of a settled callback. */
function faultsOf({ added }, before, after, transactions) {
  return Object.keys(after)
    .filter((table) => after[table] - before[table] !== (added[table]?.length ?? 1) * transactions)
    .map((table) => `${transactions} transactions added ${after[table] - before[table]} rows to ${table}`);
}
