import type { Violation } from './claim.js';
import type { History } from './history.js';
import { type PlannedDeed, callbacksOf, deedsOf } from './plan.js';

interface Entry {
  readonly at: number;
  readonly text: string;
}

/** Everything that is known about the subject of a violation, oldest first, one line for each entry. */
export function timelineOf(history: History, violation: Violation): string[] {
  const subject = subjectOf(history, violation);
  const start = Math.min(...history.attempts.map(({ at }) => at), ...history.requests.map(({ at }) => at));
  return [
    ...requestEntries(history, subject),
    ...attemptEntries(history, subject),
    ...deedEntries(history, subject),
    ...inboxEntries(history, subject),
    ...logEntries(history, subject),
    ...caseEntries(history, subject),
    ...refundEntries(history, subject),
    ...finalEntries(history, subject),
    ...deliveredEntries(history, subject),
    ...faultEntries(history),
  ]
    .toSorted((left, right) => left.at - right.at)
    .map(({ at, text }) => `${at === END ? 'end'.padStart(12) : secondsText(at - start)}  ${text}`);
}

const END = Number.MAX_SAFE_INTEGER;
const secondsText = (ms: number): string => `${(ms / 1_000).toFixed(3)} s`.padStart(12);

interface Subject {
  readonly keys: ReadonlySet<string>;
  readonly payments: ReadonlySet<string>;
  readonly orders: ReadonlySet<string>;
}

/** A violation names one callback, deed, payment or order. The others of the same order belong to the subject as well. */
function subjectOf(history: History, violation: Violation): Subject {
  const { callback, deed, orderNumber } = violation;
  const planned = callbacksOf(history.plan);
  const about = numbersOf(deedsOf(history.plan).find(({ key }) => key === deed));
  const orderOf = new Map(history.payments.map(({ number, order_number }) => [number, order_number]));
  const paid = planned.find(({ key }) => key === callback)?.paymentNumber ?? violation.paymentNumber;
  const named = paid ?? about.paymentNumber ?? null;
  const order = orderNumber ?? about.orderNumber ?? orderOf.get(named ?? '') ?? null;
  const payments = new Set(
    history.payments.filter(({ order_number }) => order_number === order).map(({ number }) => number),
  );
  if (named !== null) payments.add(named);
  const keys = new Set(
    planned.filter(({ paymentNumber }) => payments.has(paymentNumber)).map(({ key }) => key),
  );
  return { keys, payments, orders: new Set(order === null ? [] : [order]) };
}

/** What a deed is about. The payment that gets money by it belongs to it as well, but the case tells where the money was. */
function numbersOf(planned: PlannedDeed | undefined): { paymentNumber?: string; orderNumber?: string } {
  const deed = planned?.deed;
  if (!deed || deed.type === 'replay') return {};
  return deed.type === 'move' ? { orderNumber: deed.orderNumber } : deed.case.about;
}

const has = (numbers: ReadonlySet<string>, number: string | null): boolean => numbers.has(number ?? '');

function requestEntries({ requests }: History, { payments, orders }: Subject): Entry[] {
  return requests
    .filter(({ number }) => payments.has(number) || orders.has(number))
    .map(({ at, action, number, status }) => ({ at, text: `shop      ${action} ${number}: ${status}` }));
}

function attemptEntries({ attempts, plan }: History, { keys }: Subject): Entry[] {
  const planned = new Map(callbacksOf(plan).map((each) => [each.key, each]));
  return attempts
    .filter(({ callback }) => keys.has(callback))
    .map(({ at, callback, replica, answer, ms }) => {
      const { eventId, status, transactionId, amount, forgery } = planned.get(callback)!;
      const what = `${forgery ? `${forgery} ` : ''}${status} ${eventId} (${transactionId}, ${amount})`;
      return { at, text: `gateway   ${what} to replica ${replica}: ${answer} after ${ms.toFixed(0)} ms` };
    });
}

function deedEntries({ deeds, plan }: History, { payments, orders }: Subject): Entry[] {
  const planned = new Map(deedsOf(plan).map((each) => [each.key, each]));
  return deeds.flatMap(({ deed, at, attempts, subject, answer }) => {
    const done = planned.get(deed);
    const { paymentNumber, orderNumber } = numbersOf(done);
    if (!has(payments, paymentNumber ?? null) && !has(orders, orderNumber ?? null)) return [];
    const what = `${done!.operator} ${JSON.stringify(done!.deed)} on ${subject}`;
    return [{ at, text: `operator  ${deed} ${what}: ${answer} after ${attempts} requests` }];
  });
}

function inboxEntries({ callbacks }: History, { payments }: Subject): Entry[] {
  return callbacks
    .filter(({ payment_number }) => has(payments, payment_number))
    .map(({ received_at, id, event_id, outcome, deliveries }) => ({
      at: received_at.getTime(),
      text: `inbox     callback ${id}, ${event_id}: ${outcome}, ${deliveries} deliveries`,
    }));
}

function logEntries({ events }: History, { payments, orders }: Subject): Entry[] {
  return events
    .filter(({ payment_number, order_number }) => has(payments, payment_number) || has(orders, order_number))
    .map(({ at, id, type, actor, callback_id, data }) => ({
      at: at.getTime(),
      text: `log       ${id} ${type} by ${actor}${callback_id === null ? '' : `, callback ${callback_id}`} ${JSON.stringify(data)}`,
    }));
}

function caseEntries({ discrepancies }: History, { payments }: Subject): Entry[] {
  return discrepancies
    .filter(({ payment_number }) => has(payments, payment_number))
    .map(({ opened_at, id, kind, status, transaction_id, ended_by }) => ({
      at: opened_at.getTime(),
      text: `case      ${id} ${kind} ${status} (${transaction_id}) ${ended_by ? JSON.stringify(ended_by) : ''}`,
    }));
}

function refundEntries({ refunds }: History, { payments }: Subject): Entry[] {
  return refunds
    .filter(({ payment_number }) => has(payments, payment_number))
    .map(({ number, transaction_id, amount, status, reference }) => ({
      at: END,
      text: `refund    ${number} of ${transaction_id}: ${amount} ${status}${reference ? `, reference ${reference}` : ''}`,
    }));
}

function finalEntries({ payments, orders }: History, subject: Subject): Entry[] {
  return [
    ...payments
      .filter(({ number }) => subject.payments.has(number))
      .map(({ number, status, transaction_id }) => ({
        at: END,
        text: `payment   ${number} is ${status} by ${transaction_id}`,
      })),
    ...orders
      .filter(({ number }) => subject.orders.has(number))
      .map(({ number, status }) => ({ at: END, text: `order     ${number} is ${status}` })),
  ];
}

function deliveredEntries({ delivered }: History, { orders }: Subject): Entry[] {
  return delivered
    .filter(({ orderNumber }) => has(orders, orderNumber))
    .map(({ at, id, type }) => ({ at, text: `webhook   ${id} ${type}` }));
}

const faultEntries = ({ faults }: History): Entry[] =>
  faults.map(({ at, kind, detail }) => ({ at, text: `fault     ${kind}: ${detail}` }));
