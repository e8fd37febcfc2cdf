// Measures the built service against a real PostgreSQL of its own: distinct signed callbacks, each of which must settle
// a payment. Service, database and load share this machine, so the figures are less than what the service can do alone.
import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../dist/src/adapters/persistence/embedded-postgres.js';
import { isPlayed, SIGNERS } from '../dist/src/sandbox/sign-callback.js';

/** How many callbacks a second are signed in advance; two of the gateways sign by RSA, which takes about a millisecond. */
const SIGNED_PER_SECOND = { stripe: 8000, 'standard-webhooks': 8000, 'wechat-pay': 3000, alipay: 3000 };

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '2' },
    connections: { type: 'string', default: '64' },
    gateway: { type: 'string', default: 'standard-webhooks' },
    copies: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help || !isPlayed(values.gateway)) {
  console.log(
    'npm run bench -- [--gateway G] [--seconds 10] [--warm-up 2] [--connections 64] [--copies]\n\n' +
      `  --gateway  ${Object.keys(SIGNERS).join(', ')} (standard-webhooks)\n` +
      '  --copies   every callback is sent ten times, copies beside each other',
  );
  process.exit(values.help ? 0 : 1);
}

/** Figures taken beside other work say little, so the table tells. */
const [idleLoad] = loadavg();
const folder = mkdtempSync(join(tmpdir(), 'quittance-bench-'));
const closing = [async () => rmSync(folder, { recursive: true, force: true })];
let closed;
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    interrupted = true;
    void close().then(() => process.exit(130));
  });
}
try {
  process.exitCode = (await bench()) ? 0 : 1;
} catch (error) {
  if (!interrupted) throw error;
} finally {
  await close();
}

/** Stops what was started, the last first, also what is started meanwhile; once, however often it is asked for. */
function close() {
  const stopAll = async () => {
    for (let step = closing.pop(); step; step = closing.pop()) await step();
  };
  closed ??= stopAll();
  return closed;
}

async function bench() {
  const starting = startPostgres({ dir: join(folder, 'postgres') });
  closing.push(() =>
    starting.then(
      (started) => started.stop(),
      () => {},
    ),
  );
  const postgres = await starting;
  const port = await freePort();
  const service = await startService(port, postgres.url());
  const pool = new pg.Pool({ connectionString: postgres.url(), max: 1 });
  closing.push(() => pool.end());

  const seconds = Number(values.seconds);
  const warmUpSeconds = Number(values['warm-up']);
  const callbacks = Math.ceil((seconds + warmUpSeconds) * SIGNED_PER_SECOND[values.gateway]);
  const { gateway, copies } = values;
  console.log(`Preparing and signing ${callbacks} callbacks …`);
  await prepare(pool, callbacks, gateway);
  const load = fork(join(import.meta.dirname, 'load.mjs'));
  closing.push(async () => void load.kill());
  const connections = Number(values.connections);
  load.send({ port, gateway, dataDir: folder, callbacks, copies, seconds, warmUpSeconds, connections });
  const [message] = await Promise.race([once(load, 'message'), died(load, 'load generator')]);
  const memory = memoryOf(service.pid);
  const check = await settledOf(pool, message.results.acknowledged);
  report({ ...message.results, memory, check, settings: await settingsOf(pool) });
  return check.settled === check.acknowledged && check.paidOnce;
}

