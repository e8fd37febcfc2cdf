// How fast bodies and headers of old callbacks are dropped, and whether their space is free afterwards.
import { setTimeout as sleep } from 'node:timers/promises';
import { connected } from './databases.mjs';
import { digitsExpression, digitsFrom } from './numbers.mjs';
import { insertOf } from './rows.mjs';

/** Older than the default of CALLBACK_BODY_DAYS. */
const AGE = `interval '120 days'`;
/** The worker of the service pauses for some seconds between its turns, so a shorter time would measure the pauses. */
const LEAST_SECONDS = 21;
const POLL_MS = 200;

/** Counts from the start of the process until all contents are dropped, or until the time is up. */
export async function retention(bench) {
  const { sample, options } = bench;
  const rows = Math.ceil(bench.figure('distinct').rate * LEAST_SECONDS);
  const contents = sample.added.callback_contents ? RING : IN_CALLBACKS;
  const url = await bench.databases.copy('small', bench.cleanup);
  return connected(url, async (client) => {
    const bytesBefore = await sizeOf(client, contents.table);
    await addOldCallbacks(client, sample, rows);
    await contents.fill(client, sample);
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
    const bytesFilled = await sizeOf(client, contents.table);
    const since = performance.now();
    await bench.startService({ DATABASE_URL: url });
    const counted = () => contents.count(client, sample);
    const { left, seconds } = await untilDropped(counted, { filled: rows, since, seconds: options.seconds });
    const bytesLeft = await sizeOf(client, contents.table);
    const rate = (rows - left) / seconds;
    const sizeLeft = (bytesLeft - bytesBefore) / (bytesFilled - bytesBefore);
    return { rate, rows, left, seconds, bytesBefore, bytesFilled, bytesLeft, sizeLeft, faults: [] };
  });
}

/** Bodies and headers in the inbox itself. */
const IN_CALLBACKS = {
  table: 'callbacks',
  fill: async () => {},
  count: (client) => count(client, `callbacks WHERE body IS NOT NULL AND settled_at < now() - ${AGE} / 2`),
};

/** Bodies and headers in a ring of partitions, of which the newest takes those of new callbacks. */
const RING = {
  table: 'callback_contents',
  async fill(client, sample) {
    const [{ slot: current }] = sample.added.callback_contents;
    const slots = (await slotsOf(client)).filter((slot) => slot !== current);
    await addOldContents(client, sample, slots);
    await closeSlots(client, slots);
  },
  count: (client, sample) =>
    count(client, `callback_contents WHERE slot <> ${sample.added.callback_contents[0].slot}`),
};

async function count(client, rows) {
  return (await client.query(`SELECT count(*)::int AS count FROM ${rows}`)).rows[0].count;
}

async function addOldCallbacks(client, sample, rows) {
  const old = `now() - ${AGE}`;
  const instead = { received_at: old, judged_at: old, settled_at: old };
  const { into, values } = insertOf(sample, 'callbacks', sample.added.callbacks, {
    n: `(${digitsExpression('index')})::text`,
    instead,
  });
  await client.query(
    `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM generate_series(1::bigint, ${rows}) AS index`,
  );
}

/** The values of the partition key, as text. */
async function slotsOf(client) {
  const { rows } = await client.query(
    `SELECT substring(pg_get_expr(relpartbound, oid) FROM '\\d+') AS slot FROM pg_class
      WHERE oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'callback_contents'::regclass)`,
  );
  return rows.map(({ slot }) => slot);
}

/** Each slot gets an equal share of the old callbacks, in their sequence. */
async function addOldContents(client, sample, slots) {
  const { into, values } = insertOf(sample, 'callback_contents', sample.added.callback_contents, {
    n: digitsFrom('payment_number'),
    callbackId: 'id',
    instead: { slot: `('{${slots}}'::smallint[])[ntile(${slots.length}) OVER (ORDER BY id)]` },
  });
  await client.query(
    `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM callbacks WHERE settled_at < now() - ${AGE} / 2`,
  );
}

/** The slots were closed a long time ago. */
async function closeSlots(client, slots) {
  await client.query(
    `INSERT INTO content_slots (slot, opened_at, closed_at) SELECT slot, now() - ${AGE}, now() - ${AGE} FROM unnest($1::int[]) AS slot`,
    [slots],
  );
}

/** Includes indexes, TOAST and all partitions. */
async function sizeOf(client, table) {
  const { rows } = await client.query(
    `SELECT sum(pg_total_relation_size(relid))::float8 AS bytes FROM pg_partition_tree($1)`,
    [table],
  );
  return rows[0].bytes;
}

/** What is left, and the seconds until the last drop that was seen. */
async function untilDropped(count, { filled, since, seconds }) {
  const end = performance.now() + Math.max(seconds, LEAST_SECONDS) * 1000;
  let [left, at] = [filled, since];
  while (left > 0 && performance.now() < end) {
    await sleep(POLL_MS);
    const now = await count();
    if (now < left) [left, at] = [now, performance.now()];
  }
  return { left, seconds: ((left > 0 ? performance.now() : at) - since) / 1000 };
}
