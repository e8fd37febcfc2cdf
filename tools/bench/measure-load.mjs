// The measures that differ only in their load.
import { median } from './quantile.mjs';
import { fillPending, prepareService, putLoad } from './run-load.mjs';

const GATEWAY = 'standard-webhooks';
const COPIES = 10_000;
const CANDIDATES = [64, 128, 256];
/** An open loop must always find a free connection, even if the service answers late. */
export const HALF_CONNECTIONS = 256;
/** More than the service's queue, so that the service's limit is reached before the generator's. */
const OVERLOAD_CONNECTIONS = 2_048;
const OVERLOAD = 4;
/** The time until an open loop is in a steady state. */
export const SETTLE_SECONDS = 1;

/** As many distinct callbacks as the service can take. Several replicas share the connections. */
export const distinct =
  (gateway, { replicas = 1 } = {}) =>
  async (bench) => {
    const { seconds, warmUpSeconds } = bench.options;
    const count = bench.enough(gateway, warmUpSeconds + seconds);
    const running = await prepareService(bench, { gateway, count, replicas });
    const plan = { loop: 'closed', gateway, count, connections: bench.connections, warmUpSeconds, seconds };
    return putLoad(bench, running, plan);
  };

export const replicas = distinct(GATEWAY, { replicas: 2 });

/** Thousands of copies of one callback on all connections, then copies of the next callback. */
export async function copies(bench) {
  const { seconds, warmUpSeconds } = bench.options;
  const count = Math.ceil(bench.enough(GATEWAY, 3 * (warmUpSeconds + seconds)) / COPIES) + 1;
  const running = await prepareService(bench, { gateway: GATEWAY, count });
  const plan = { loop: 'closed', gateway: GATEWAY, count, copies: COPIES, connections: bench.connections };
  return putLoad(bench, running, { ...plan, warmUpSeconds, seconds });
}

/** One caller that waits for each answer. */
export async function single(bench) {
  const { seconds, warmUpSeconds } = bench.options;
  const count = Math.ceil((warmUpSeconds + seconds) * 1_500);
  const running = await prepareService(bench, { gateway: GATEWAY, count });
  const plan = { loop: 'closed', gateway: GATEWAY, count, connections: 1, warmUpSeconds, seconds };
  return putLoad(bench, running, plan);
}

export async function halfLoad(bench) {
  return openLoop(bench, { rate: bench.figure('distinct').rate / 2, connections: HALF_CONNECTIONS });
}

export async function overload(bench) {
  const rate = OVERLOAD * bench.figure('distinct').rate;
  return openLoop(bench, { rate, connections: OVERLOAD_CONNECTIONS, refusals: ['503'] });
}

/**
 * Warms the service up at its peak, as if it had run for a while, and then applies the measured load. `beside`, if given, gets the
 * running services after the warm-up, and returns what runs at the same time as the measured load. `on` is a database other than a
 * copy of the small one, and the counter of its first waiting payment.
 */
export async function openLoop(
  bench,
  { rate, connections, refusals, beside, on: { database, start = 0 } = {} },
) {
  const { seconds, warmUpSeconds } = bench.options;
  const before = bench.enough(GATEWAY, warmUpSeconds);
  const count = Math.ceil(rate * (SETTLE_SECONDS + seconds));
  const all = { gateway: GATEWAY, count: before + count, first: start, database };
  const running = await prepareService(bench, all);
  const warmUp = {
    loop: 'closed',
    first: start,
    count: before,
    connections: bench.connections,
    warmUpSeconds: 0,
    seconds: warmUpSeconds,
  };
  const { faults } = await putLoad(bench, running, { ...warmUp, gateway: GATEWAY });
  const plan = { loop: 'open', gateway: GATEWAY, first: start + before, count, rate, connections, refusals };
  const measured = { ...plan, warmUpSeconds: SETTLE_SECONDS, seconds };
  const figures = await putLoad(bench, running, measured, await beside?.(running));
  return { ...figures, faults: [...faults, ...figures.faults] };
}

/** Finds the number of connections with the highest throughput. Each number is measured twice, in turn, on one service. */
export async function searchConnections(bench) {
  const warmUpSeconds = bench.options.warmUpSeconds;
  const seconds = Math.max(1, bench.options.seconds / 4);
  const rates = new Map(CANDIDATES.map((connections) => [connections, []]));
  const faults = [];
  const each = bench.enough(GATEWAY, warmUpSeconds + seconds);
  const running = await prepareService(bench, { gateway: GATEWAY, count: each });
  let first = 0;
  for (const connections of [...CANDIDATES, ...CANDIDATES]) {
    if (first > 0) await fillPending(bench, running.url, { gateway: GATEWAY, first, count: each });
    const plan = {
      loop: 'closed',
      gateway: GATEWAY,
      first,
      count: each,
      connections,
      warmUpSeconds,
      seconds,
    };
    const figures = await putLoad(bench, running, plan);
    rates.get(connections).push(figures.rate);
    faults.push(...figures.faults);
    first += each;
  }
  const found = [...rates].map(([connections, tried]) => ({ connections, rate: median(tried) }));
  const best = found.reduce((left, right) => (right.rate > left.rate ? right : left));
  return { best: best.connections, rate: best.rate, tried: found, faults };
}