async function startService(port, databaseUrl) {
  const { NODE_ENV: _production, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    DATA_DIR: folder,
  };
  const entry = join(import.meta.dirname, '../dist/src/main.js');
  const service = spawn(process.execPath, [entry], {
    env: { LOG_FORMAT: 'json', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = died(service, 'service');
  gone.catch(() => {});
  closing.push(async () => {
    if (service.exitCode === null && service.kill()) await once(service, 'exit');
  });
  for (let attempt = 0; attempt < 300; attempt++) {
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return service;
    await Promise.race([sleep(100), gone]);
  }
  throw new Error('the service was not ready after 30 seconds');
}

async function died(child, name) {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`the ${name} ended early (${signal ?? code})`);
}

async function prepare(pool, callbacks, gateway) {
  const currency = SIGNERS[gateway].defaultCurrency;
  await pool.query(
    `INSERT INTO orders (number, total, currency, status)
     SELECT 'bench-' || n, 100, $2, 'pending' FROM generate_series(0, $1::int - 1) AS n`,
    [callbacks, currency],
  );
  await pool.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     SELECT 'bench-' || n, 'bench-' || n, $2, 100, $3, 'init', now() + interval '1 hour'
     FROM generate_series(0, $1::int - 1) AS n`,
    [callbacks, gateway, currency],
  );
  // As in a database that has run for a while; otherwise the first plans are made for empty tables.
  await pool.query('ANALYZE orders, payments');
  await pool.query('CHECKPOINT');
}

/** An acknowledgement says "stored", so a callback that the inbox still holds has some seconds to be settled. */
async function settledOf(pool, indices) {
  const numbers = indices.map((index) => `bench-${index}`);
  const count = async () => {
    const { rows } = await pool.query(
      `SELECT count(*)::int AS settled FROM unnest($1::text[]) AS n
       JOIN payments p ON p.number = n AND p.status = 'succeeded'
       JOIN orders o ON o.number = p.order_number AND o.status = 'paid'
       JOIN callbacks c ON c.payment_number = n AND c.outcome = 'settled'`,
      [numbers],
    );
    return rows[0].settled;
  };
  const atOnce = await count();
  let settled = atOnce;
  for (let attempt = 0; settled < numbers.length && attempt < 60; attempt++) {
    await sleep(500);
    settled = await count();
  }
  const { rows } = await pool.query(
    `SELECT coalesce(max(times), 0) <= 1 AS once FROM
     (SELECT count(*) AS times FROM events WHERE type = 'order.paid' GROUP BY order_number) AS orders_paid`,
  );
  return { acknowledged: numbers.length, settled, atOnce, paidOnce: rows[0].once };
}

async function settingsOf(pool) {
  const { rows } = await pool.query(
    `SELECT current_setting('server_version') AS version, current_setting('fsync') AS fsync,
            current_setting('synchronous_commit') AS commit`,
  );
  return rows[0];
}

/** In MiB. The kernel keeps the peak on Linux; elsewhere what is held at the end of the load has to do. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const [peak, now] = ['VmHWM', 'VmRSS'].map(
      (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024,
    );
    return `${peak.toFixed(0)} MiB at most, ${now.toFixed(0)} MiB at the end`;
  } catch {
    return `${(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)])) / 1024).toFixed(0)} MiB at the end`;
  }
}

function report(figures) {
  const { answers, acknowledgements, seconds, statuses, latencyMs, memory, check, settings } = figures;
  const { p50, p99, max } = latencyMs;
  const durability = `fsync ${settings.fsync}, synchronous_commit ${settings.commit}`;
  const timing = `${answers} answers in ${seconds.toFixed(1)} s, after ${values['warm-up']} s of warm-up`;
  const late = check.settled - check.atOnce;
  const rows = {
    machine: `${cpus().length} × ${cpus()[0].model}, shared by service, database and load`,
    'other work': `${idleLoad.toFixed(1)} was the load average before the start`,
    versions: `Node.js ${process.versions.node}, PostgreSQL ${settings.version} (${durability})`,
    load: `${values.gateway}, ${values.connections} connections, ${values.copies ? 'ten copies of each' : 'distinct'}`,
    'callbacks/s': `${(acknowledgements / seconds).toFixed(0)} acknowledged (${timing})`,
    'latency ms': `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)}`,
    statuses: Object.entries(statuses)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', '),
    'service RSS': memory,
    'generator CPU': `${(figures.generatorCpu * 100).toFixed(0)} % of one core`,
    settled: `${check.settled} of ${check.acknowledged} acknowledged${late > 0 ? `, ${late} of them later` : ''}`,
    'orders paid': check.paidOnce ? 'once each' : 'SOME MORE THAN ONCE',
  };
  console.log();
  for (const [name, fact] of Object.entries(rows)) console.log(`  ${name.padEnd(15)}${fact}`);
  if (figures.ranOut)
    console.log('\n  All callbacks were sent before the time was up: the figures hold for the shorter time.');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
