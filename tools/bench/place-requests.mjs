// Requests that place an order and open its payment, as a shop sends them: in two calls, or in one. The service generates the number
// of the payment.
import { numberOf } from './numbers.mjs';

const GATEWAY = 'standard-webhooks';
const TOTAL = { amount: '100.00', currency: 'CNY' };
/** Longer than a run takes, so that no payment expires in it. */
const EXPIRES_IN_SECONDS = 86_400;

/** How many requests place an order with its payment. */
export const CALLS = { two: 2, one: 1 };

/** In the form of `signedRequests`. `place` is `two` or `one`: the number of calls. `step` counts the calls of an order. */
export function placeRequests({ place, token, first, count }) {
  return {
    count,
    steps: CALLS[place],
    at: (index, step) => textOf(callOf(place, numberOf(first + index), step), token),
  };
}

/** Places one order in two calls, with a given number of the payment, because the sample has to be written for other numbers. */
export async function placeSample({ port, token, number }) {
  for (const step of [0, 1]) {
    const { path, body } = callOf('two', number, step);
    const full = step === 0 ? body : { ...body, paymentNumber: number };
    const answer = await post({ port, token, path, body: full });
    if (answer.status !== 201) throw new Error(`POST ${path} was answered with ${answer.status}.`);
  }
}

/** Places orders, each with an Idempotency-Key of its own, some at a time. */
export async function placeKeyed({ port, token, count }) {
  let placed = 0;
  const placeNext = async () => {
    while (placed < count) {
      const number = `keyed-${(placed += 1)}`;
      const answer = await post({ port, token, ...callOf('one', number, 0), key: `key-${number}` });
      await answer.arrayBuffer();
      if (answer.status !== 201) throw new Error(`The order ${number} was answered with ${answer.status}.`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, placeNext));
}

/** Whether this version of the service opens the payment with its order. */
export async function canPlaceInOneCall({ port, token, number }) {
  const answer = await post({ port, token, ...callOf('one', number, 0) });
  return answer.status === 201 && (await answer.json()).payments.length === 1;
}

function callOf(place, number, step) {
  const payment = { gateway: GATEWAY, expiresInSeconds: EXPIRES_IN_SECONDS };
  if (step === 1) return { path: `/admin/v1/orders/${number}/payments`, body: payment };
  const order = { orderNumber: number, total: TOTAL };
  return { path: '/admin/v1/orders', body: place === 'one' ? { ...order, payment } : order };
}

function post({ port, token, path, body, key }) {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(key && { 'idempotency-key': key }),
    },
    body: JSON.stringify(body),
  });
}

function textOf({ path, body }, token) {
  const json = JSON.stringify(body);
  const headers = `host: localhost\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json`;
  return `POST ${path} HTTP/1.1\r\n${headers}\r\ncontent-length: ${json.length}\r\n\r\n${json}`;
}
