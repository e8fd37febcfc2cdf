import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import type { Claim, Violation } from './claim.js';
import type { CallbackRow, DeliveredEvent, EventRow } from './history.js';
import { type IndexedHistory, grouped } from './indexed-history.js';

const PUBLISHED: ReadonlySet<string> = new Set(PUBLISHED_TYPES);

/** Null if the moves of the log lead from the first status to the stored one; otherwise what is wrong. */
function chainFault(
  moves: readonly { from: string; to: string; event: EventRow }[],
  first: string,
  stored: string,
): string | null {
  let status = first;
  for (const { from, to, event } of moves) {
    if (from !== status)
      return `event ${event.id} (${event.type}) moves it from ${from}, and its status was ${status}`;
    status = to;
  }
  return status === stored ? null : `by its log it is ${status}, and the stored status is ${stored}`;
}

function orderChains(history: IndexedHistory): Violation[] {
  const logs = grouped(history.events, ({ type, order_number }) =>
    type.startsWith('order.') ? order_number : null,
  );
  return [...history.orders.values()].flatMap(({ number, status }): Violation[] => {
    const [created, ...moved] = logs.get(number) ?? [];
    if (created?.type !== 'order.created')
      return [{ orderNumber: number, detail: 'its log does not begin with its creation' }];
    const moves = moved.map((event) => ({ from: String(event.data.from), to: String(event.data.to), event }));
    const detail = chainFault(moves, 'pending', status);
    return detail === null ? [] : [{ orderNumber: number, detail }];
  });
}

function paymentChains(history: IndexedHistory): Violation[] {
  const logs = grouped(history.events, ({ type, payment_number }) =>
    // Refunds leave the payment as it is.
    type.startsWith('payment.') && type !== 'payment.refunded' ? payment_number : null,
  );
  return [...history.payments.values()].flatMap(({ number, status }): Violation[] => {
    const [created, ...moved] = logs.get(number) ?? [];
    if (created?.type !== 'payment.created')
      return [{ paymentNumber: number, detail: 'its log does not begin with its creation' }];
    const moves = moved.map((event) => ({
      from: String(event.data.from),
      to: event.type.slice('payment.'.length),
      event,
    }));
    const detail = chainFault(moves, 'init', status);
    return detail === null ? [] : [{ paymentNumber: number, detail }];
  });
}

/**
 * Null if the log of a callback is right. It must have the outcome once; for `settled` that is the success of the payment. It may
 * also have `callback.unmatched` from before the payment was opened.
 */
function callbackLogFault(row: CallbackRow, events: readonly EventRow[]): string | null {
  const own = row.outcome === 'settled' ? 'payment.succeeded' : `callback.${row.outcome}`;
  const times = events.filter(({ type }) => type === own).length;
  if (times !== 1) return `it is ${row.outcome}, and the log has ${own} ${times} times`;
  const others = events.filter(
    ({ type, actor }) =>
      type.startsWith('callback.') &&
      type !== own &&
      type !== 'callback.unmatched' &&
      // An operator has decided about it later: by a replay, or about its case.
      !actor.startsWith('admin:'),
  );
  return others.length === 0 ? null : `it is ${row.outcome}, and the log also has ${others[0]!.type}`;
}

function casesNotLoggedOnce(history: IndexedHistory): Violation[] {
  const idOfCase = ({ data }: EventRow) => String(data.id);
  const eventsOf = (type: string) =>
    grouped(
      history.events.filter((each) => each.type === type),
      idOfCase,
    );
  const [openings, endings] = [eventsOf('discrepancy.opened'), eventsOf('discrepancy.resolved')];
  return history.cases.flatMap(({ id, kind, status, payment_number }): Violation[] => {
    const [opened, ended] = [openings.get(id)?.length ?? 0, endings.get(id)?.length ?? 0];
    if (opened === 1 && ended === (status === 'open' ? 0 : 1)) return [];
    const detail = `the log has ${opened} openings and ${ended} endings of case ${id} (${kind}), which is ${status}`;
    return [{ paymentNumber: payment_number, detail }];
  });
}

const idOf = ({ id }: DeliveredEvent): number => Number(id.replace('evt_', ''));

function deliveredOutOfOrder(history: IndexedHistory): Violation[] {
  const seen = new Set<string>();
  const firstArrivals = history.delivered.filter(({ id }) => !seen.has(id) && seen.add(id));
  const byOrder = grouped(firstArrivals, ({ orderNumber }) => orderNumber);
  return [...byOrder].flatMap(([orderNumber, events]): Violation[] => {
    const index = events.findIndex((each, at) => at > 0 && idOf(each) < idOf(events[at - 1]!));
    if (index < 0) return [];
    return [{ orderNumber, detail: `${events[index]!.id} came after ${events[index - 1]!.id}` }];
  });
}

export const LOG_CLAIMS: readonly Claim[] = [
  { name: 'the events of an order lead from its creation to its status', violations: orderChains },
  { name: 'the events of a payment lead from its creation to its status', violations: paymentChains },
  {
    name: 'the log has the outcome of every callback exactly once',
    violations: (history) =>
      [...history.rows.values()].flatMap((row): Violation[] => {
        const fault = callbackLogFault(row, history.eventsOf(row));
        return fault === null
          ? []
          : [{ paymentNumber: row.payment_number, detail: `callback ${row.id}: ${fault}` }];
      }),
  },
  {
    name: 'every callback in the log is in the inbox',
    violations: (history) =>
      history.events
        .filter(({ callback_id }) => callback_id !== null && !history.rows.has(callback_id))
        .map(({ id, type, payment_number, callback_id }) => ({
          paymentNumber: payment_number,
          detail: `event ${id} (${type}) names callback ${callback_id}, which is not in the inbox`,
        })),
  },
  { name: 'the log has the opening of every case once, and its end once', violations: casesNotLoggedOnce },
  {
    name: 'no event is skipped: every published event was delivered',
    violations(history) {
      const delivered = new Set(history.delivered.map(({ id }) => id));
      return history.events
        .filter(({ id, type }) => PUBLISHED.has(type) && !delivered.has(`evt_${id}`))
        .map(({ id, type, order_number, payment_number }) => ({
          orderNumber: order_number,
          paymentNumber: payment_number,
          detail: `event ${id} (${type}) was not delivered`,
        }));
    },
  },
  {
    name: 'every delivered event is in the log and has a valid signature',
    violations(history) {
      const types = new Map(history.events.map(({ id, type }) => [`evt_${id}`, type]));
      return history.delivered
        .filter(({ id, type, verified }) => !verified || types.get(id) !== type)
        .map(({ id, type, orderNumber, verified }) => ({
          orderNumber,
          detail: verified ? `${id} (${type}) is not in the log` : `the signature of ${id} is not valid`,
        }));
    },
  },
  {
    name: 'the events of one order arrive in order, by the first arrival of each',
    violations: deliveredOutOfOrder,
  },
];
