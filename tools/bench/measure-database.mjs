// The measures of what the database can do to the callbacks: no statistics, lists at the same time, and long logs.
import { setTimeout as sleep } from 'node:timers/promises';
import { connected } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { LISTS } from './list-requests.mjs';
import { HALF_CONNECTIONS, openLoop, SETTLE_SECONDS } from './measure-load.mjs';
import { addPending } from './payments.mjs';
import { putLoad, watch } from './run-load.mjs';
import { existing, SETTLED, WRITTEN_BY_TRIGGER } from './tables.mjs';

const GATEWAY = 'standard-webhooks';
const CURRENCY = 'CNY';
/** How many callbacks a database without statistics gets. A shorter run takes as many as it could send in its time. */
const FIRST_CALLBACKS = 50_000;
const VIEWERS = 64;
/** The status of a list that finds too many others waiting. It is an answer, and the callbacks do not wait for it. */
const BUSY = '503';
const CASES = 1_000;
const LONG_LOGS = { payments: 20, events: 20_000 };
/** The service holds the memory of its last answers until the collector has run. */
const AFTERWARDS_MS = 1_000;

/**
 * The first callbacks of a new database: no statistics, and no autovacuum that would collect them. The process is warmed up on the same
 * tables, which are emptied again, because the first seconds of a process would be slower with any database.
 */
export async function fresh(bench) {
  const { warmUpSeconds, seconds } = bench.options;
  const url = await bench.databases.create(`fresh_${bench.round}`, bench.cleanup);
  const add = (range) =>
    connected(url, (client) =>
      addPending(client, bench.sample, { gateway: GATEWAY, currency: CURRENCY, analyse: false, ...range }),
    );
  await connected(url, switchAutovacuumOff);
  const warmUp = { first: 0, count: bench.enough(GATEWAY, warmUpSeconds) };
  await add(warmUp);
  const running = { url, services: [await bench.startService({ DATABASE_URL: url })] };
  const plan = { loop: 'closed', gateway: GATEWAY, connections: bench.connections, warmUpSeconds: 0 };
  const { faults } = await putLoad(bench, running, { ...plan, ...warmUp, seconds: warmUpSeconds });
  await connected(url, emptyTables);
  const count = Math.min(FIRST_CALLBACKS, bench.enough(GATEWAY, warmUpSeconds + seconds));
  const measured = { first: warmUp.count, count };
  await add(measured);
  const figures = await putLoad(bench, running, { ...plan, ...measured, seconds: 600 });
  const analysed = await connected(url, analysedTables);
  const notFresh = analysed.map((table) => `${table} has statistics, so the database was not a fresh one`);
  return { ...figures, ranOut: undefined, faults: [...faults, ...figures.faults, ...notFresh] };
}

export async function switchAutovacuumOff(client) {
  const { rows } = await client.query(
    `SELECT format('ALTER TABLE %s SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)', oid::regclass) AS statement
       FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  for (const { statement } of rows) await client.query(statement);
}

async function emptyTables(client) {
  // A trigger refuses every change of the log. It is not called in this role.
  await client.query('SET session_replication_role = replica');
  const tables = await existing(client, [...SETTLED, ...WRITTEN_BY_TRIGGER]);
  await client.query(`TRUNCATE ${tables.join(', ')} CASCADE`);
}

async function analysedTables(client) {
  const { rows } = await client.query(
    `SELECT DISTINCT starelid::regclass::text AS name FROM pg_statistic
       JOIN pg_class ON pg_class.oid = starelid WHERE relnamespace = 'public'::regnamespace`,
  );
  return rows.map(({ name }) => name);
}

/** Callbacks at half load while 64 clients read lists. The clients are a process of their own, so they do not delay the generator. */
export async function reads(bench) {
  let lastBefore = '0';
  let database = null;
  const beside = async ({ url, services }) => {
    database = url;
    lastBefore = await connected(url, async (client) => {
      await addCases(client);
      return (await client.query('SELECT coalesce(max(id), 0) AS id FROM callbacks')).rows[0].id;
    });
    return listLoad(bench, services, { lists: LISTS, warmUpSeconds: SETTLE_SECONDS });
  };
  const rate = bench.figure('distinct').rate / 2;
  const figures = await openLoop(bench, { rate, connections: HALF_CONNECTIONS, beside });
  const notAtOnce = await connected(database, (client) => leftPending(client, lastBefore));
  const { acknowledged: _, ...lists } = figures.beside;
  const faults = [...figures.faults, ...faultsOfLists(lists)];
  if (notAtOnce > 0) faults.push(`${notAtOnce} callbacks were left pending while lists were read`);
  return { ...figures, beside: undefined, lists, faults };
}

/** A case for each of the newest payments, so that the list of cases is not empty. */
export function addCases(client) {
  return client.query(
    `INSERT INTO discrepancies (kind, status, gateway, payment_number, order_number, transaction_id, opened_at)
     SELECT 'paid_late', 'open', gateway, number, order_number, 'bench-' || id, now() FROM payments ORDER BY id DESC LIMIT $1`,
    [CASES],
  );
}

/** Only the worker makes an attempt. A callback that was settled with its receipt has none. */
async function leftPending(client, lastBefore) {
  const { rows } = await client.query(
    `SELECT count(*)::int AS count FROM callbacks WHERE id > $1 AND (outcome = 'pending' OR attempts > 0)`,
    [lastBefore],
  );
  return rows[0].count;
}

/** The memory of the service while the newest page of payments has some with very long logs. */
export async function longLogs(bench) {
  const url = await bench.databases.copy('small', bench.cleanup);
  await connected(url, addLongLogs);
  const services = [await bench.startService({ DATABASE_URL: url })];
  const load = await listLoad(bench, services, { lists: ['payments'], warmUpSeconds: 0 });
  const usage = watch(services);
  const { acknowledged: _, ...lists } = await load.run();
  await sleep(AFTERWARDS_MS);
  const faults = faultsOfLists(lists);
  return { ...usage.stop(), lists, faults };
}

async function addLongLogs(client) {
  await client.query(
    `INSERT INTO events (at, order_number, payment_number, actor, type, data)
     SELECT now(), order_number, number, 'gateway:' || gateway, 'callback.stale', jsonb_build_object('status', 'processing', 'step', step)
       FROM (SELECT * FROM payments ORDER BY id DESC LIMIT $1) AS newest, generate_series(1, $2) AS step`,
    [LONG_LOGS.payments, LONG_LOGS.events],
  );
  // As in a service that has run for a while: the relay has read these events, and the tables have statistics.
  await client.query('UPDATE relay SET horizon = pg_snapshot_xmin(pg_current_snapshot())');
  await client.query('VACUUM (ANALYZE) events');
  await client.query('CHECKPOINT');
}

function listLoad(bench, services, { lists, warmUpSeconds }) {
  const { folder, options, token, cleanup } = bench;
  const ports = services.map(({ port }) => port);
  const plan = { loop: 'closed', lists, token, ports, connections: VIEWERS, dataDir: folder };
  return prepareLoad({ ...plan, warmUpSeconds, seconds: options.seconds }, cleanup);
}

function faultsOfLists({ statuses }) {
  const faults = Object.entries(statuses)
    .filter(([status]) => !['200', BUSY].includes(status))
    .map(([status, times]) => `${times} lists were answered with ${status}`);
  return statuses['200'] > 0 ? faults : [...faults, 'no list was answered'];
}
