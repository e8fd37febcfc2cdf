// How fast the service's worker settles a backlog of stored callbacks, each of a different payment.
import { setTimeout as sleep } from 'node:timers/promises';
import { connected } from './databases.mjs';
import { digitsExpression, digitsFrom } from './numbers.mjs';
import { addPending } from './payments.mjs';
import { insertOf } from './rows.mjs';

const PER_SECOND = 4_000;
const TIMEOUT_SECONDS = 300;
const PENDING = { outcome: `'pending'`, settled_at: 'NULL', next_attempt_at: 'now()' };

export async function drainBacklog(bench) {
  const count = Math.ceil(bench.options.seconds * PER_SECOND);
  const url = await bench.databases.copy('small', bench.cleanup);
  return connected(url, async (client) => {
    await addPending(client, bench.sample, {
      gateway: 'standard-webhooks',
      currency: 'CNY',
      first: 0,
      count,
    });
    await addBacklog(client, bench.sample, count);
    await bench.startService({ DATABASE_URL: url });
    const seconds = await drained(client, count);
    const { rows } = await client.query(
      `SELECT count(*)::int AS settled FROM callbacks WHERE attempts > 0 AND outcome = 'settled'`,
    );
    const { settled } = rows[0];
    return {
      rate: count / seconds,
      faults: settled < count ? [`${settled} settled of ${count} stored`] : [],
    };
  });
}

async function addBacklog(client, sample, count) {
  const at = { n: `(${digitsExpression('index')})::text`, instead: PENDING };
  const { into, values } = insertOf(sample, 'callbacks', sample.added.callbacks, at);
  await client.query(
    `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM generate_series(0::bigint, ${count - 1}) AS index`,
  );
  if (sample.added.callback_contents) await addContents(client, sample);
  await client.query('VACUUM (ANALYZE) callbacks');
  await client.query('CHECKPOINT');
}

/** The bodies and the headers of the pending callbacks. */
async function addContents(client, sample) {
  const at = { n: digitsFrom('payment_number'), callbackId: 'id' };
  const { into, values } = insertOf(sample, 'callback_contents', sample.added.callback_contents, at);
  await client.query(
    `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM callbacks WHERE outcome = 'pending' ORDER BY id`,
  );
}

/** Seconds from the first settled callback to the last. */
async function drained(client, count) {
  let since = null;
  const end = performance.now() + TIMEOUT_SECONDS * 1000;
  for (let left = count; left > 0; await sleep(50)) {
    const { rows } = await client.query(
      `SELECT count(*)::int AS left FROM callbacks WHERE outcome = 'pending'`,
    );
    if (since === null && rows[0].left < count) since = performance.now();
    left = rows[0].left;
    if (performance.now() > end)
      throw new Error(`${left} of ${count} callbacks were not settled within ${TIMEOUT_SECONDS} seconds.`);
  }
  return (performance.now() - since) / 1000;
}
