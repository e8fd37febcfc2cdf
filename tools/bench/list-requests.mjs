// Requests that read from the admin API, in the form of `signedRequests`. They are sent one after the other, again and again.
import { FIRST_OF_HISTORY, numberOf, WITH_CALLBACKS } from './numbers.mjs';

export const LISTS = ['orders', 'payments', 'callbacks', 'discrepancies'];
const LIMIT = 200;
/** More than any measure can send. */
const COUNT = 1_000_000;

export function listRequests({ lists, token }) {
  const requests = lists.map((list) => Buffer.from(textOf(`${list}?limit=${LIMIT}`, token)));
  return { count: COUNT, at: (index) => requests[index % requests.length] };
}

/** The customer of the orders that the measure adds for the list by customer. */
export const CUSTOMER = 'bench-customer';

/** It ended five minutes ago. */
const QUARTER_OF_AN_HOUR = () => {
  const to = Date.now() - 5 * 60_000;
  return `from=${new Date(to - 15 * 60_000).toISOString()}&to=${new Date(to).toISOString()}`;
};

/**
 * Paths for single reads and for lists with each filter, for the number of an order and its payment. A list by a value that nearly all
 * rows have and one that nearly none has take different ways through the indexes, so both are asked for. `recent` is the number of a
 * payment that has callbacks and events.
 */
const READS = {
  order: (number) => `orders/${number}`,
  payment: (number) => `payments/${number}`,
  'history of an order': (_, recent) => `orders/${recent}/history`,
  'log of a payment': (_, recent) => `payments/${recent}/log`,
  timeline: (_, recent) => `payments/${recent}/timeline`,
  orders: () => 'orders',
  'orders that are paid': () => 'orders?status=paid',
  'orders that are pending': () => 'orders?status=pending',
  'orders that are cancelled': () => 'orders?status=cancelled',
  'orders of a customer': () => `orders?customerId=${CUSTOMER}`,
  payments: () => 'payments',
  'payments that succeeded': () => 'payments?status=succeeded',
  'payments that are open': () => 'payments?status=init',
  'payments that failed': () => 'payments?status=failed',
  'payments of a gateway': () => 'payments?gateway=standard-webhooks',
  'payments of a gateway without any': () => 'payments?gateway=stripe',
  'payments of an order': (number) => `payments?orderNumber=${number}`,
  callbacks: () => 'callbacks',
  'callbacks of a gateway': () => 'callbacks?gateway=standard-webhooks',
  'callbacks of a gateway without any': () => 'callbacks?gateway=stripe',
  'callbacks that settled': () => 'callbacks?outcome=settled',
  'callbacks that are late': () => 'callbacks?outcome=paid_late',
  'callbacks of a payment': (_, recent) => `callbacks?paymentNumber=${recent}`,
  cases: () => 'discrepancies',
  'cases that are open': () => 'discrepancies?status=open',
  'cases of a kind': () => 'discrepancies?kind=paid_late',
  'cases of a payment': (number) => `discrepancies?paymentNumber=${number}`,
  rejections: () => 'rejections',
  'order by its number': (number) => `orders?orderNumber=${number}`,
  'order of a transaction': (number) => `orders?transactionId=txn_${number}`,
  'orders of a quarter of an hour': () => `orders?${QUARTER_OF_AN_HOUR()}`,
  'payment of a transaction': (number) => `payments?transactionId=txn_${number}`,
  'open payments of a quarter of an hour': () => `payments?status=init&${QUARTER_OF_AN_HOUR()}`,
  'callbacks of a transaction': (_, recent) => `callbacks?transactionId=txn_${recent}`,
  'callback of an event': (_, recent) => `callbacks?eventId=msg_${recent}`,
  'callbacks of an order': (_, recent) => `callbacks?orderNumber=${recent}`,
  'callbacks of a quarter of an hour': () => `callbacks?${QUARTER_OF_AN_HOUR()}`,
  'cases of a transaction': (number) => `discrepancies?transactionId=txn_${number}`,
  'cases of an order': (number) => `discrepancies?orderNumber=${number}`,
};
const NAMES = Object.keys(READS);

/** A step through the history that reaches far-apart payments one after the other. It is a prime. */
const APART = 7_368_787;

/** `reads` is the number of payments in the history. The name of a request says what it reads. */
export function readRequests({ reads, token }) {
  const counterOf = (index, count) => FIRST_OF_HISTORY + reads - 1 - ((index * APART) % count);
  const numberFor = (index) => numberOf(counterOf(index, reads));
  const recentFor = (index) => numberOf(counterOf(index, Math.min(reads, WITH_CALLBACKS)));
  return {
    count: COUNT,
    nameOf: (index) => NAMES[index % NAMES.length],
    at: (index) => textOf(READS[NAMES[index % NAMES.length]](numberFor(index), recentFor(index)), token),
  };
}

function textOf(path, token) {
  return `GET /admin/v1/${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`;
}
