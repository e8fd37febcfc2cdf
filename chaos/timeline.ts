import type { Violation } from './claim.js';
import type { History } from './history.js';
import { callbacksOf } from './plan.js';

interface Entry {
  readonly at: number;
  readonly text: string;
}

/** All that is known of what a violation is about, oldest first, as lines for a person. */
export function timelineOf(history: History, violation: Violation): string[] {
  const about = subjectOf(history, violation);
  const start = Math.min(...history.attempts.map(({ at }) => at), ...history.asked.map(({ at }) => at));
  return [
    ...askedOf(history, about),
    ...sentOf(history, about),
    ...keptOf(history, about),
    ...toldOf(history, about),
    ...faultsOf(history),
  ]
    .toSorted((left, right) => left.at - right.at)
    .map(({ at, text }) => `${`${((at - start) / 1_000).toFixed(3)} s`.padStart(12)}  ${text}`);
}

interface Subject {
  readonly keys: ReadonlySet<string>;
  readonly payments: ReadonlySet<string>;
  readonly orders: ReadonlySet<string>;
}

/** A violation names one thing; payments, orders and callbacks of the same scenario belong to it. */
function subjectOf(history: History, { callback, paymentNumber, orderNumber }: Violation): Subject {
  const planned = callbacksOf(history.plan);
  const orderOf = new Map(history.payments.map(({ number, order_number }) => [number, order_number]));
  const named = planned.find(({ key }) => key === callback)?.paymentNumber ?? paymentNumber ?? null;
  const order = orderNumber ?? orderOf.get(named ?? '') ?? null;
  const payments = new Set(
    history.payments.filter(({ order_number }) => order_number === order).map(({ number }) => number),
  );
  if (named !== null) payments.add(named);
  const keys = new Set(
    planned.filter(({ paymentNumber }) => payments.has(paymentNumber)).map(({ key }) => key),
  );
  return { keys, payments, orders: new Set(order === null ? [] : [order]) };
}

function askedOf({ asked }: History, { payments, orders }: Subject): Entry[] {
  return asked
    .filter(({ number }) => payments.has(number) || orders.has(number))
    .map(({ at, what, number, status }) => ({ at, text: `shop      ${what} ${number}: ${status}` }));
}

function sentOf({ attempts, plan }: History, { keys }: Subject): Entry[] {
  const planned = new Map(callbacksOf(plan).map((each) => [each.key, each]));
  return attempts
    .filter(({ callback }) => keys.has(callback))
    .map(({ at, callback, replica, answer, ms }) => {
      const { eventId, status, transactionId, amount, forgery } = planned.get(callback)!;
      const what = `${forgery ? `${forgery} ` : ''}${status} ${eventId} (${transactionId}, ${amount})`;
      return { at, text: `gateway   ${what} to replica ${replica}: ${answer} after ${ms.toFixed(0)} ms` };
    });
}

function keptOf({ callbacks, events, payments, orders, discrepancies }: History, subject: Subject): Entry[] {
  const isOurs = (number: string | null) => number !== null && subject.payments.has(number);
  const END = Number.MAX_SAFE_INTEGER;
  return [
    ...callbacks
      .filter(({ payment_number }) => isOurs(payment_number))
      .map(({ received_at, id, event_id, outcome, deliveries }) => ({
        at: received_at.getTime(),
        text: `inbox     callback ${id}, ${event_id}: ${outcome}, ${deliveries} deliveries`,
      })),
    ...events
      .filter(
        ({ payment_number, order_number }) =>
          isOurs(payment_number) || subject.orders.has(order_number ?? ''),
      )
      .map(({ at, id, type, actor, callback_id, data }) => ({
        at: at.getTime(),
        text: `log       ${id} ${type} by ${actor}${callback_id === null ? '' : `, callback ${callback_id}`} ${JSON.stringify(data)}`,
      })),
    ...discrepancies
      .filter(({ payment_number }) => isOurs(payment_number))
      .map(({ opened_at, id, kind, status, transaction_id }) => ({
        at: opened_at.getTime(),
        text: `case      ${id} ${kind} ${status} (${transaction_id})`,
      })),
    ...payments
      .filter(({ number }) => isOurs(number))
      .map(({ number, status, transaction_id }) => ({
        at: END,
        text: `in the end payment ${number} is ${status} by ${transaction_id}`,
      })),
    ...orders
      .filter(({ number }) => subject.orders.has(number))
      .map(({ number, status }) => ({ at: END, text: `in the end order ${number} is ${status}` })),
  ];
}

function toldOf({ told }: History, { orders }: Subject): Entry[] {
  return told
    .filter(({ orderNumber }) => orderNumber !== null && orders.has(orderNumber))
    .map(({ at, id, type }) => ({ at, text: `told      ${id} ${type}` }));
}

const faultsOf = ({ faults }: History): Entry[] =>
  faults.map(({ at, kind, about }) => ({ at, text: `fault     ${kind}: ${about}` }));
