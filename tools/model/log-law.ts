import type { CaseFact, EventFact, Facts } from './facts.js';
import { caseText, first, type Sentence } from './law.js';

/** The log tells each fact once, and what is stored is what it tells. */
export const LOG_LAW: readonly Sentence[] = [
  {
    says: 'the log tells each move of an order once, and ends with its status',
    broken: ({ after: { orders, events } }) =>
      first(orders, ({ number, status }) => {
        const moves = events.filter((each) => each.orderNumber === number && 'move' in each.data);
        return chainFault(`order ${number}`, moves, 'pending', status);
      }),
  },
  {
    says: 'the log tells each step of a payment once, and ends with its status',
    broken: ({ after: { payments, events } }) =>
      first(payments, ({ number, status }) => {
        const steps = events.filter((each) => each.paymentNumber === number && isStep(each));
        return chainFault(`payment ${number}`, steps, 'init', status);
      }),
  },
  {
    says: 'the log tells once that a case has opened, and once that it has ended',
    broken: ({ after }) => caseFault(after),
  },
  {
    says: 'the log is only appended to',
    broken: ({ before, after }) => {
      const changed = before.events.findIndex((event, index) => event.id !== after.events[index]?.id);
      return changed < 0 ? null : `event ${before.events[changed]!.id} is not where it was`;
    },
  },
];

const STATUSES = ['processing', 'succeeded', 'failed', 'cancelled', 'expired'];

const isStep = ({ type }: EventFact): boolean =>
  type.startsWith('payment.') && STATUSES.includes(type.slice('payment.'.length));

/** Each event begins where the one before has ended. */
function chainFault(what: string, events: readonly EventFact[], begin: string, end: string): string | null {
  let status = begin;
  for (const { data, type } of events) {
    if (data['from'] !== status)
      return `${what}: ${type} comes from ${String(data['from'])}, not from ${status}`;
    status = (data['to'] as string | undefined) ?? type.slice('payment.'.length);
  }
  return status === end ? null : `${what} is ${end}, and the log ends with ${status}`;
}

function caseFault({ cases, events }: Facts): string | null {
  const told = new Map<string, { opened: number; resolved: number; endedBy: unknown }>();
  for (const { type, data } of events) {
    if (type !== 'discrepancy.opened' && type !== 'discrepancy.resolved') continue;
    const id = data['id'] as string;
    const counts = told.get(id) ?? { opened: 0, resolved: 0, endedBy: null };
    if (type === 'discrepancy.opened') counts.opened += 1;
    else Object.assign(counts, { resolved: counts.resolved + 1, endedBy: data['endedBy'] });
    told.set(id, counts);
  }
  const known = new Set(cases.map(({ id }) => id));
  const strange = [...told.keys()].find((id) => !known.has(id));
  if (strange) return `the log tells of case ${strange}, which is not stored`;
  return first(cases, (each) => toldFault(each, told.get(each.id)));
}

function toldFault(
  each: CaseFact,
  told: { readonly opened: number; readonly resolved: number; readonly endedBy: unknown } | undefined,
): string | null {
  // A case that a gateway's last attempt has opened is stored by the tests without its event.
  const { opened = 0, resolved = 0, endedBy = null } = told ?? {};
  if (opened !== 1 && each.kind !== 'undeliverable') return `${caseText(each)} has opened ${opened} times`;
  if (resolved !== (each.status === 'open' ? 0 : 1)) return `${caseText(each)} has ended ${resolved} times`;
  const isSame = resolved === 0 || sorted(endedBy) === sorted(each.endedBy);
  return isSame ? null : `${caseText(each)} has ended by ${JSON.stringify(endedBy)} in the log`;
}

/** JSON with its names in order: a database does not store the order of names. */
const sorted = (value: unknown): string =>
  JSON.stringify(Object.entries(value ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1)));
