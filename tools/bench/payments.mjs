// Adds the payments that a measure settles, and checks afterwards that they are settled.
import { setTimeout as sleep } from 'node:timers/promises';
import { digitsExpression, numberOf } from './numbers.mjs';
import { insertOf, rowBefore } from './rows.mjs';
import { existing } from './tables.mjs';

/** Adds payments that wait for their callbacks, each with its own order. `analyse: false` leaves the tables without statistics. */
export async function addPending(client, sample, { gateway, currency, first, count, analyse = true }) {
  const instead = { currency: `'${currency}'`, expires_at: `now() + interval '1 day'` };
  const ofTable = { orders: instead, payments: { ...instead, gateway: `'${gateway}'` } };
  for (const [table, columns] of Object.entries(ofTable)) {
    const { into, values } = insertOf(sample, table, [rowBefore(sample, table)], {
      n: `(${digitsExpression('index')})::text`,
      instead: columns,
    });
    await client.query(
      `INSERT INTO ${into} SELECT ${values[0].join(', ')} FROM generate_series(${first}::bigint, ${first + count - 1}) AS index`,
    );
  }
  // As in a database that has run for a while. Otherwise the first plans are made for the sizes before this insert.
  if (!analyse) return;
  const tables = await existing(client, ['orders', 'payments', 'order_statuses', 'payment_statuses']);
  await client.query(`VACUUM (ANALYZE) ${tables.join(', ')}`);
}

const SETTLED = `
SELECT count(*)::int AS settled, coalesce(sum(callbacks.deliveries), 0)::int AS deliveries
  FROM unnest($1::text[]) AS number
  JOIN payments ON payments.number = number.number AND payments.status = 'succeeded'
  JOIN orders ON orders.number = payments.order_number AND orders.status = 'paid'
  JOIN callbacks ON callbacks.payment_number = number.number AND callbacks.outcome = 'settled'`;

const PAID_ONCE = `
SELECT coalesce(max(times), 0) <= 1 AS once FROM (
  SELECT count(*) AS times FROM events WHERE type = 'order.paid' AND order_number = ANY($1) GROUP BY order_number) AS paid`;

/**
 * Faults as sentences. Empty if every acknowledged callback has settled its payment. An acknowledgement only promises that the
 * callback is stored, so pending callbacks have half a minute to be settled.
 */
export async function faultsOf(client, first, acknowledged) {
  const indices = [...acknowledged.keys()].filter((index) => acknowledged[index] > 0);
  const numbers = indices.map((index) => numberOf(first + index));
  const answers = indices.reduce((sum, index) => sum + acknowledged[index], 0);
  const end = performance.now() + 30_000;
  let found;
  do {
    if (found) await sleep(500);
    found = (await client.query(SETTLED, [numbers])).rows[0];
  } while (found.settled < numbers.length && performance.now() < end);
  const { rows } = await client.query(PAID_ONCE, [numbers]);
  return [
    found.settled !== numbers.length && `${found.settled} settled of ${numbers.length} acknowledged`,
    found.deliveries < answers && `${found.deliveries} deliveries counted of ${answers} acknowledged`,
    !rows[0].once && 'an order was paid more than once',
  ].filter(Boolean);
}

/** The numbers of rows that a settled callback changes or adds, by table; those that a trigger adds included. */
export async function countsOf(client) {
  const others = await existing(client, ['callbacks', 'callback_contents', 'events', 'settled_transactions']);
  const counts = others.map((table) => `(SELECT count(*) FROM ${table})::int AS ${table}`);
  const { rows } = await client.query(
    `SELECT (SELECT count(*) FROM payments WHERE status = 'succeeded')::int AS payments,
            (SELECT count(*) FROM orders WHERE status = 'paid')::int AS orders, ${counts.join(', ')}`,
  );
  return rows[0];
}
