import { PUBLISHED_TYPES } from '../src/domain/published-event.js';
import type { Claim, Violation } from './claim.js';
import { grouped, type Evidence } from './evidence.js';
import type { CallbackRow, EventRow, Told } from './history.js';

const PUBLISHED: ReadonlySet<string> = new Set(PUBLISHED_TYPES);
/** Outcomes that the payment's own event tells, so that the callback needs none. */
const TOLD_BY_PAYMENT = 'settled';

/** Where following the moves of a log from its beginning does not lead to the status that is kept. */
function brokenChain(
  moves: readonly { from: string; to: string; event: EventRow }[],
  first: string,
  kept: string,
): string | null {
  let status = first;
  for (const { from, to, event } of moves) {
    if (from !== status)
      return `event ${event.id} (${event.type}) moves it from ${from}, and it was ${status}`;
    status = to;
  }
  return status === kept ? null : `by its log it is ${status}, and it is kept as ${kept}`;
}

function orderChains(evidence: Evidence): Violation[] {
  const logs = grouped(evidence.events, ({ type, order_number }) =>
    type.startsWith('order.') ? order_number : null,
  );
  return [...evidence.orders.values()].flatMap(({ number, status }): Violation[] => {
    const [created, ...moved] = logs.get(number) ?? [];
    if (created?.type !== 'order.created')
      return [{ orderNumber: number, detail: 'its log does not begin with its creation' }];
    const moves = moved.map((event) => ({ from: String(event.data.from), to: String(event.data.to), event }));
    const detail = brokenChain(moves, 'pending', status);
    return detail === null ? [] : [{ orderNumber: number, detail }];
  });
}

function paymentChains(evidence: Evidence): Violation[] {
  const logs = grouped(evidence.events, ({ type, payment_number }) =>
    type.startsWith('payment.') ? payment_number : null,
  );
  return [...evidence.payments.values()].flatMap(({ number, status }): Violation[] => {
    const [created, ...moved] = logs.get(number) ?? [];
    if (created?.type !== 'payment.created')
      return [{ paymentNumber: number, detail: 'its log does not begin with its creation' }];
    const moves = moved.map((event) => ({
      from: String(event.data.from),
      to: event.type.slice('payment.'.length),
      event,
    }));
    const detail = brokenChain(moves, 'init', status);
    return detail === null ? [] : [{ paymentNumber: number, detail }];
  });
}

/** What the log has to say of a callback: that its payment succeeded, or its outcome; and what it said while it was unmatched. */
function wrongLog(row: CallbackRow, events: readonly EventRow[]): string | null {
  const told = (type: string) => events.filter((event) => event.type === type).length;
  const own = row.outcome === TOLD_BY_PAYMENT ? 'payment.succeeded' : `callback.${row.outcome}`;
  if (told(own) !== 1) return `it is ${row.outcome}, and the log says ${own} ${told(own)} times`;
  const others = events.filter(
    ({ type }) => type.startsWith('callback.') && type !== own && type !== 'callback.unmatched',
  );
  return others.length === 0 ? null : `it is ${row.outcome}, and the log also says ${others[0]!.type}`;
}

const numberOf = ({ id }: Told): number => Number(id.replace('evt_', ''));

export const LOG_CLAIMS: readonly Claim[] = [
  { name: 'the log of an order, followed from its beginning, leads to its status', violations: orderChains },
  {
    name: 'the log of a payment, followed from its beginning, leads to its status',
    violations: paymentChains,
  },
  {
    name: 'the log says of every callback what became of it, once',
    violations: (evidence) =>
      [...evidence.rows.values()].flatMap((row): Violation[] => {
        const detail = wrongLog(row, evidence.eventsOf(row));
        return detail === null
          ? []
          : [{ paymentNumber: row.payment_number, detail: `callback ${row.id}: ${detail}` }];
      }),
  },
  {
    name: 'the log speaks of no callback that the inbox does not hold',
    violations: (evidence) =>
      evidence.events
        .filter(({ callback_id }) => callback_id !== null && !evidence.rows.has(callback_id))
        .map(({ id, type, payment_number }) => ({
          paymentNumber: payment_number,
          detail: `event ${id} (${type}) does`,
        })),
  },
  {
    name: 'every case is in the log, opened once',
    violations(evidence) {
      const key = (gateway: unknown, kind: unknown, number: string | null, transaction: unknown) =>
        [gateway, kind, number, transaction].join(' ');
      const opened = evidence.events.filter(({ type }) => type === 'discrepancy.opened');
      const told = grouped(opened, ({ payment_number, data }) =>
        key(data.gateway, data.kind, payment_number, data.transactionId),
      );
      return evidence.history.discrepancies
        .filter(
          (each) =>
            told.get(key(each.gateway, each.kind, each.payment_number, each.transaction_id))?.length !== 1,
        )
        .map(({ id, kind, payment_number }) => ({
          paymentNumber: payment_number,
          detail: `case ${id} (${kind}) is not, or more than once`,
        }));
    },
  },
  {
    name: 'no event is skipped: whatever is to be told was told',
    violations(evidence) {
      const told = new Set(evidence.told.map(({ id }) => id));
      return evidence.events
        .filter(({ id, type }) => PUBLISHED.has(type) && !told.has(`evt_${id}`))
        .map(({ id, type, order_number, payment_number }) => ({
          orderNumber: order_number,
          paymentNumber: payment_number,
          detail: `nobody was told of event ${id} (${type})`,
        }));
    },
  },
  {
    name: 'what was told is in the log, and signed',
    violations(evidence) {
      const types = new Map(evidence.events.map(({ id, type }) => [`evt_${id}`, type]));
      return evidence.told
        .filter(({ id, type, verified }) => !verified || types.get(id) !== type)
        .map(({ id, type, orderNumber, verified }) => ({
          orderNumber,
          detail: verified ? `${id} (${type}) is not in the log` : `the signature of ${id} does not hold`,
        }));
    },
  },
  {
    name: 'one order is told in order, by the first arrival of each event',
    violations(evidence) {
      const seen = new Set<string>();
      const first = evidence.told.filter(({ id }) => !seen.has(id) && seen.add(id));
      const lanes = grouped(first, ({ orderNumber }) => orderNumber);
      return [...lanes].flatMap(([orderNumber, told]): Violation[] => {
        const index = told.findIndex((each, at) => at > 0 && numberOf(each) < numberOf(told[at - 1]!));
        return index < 0
          ? []
          : [{ orderNumber, detail: `${told[index]!.id} came behind ${told[index - 1]!.id}` }];
      });
    },
  },
];
