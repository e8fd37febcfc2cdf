// The measures that are not about the load of the service, or need a special setup.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Cleanup } from './cleanup.mjs';
import { connected } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { CUSTOMER } from './list-requests.mjs';
import { HALF_CONNECTIONS, openLoop, SETTLE_SECONDS } from './measure-load.mjs';
import { addCases } from './measure-database.mjs';
import { median } from './quantile.mjs';
import { faultsOfAnswers, fillPending, prepareService, putLoad } from './run-load.mjs';

const GATEWAY = 'standard-webhooks';
/** Between the first payments of two rounds: more than a round can settle. */
const ROUND_APART = 1_000_000;
const STARTS = 3;
const READS_PER_SECOND = 200;
const READERS = 64;
/** The status of a read that finds too many others waiting. */
const BUSY = '503';
/** Shares of all callbacks. After the first tenth the service has all the memory that it needs. Any growth after it is a leak. */
const MEMORY_BATCHES = [0.1, 0.3, 0.3, 0.3];

/** The speed of the load generator itself: the same callbacks against a server that answers at once. */
export async function generatorAlone(bench) {
  const server = fork(join(import.meta.dirname, 'instant-server.mjs'));
  bench.cleanup.add(() => void server.kill());
  const [port] = await once(server, 'message');
  const plan = { loop: 'closed', gateway: GATEWAY, first: 0, count: 1_000, copies: 1_000, ports: [port] };
  const interval = {
    warmUpSeconds: 1,
    seconds: Math.min(3, bench.options.seconds),
    connections: bench.connections,
  };
  const load = await prepareLoad({ ...plan, ...interval, dataDir: bench.folder }, bench.cleanup);
  const { acknowledged: _, ...figures } = await load.run();
  return { ...figures, faults: [] };
}

/** Distinct callbacks with millions of other payments in the tables. */
export async function tenMillion(bench) {
  const { seconds, warmUpSeconds } = bench.options;
  const count = bench.enough(GATEWAY, warmUpSeconds + seconds);
  const first = bench.round * ROUND_APART;
  const { large: database } = bench;
  const running = await prepareService(bench, { gateway: GATEWAY, count, first, database });
  const plan = { loop: 'closed', gateway: GATEWAY, first, count, connections: bench.connections };
  return putLoad(bench, running, { ...plan, warmUpSeconds, seconds });
}

/** Single reads and lists with each filter at a fixed rate, beside half of this round's load, with millions of payments in the tables. */
export async function reads10m(bench) {
  const { folder, token, cleanup, options, large } = bench;
  if (bench.round === 0) await connected(large, prepareReads);
  const plan = { loop: 'open', rate: READS_PER_SECOND, connections: READERS, reads: options.large, token };
  const beside = ({ services: [{ port }] }) =>
    prepareLoad(
      { ...plan, ports: [port], dataDir: folder, warmUpSeconds: SETTLE_SECONDS, seconds: options.seconds },
      cleanup,
    );
  const rate = bench.figure('ten-million').rate / 2;
  const on = { database: large, start: bench.round * ROUND_APART + ROUND_APART / 2 };
  const figures = await openLoop(bench, { rate, connections: HALF_CONNECTIONS, beside, on });
  const { acknowledged: _, ...reads } = figures.beside;
  const faults = [...figures.faults, ...faultsOfAnswers(reads, ['200', BUSY])];
  return { ...figures, beside: undefined, reads, faults };
}

/** Rows for the filters that would find nothing in the history: cases, and orders of a customer. */
async function prepareReads(client) {
  await addCases(client);
  await client.query(
    `INSERT INTO orders (number, total, currency, status, customer_id)
     SELECT 'customer-' || index, '100.00', 'CNY', CASE WHEN index % 2 = 0 THEN 'cancelled' ELSE 'pending' END, $1
       FROM generate_series(1, 1000) AS index`,
    [CUSTOMER],
  );
  await client.query('VACUUM (ANALYZE) orders, discrepancies');
}

/** From the start of the process until it is ready, with an existing database. */
export async function ready(bench) {
  const url = await bench.databases.copy('small', bench.cleanup);
  return startRepeatedly(bench, { DATABASE_URL: url });
}

/** The same for `npm start` without any variable, which also starts PostgreSQL. The data are from an earlier start. */
export async function readyFromNothing(bench) {
  const environment = {
    PATH: process.env.PATH,
    LOG_FORMAT: 'json',
    DATA_DIR: join(bench.folder, 'embedded'),
  };
  const first = await bench.startService({}, environment);
  await first.stop();
  return startRepeatedly(bench, {}, environment);
}

async function startRepeatedly(bench, variables, environment) {
  const times = [];
  for (let start = 0; start < STARTS; start++) {
    const service = await bench.startService(variables, environment);
    times.push(service.readyMs);
    await service.stop();
  }
  return { readyMs: median(times), times, faults: [] };
}

/** One process under load for a long time. The load comes in batches, because a signature is valid for only five minutes. */
export async function memory(bench) {
  const batches = MEMORY_BATCHES.map((share) => Math.ceil(share * bench.options.callbacks));
  const running = await prepareService(bench, { gateway: GATEWAY, count: batches[0] });
  const [rss, faults] = [[], []];
  let first = 0;
  for (const count of batches) {
    const cleanup = new Cleanup();
    if (first > 0) await fillPending(bench, running.url, { gateway: GATEWAY, first, count });
    const plan = { loop: 'closed', gateway: GATEWAY, first, count, connections: bench.connections };
    const figures = await putLoad({ ...bench, cleanup }, running, {
      ...plan,
      warmUpSeconds: 0,
      seconds: 600,
    });
    await cleanup.run();
    first += count;
    rss.push(median(figures.rssMiB));
    faults.push(...figures.faults);
    bench.say(`  ${first} callbacks, ${rss.at(-1).toFixed(0)} MiB`);
  }
  return { callbacks: first, rssMiB: rss, growth: rss.at(-1) / rss[0], faults };
}
