import type { Claim, Violation } from './claim.js';
import type { CallbackRow } from './history.js';
import { type IndexedHistory, isAcknowledged } from './indexed-history.js';

/** The outcomes of a success that need no case. */
const SETTLED = ['settled', 'duplicate'];
/** The outcomes that need no case if the notification reports no money. Refunds and disputes have rows of their own. */
const NO_CASE_WITHOUT_MONEY = [
  'recorded',
  'stale',
  'duplicate',
  'ignored',
  'unmatched',
  'foreign',
  'refund_reported',
  'dispute_reported',
];

function unsentOrDuplicateRows(history: IndexedHistory): Violation[] {
  const matches = history.planned.flatMap((callback) =>
    history.rowsOf(callback).map((row) => ({ callback, row })),
  );
  const known = new Set(matches.map(({ row }) => row.id));
  const unknown = [...history.rows.values()].filter(({ id }) => !known.has(id));
  const counts = new Map<string, number>();
  for (const { callback } of matches) counts.set(callback.key, (counts.get(callback.key) ?? 0) + 1);
  return [
    ...unknown.map((row) => ({
      paymentNumber: row.payment_number,
      detail: `row ${row.id} (${row.event_id}) was never sent`,
    })),
    ...[...counts]
      .filter(([, count]) => count > 1)
      .map(([callback, count]) => ({ callback, detail: `it has ${count} rows` })),
  ];
}

const needsCase = ({ kind, outcome }: CallbackRow): boolean =>
  !(kind === 'succeeded' ? SETTLED : NO_CASE_WITHOUT_MONEY).includes(outcome);

/** Other claims say that an ended case has ended by what is so. */
const hasCase = (history: IndexedHistory, row: CallbackRow): boolean =>
  history
    .casesFor(row.payment_number)
    .some(
      ({ kind, gateway, transaction_id }) =>
        kind === row.outcome && gateway === row.gateway && transaction_id === row.transaction_id,
    );

/** The money of a later success may have settled after all, or may be in a case of another kind or number. */
const hasOwner = (history: IndexedHistory, row: CallbackRow): boolean =>
  row.kind === 'succeeded' &&
  (history.settledNumberOf(row) !== null || history.casesOf(row).some(({ money }) => money));

function wronglyTimed(history: IndexedHistory): Violation[] {
  return [...history.rows.values()].flatMap((row) => {
    const payment = history.payments.get(row.payment_number ?? '');
    if (!payment || (row.outcome !== 'settled' && row.outcome !== 'paid_late')) return [];
    const isLate = row.judged_at > payment.expires_at;
    if (isLate === (row.outcome === 'paid_late')) return [];
    const [judged, deadline] = [row.judged_at.toISOString(), payment.expires_at.toISOString()];
    const detail = `judged at ${judged}, the deadline was ${deadline}, and the outcome is ${row.outcome}`;
    return [{ paymentNumber: payment.number, detail }];
  });
}

export const INBOX_CLAIMS: readonly Claim[] = [
  {
    name: 'an acknowledged callback is stored, byte for byte',
    violations: (history) =>
      history.planned
        .filter((callback) => !callback.forgery && history.attemptsOf(callback).some(isAcknowledged))
        .filter((callback) => history.rowsOf(callback).length === 0)
        .map(({ key }) => ({
          callback: key,
          detail: 'it was acknowledged, and no row of the inbox has its bytes',
        })),
  },
  {
    name: 'every genuine callback is acknowledged in the end',
    violations: (history) =>
      history.planned
        .filter((callback) => !callback.forgery && !history.attemptsOf(callback).some(isAcknowledged))
        .map(({ key }) => ({ callback: key, detail: 'no attempt was acknowledged' })),
  },
  {
    name: 'a forged callback is rejected and nothing of it is stored',
    violations: (history) =>
      history.planned
        .filter(({ forgery }) => forgery)
        .filter(
          (callback) =>
            history.attemptsOf(callback).some(isAcknowledged) || history.rowsOf(callback).length > 0,
        )
        .map(({ key, forgery }) => ({
          callback: key,
          detail: `it is forged (${forgery}), and was acknowledged or stored`,
        })),
  },
  {
    name: 'the inbox has only callbacks that were sent, and each of them once',
    violations: unsentOrDuplicateRows,
  },
  {
    name: 'no callback is left pending or undeliverable',
    violations: (history) =>
      [...history.rows.values()]
        .filter(({ outcome }) => outcome === 'pending' || outcome === 'undeliverable')
        .map((row) => ({
          paymentNumber: row.payment_number,
          detail: `callback ${row.id} (${row.event_id}) is ${row.outcome}`,
        })),
  },
  {
    name: 'every callback has an outcome that its scenario allows',
    violations: (history) =>
      history.planned.flatMap((callback) =>
        history
          .rowsOf(callback)
          .filter(({ outcome }) => !callback.expected.some((allowed) => allowed === outcome))
          .map(({ outcome }) => ({
            callback: callback.key,
            detail: `it is ${outcome}, and "${callback.scenario}" allows ${callback.expected.join(' or ') || 'no outcome'}`,
          })),
      ),
  },
  {
    name: 'every outcome that needs a person has a case',
    violations: (history) =>
      [...history.rows.values()]
        .filter((row) => needsCase(row) && !hasCase(history, row) && !hasOwner(history, row))
        .map((row) => ({
          paymentNumber: row.payment_number,
          detail: `callback ${row.id} is ${row.outcome} and has no case, of that kind or of its money`,
        })),
  },
  { name: 'money is late if it was judged after the deadline, and only then', violations: wronglyTimed },
];
