// How fast orders are placed and their payments opened: as a shop does it for each customer who goes to the checkout.
import { connected } from './databases.mjs';
import { numberOf } from './numbers.mjs';
import { canPlaceInOneCall } from './place-requests.mjs';
import { faultsOfAnswers, prepareService, sendLoad } from './run-load.mjs';

/** A write that finds too many others waiting is refused with 503. It is an answer, and only placed orders count. */
const ANSWERS = ['201', '503'];
/** More orders a second than any way of placing has reached so far. */
const ENOUGH_PER_SECOND = 20_000;
/** The counter of the order that finds out whether one call is possible. No other measure uses it. */
const PROBE = 40_000_000;

/** The same load twice: with two calls for each order, and with one. A version that knows no single call has only the first. */
export async function place(bench) {
  const two = await placeIn('two', bench);
  const one = await placeIn('one', bench);
  return {
    two,
    ...(one && { one }),
    rate: two.rate,
    statuses: two.statuses,
    latencyMs: two.latencyMs,
    faults: [...two.faults, ...(one?.faults ?? [])],
  };
}

/** Null if the service does not know this way of placing. */
async function placeIn(calls, bench) {
  const { token, options } = bench;
  const { connections } = bench;
  const { seconds, warmUpSeconds } = options;
  const running = await prepareService(bench, { gateway: 'standard-webhooks', count: 1 });
  const [{ port }] = running.services;
  if (calls === 'one' && !(await canPlaceInOneCall({ port, token, number: numberOf(PROBE) }))) return null;
  const count = ENOUGH_PER_SECOND * Math.ceil(warmUpSeconds + seconds);
  const plan = { loop: 'closed', place: calls, token, first: 1, count, connections, warmUpSeconds, seconds };
  const { acknowledged, ...figures } = await sendLoad(bench, running, plan);
  const faults = await connected(running.url, (client) => faultsOfOrders(client, bench.placed, acknowledged));
  await running.services[0].stop();
  return {
    ...figures,
    faults: [...faults, ...faultsOfAnswers(figures, ANSWERS)].map((fault) => `${calls}: ${fault}`),
  };
}

const PLACED = `
SELECT count(*)::int AS placed
  FROM unnest($1::text[]) AS number
  JOIN orders ON orders.number = number.number AND orders.status = 'pending'
  JOIN (SELECT order_number, count(*) FILTER (WHERE status = 'init') AS open, count(*) AS payments FROM payments
         WHERE order_number = ANY($1) GROUP BY order_number) AS payments
    ON payments.order_number = orders.number AND open = 1 AND payments = 1
  JOIN (SELECT order_number, count(*) AS events FROM events WHERE order_number = ANY($1) GROUP BY order_number) AS events
    ON events.order_number = orders.number AND events = $2`;

/** Every order that was answered with 201 must be pending, with one open payment and with all of its events. */
async function faultsOfOrders(client, placed, acknowledged) {
  const numbers = [...acknowledged.keys()]
    .filter((index) => acknowledged[index] > 0)
    .map((index) => numberOf(1 + index));
  const { rows } = await client.query(PLACED, [numbers, placed.added.events.length]);
  const complete = rows[0].placed;
  return complete === numbers.length ? [] : [`${complete} complete orders of ${numbers.length} placed`];
}
