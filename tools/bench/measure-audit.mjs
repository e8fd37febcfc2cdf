// The audit of the money: how long it takes, the memory of the service meanwhile, and what callbacks notice of it.
import { connected } from './databases.mjs';
import { fillHistory } from './history.mjs';
import { HALF_CONNECTIONS, openLoop } from './measure-load.mjs';
import { memoryOf } from './process-usage.mjs';

/** Between the first payments of two loads: more than a load can settle. */
const APART = 500_000;
/** Of a hundred payments: how many were paid twice, and of how many a part went back. */
const PAID_TWICE = 20;
const PARTLY_BACK = 10;

/** An audit of all payments without other work, and then callbacks at half load without audits and beside one audit after the other. */
export async function audit(bench) {
  const url = await auditedDatabase(bench);
  const alone = await auditAlone(bench, url);
  const rate = bench.figure('distinct').rate / 2;
  const load = { rate, connections: HALF_CONNECTIONS };
  const start = bench.round * 2 * APART;
  const without = await openLoop(bench, { ...load, on: { database: url, start } });
  const beside = ({ services: [{ port }] }) => ({ run: () => auditsFor(bench, port, bench.options.seconds) });
  const figures = await openLoop(bench, { ...load, beside, on: { database: url, start: start + APART } });
  const { audits, ...faulty } = figures.beside;
  const faults = [...alone.faults, ...without.faults, ...figures.faults, ...faulty.faults];
  return { ...figures, beside: undefined, alone, audits, without: without.latencyMs, faults };
}

/** All rounds share it, because it takes longer to fill than to audit. */
async function auditedDatabase(bench) {
  if (bench.shared.audited) return bench.shared.audited;
  const { audited: count } = bench.options;
  bench.say(`${count} payments for audit …`);
  const url = await bench.databases.create('audited');
  await fillHistory(url, bench.sample, count, bench.say);
  await connected(url, (client) => addOwners(client, count));
  return (bench.shared.audited = url);
}

/** Second payments with their cases, of which each other one went back, and refunds of a part. */
async function addOwners(client, count) {
  await client.query(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, received_at, judged_at, outcome, settled_at)
     SELECT gateway, event_id || '-again', fingerprint, kind, payment_number, notice || jsonb_build_object('transactionId', 'again-' || id),
            key_id, received_at, judged_at, 'paid_twice', settled_at
       FROM callbacks ORDER BY id DESC LIMIT $1`,
    [Math.round((count * PAID_TWICE) / 100)],
  );
  await client.query(
    `INSERT INTO discrepancies (kind, status, gateway, payment_number, transaction_id, callback_id, details, opened_at, money, amount, currency,
                                resolved_at, resolved_by, ended_by, refund_number)
     SELECT 'paid_twice', CASE WHEN is_back THEN 'resolved' ELSE 'open' END, gateway, payment_number, notice->>'transactionId', id,
            jsonb_build_object('paid', '100.00 CNY'), received_at, true, 100, 'CNY', CASE WHEN is_back THEN now() END,
            CASE WHEN is_back THEN 'gateway:' || gateway END,
            CASE WHEN is_back THEN jsonb_build_object('by', 'refunds', 'refundNumber', 'back-' || id) END,
            CASE WHEN is_back THEN 'back-' || id END
       FROM (SELECT *, id % 2 = 0 AS is_back FROM callbacks WHERE outcome = 'paid_twice') AS again ORDER BY id`,
  );
  await client.query(
    `INSERT INTO refunds (number, gateway, transaction_id, payment_number, discrepancy_id, amount, currency, origin, status)
     SELECT refund_number, gateway, transaction_id, payment_number, id, amount, currency, 'reported', 'succeeded'
       FROM discrepancies WHERE refund_number IS NOT NULL ORDER BY id`,
  );
  await client.query(
    `INSERT INTO refunds (number, gateway, transaction_id, payment_number, order_number, amount, currency, origin, status)
     SELECT 'part-' || id, gateway, transaction_id, number, order_number, 1, currency, 'reported', 'succeeded'
       FROM payments WHERE transaction_id IS NOT NULL ORDER BY id LIMIT $1`,
    [Math.round((count * PARTLY_BACK) / 100)],
  );
  await client.query('VACUUM (ANALYZE) callbacks, discrepancies, refunds');
}

async function auditAlone(bench, url) {
  const { port, pid, stop } = await bench.startService({ DATABASE_URL: url });
  const before = memoryOf(pid).now;
  const [first, second] = [await auditOnce(bench, port), await auditOnce(bench, port)];
  const rssPeakMiB = memoryOf(pid).peak;
  await stop();
  const { count, seconds } = second;
  return {
    ...second,
    secondsOfMillion: (seconds / count) * 1e6,
    coldSeconds: first.seconds,
    before,
    rssPeakMiB,
  };
}

/** One audit after the other for this time. The last one may take longer. */
async function auditsFor(bench, port, seconds) {
  const end = performance.now() + seconds * 1000;
  const audits = [];
  while (performance.now() < end) audits.push(await auditOnce(bench, port));
  return { audits: audits.map((each) => each.seconds), faults: audits.flatMap(({ faults }) => faults) };
}

async function auditOnce(bench, port) {
  const from = new Date(Date.now() - 90 * 86_400_000).toISOString();
  const since = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/admin/v1/audit?from=${from}`, {
    headers: { authorization: `Bearer ${bench.token}` },
  });
  const body = await response.json();
  const seconds = (performance.now() - since) / 1000;
  const { pieces: count = NaN, unowned } = body;
  const faults =
    unowned === 0 ? [] : [`an audit answered ${response.status}: ${JSON.stringify(body).slice(0, 400)}`];
  return { seconds, count, faults };
}
