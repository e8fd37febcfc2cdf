// Measures how fast the worker of the built service drains a backlog of pending callbacks, and what memory it takes.
// The service and the database share this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { migrate } from '../dist/src/adapters/persistence/data-source.js';
import { startPostgres } from '../dist/src/adapters/persistence/embedded-postgres.js';

const { values } = parseArgs({
  options: {
    callbacks: { type: 'string', default: '100000' },
    replicas: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log('node bench/drain.mjs [--callbacks 100000] [--replicas 1], after npm run build');
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'quittance-drain-'));
const postgres = await startPostgres({ dir: join(folder, 'postgres') });
const pool = new pg.Pool({ connectionString: postgres.url(), max: 1 });
const services = [];
try {
  await migrate(postgres.url());
  await prepare(Number(values.callbacks));
  for (let replica = 0; replica < Number(values.replicas); replica++) services.push(startService(replica));
  await drain();
} finally {
  for (const service of services) if (service.kill()) await once(service, 'exit');
  await pool.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Receipts that could only be stored, each of a payment and an order of its own. */
async function prepare(count) {
  const statements = [
    `INSERT INTO orders (number, total, currency, status) SELECT 'drain-' || i, 100, 'CNY', 'pending' FROM generate_series(1, $1::int) AS i`,
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     SELECT 'drain-' || i, 'drain-' || i, 'stripe', 100, 'CNY', 'init', now() + interval '1 day' FROM generate_series(1, $1::int) AS i`,
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at,
                            judged_at, outcome, next_attempt_at)
     SELECT 'stripe', 'drain-' || i, i, 'succeeded', 'drain-' || i,
            jsonb_build_object('kind', 'succeeded', 'paymentNumber', 'drain-' || i, 'transactionId', 'T-' || i, 'amount', '100.00',
              'currency', 'CNY', 'paidAt', NULL, 'reason', NULL, 'foreign', NULL),
            'key', '{}', convert_to(repeat('x', 1000), 'UTF8'), now(), now(), 'pending', now()
       FROM generate_series(1, $1::int) AS i`,
  ];
  for (const statement of statements) await pool.query(statement, [count]);
  await pool.query('VACUUM ANALYZE');
}

function startService(replica) {
  const env = {
    PATH: process.env.PATH,
    PORT: String(38_400 + replica),
    DATABASE_URL: postgres.url(),
    DATA_DIR: folder,
    LOG_LEVEL: 'warn',
  };
  const entry = join(import.meta.dirname, '../dist/src/main.js');
  return spawn(process.execPath, [entry], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function drain() {
  const left = async () =>
    Number((await pool.query(`SELECT count(*) FROM callbacks WHERE outcome = 'pending'`)).rows[0].count);
  const all = await left();
  while ((await left()) === all) await sleep(20);
  const [from, since] = [await left(), performance.now()];
  for (let now = from; now > 0; now = await left()) {
    const seconds = (performance.now() - since) / 1000;
    const speed = Math.round((from - now) / seconds);
    console.log(
      `${seconds.toFixed(1).padStart(5)} s  ${now} left  ${speed}/s  ${services.map(memoryOf).join('  ')}`,
    );
    await sleep(2_000);
  }
  const seconds = (performance.now() - since) / 1000;
  console.log(`${from} callbacks in ${seconds.toFixed(1)} s: ${Math.round(from / seconds)}/s`);
  const settled = await pool.query(`SELECT count(*) FROM events WHERE type = 'order.paid'`);
  console.log(`orders paid: ${settled.rows[0].count} of ${all}`);
}

/** Linux tells it; elsewhere the figure is absent. */
function memoryOf({ pid }) {
  try {
    return `${Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)} MiB`;
  } catch {
    return '';
  }
}
