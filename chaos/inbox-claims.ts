import type { Claim } from './claim.js';
import { isAcknowledged } from './evidence.js';

/** What has money in it, and its case, where it settled nothing. */
const PLACED = ['settled', 'duplicate'];
/** Notices that bring no money are kept under these outcomes without a case. */
const NO_CASE_WITHOUT_MONEY = ['recorded', 'stale', 'duplicate', 'ignored', 'unmatched', 'foreign'];

export const INBOX_CLAIMS: readonly Claim[] = [
  {
    name: 'what was acknowledged is stored, byte for byte',
    violations: (evidence) =>
      evidence.planned
        .filter((callback) => !callback.forgery && evidence.attemptsOf(callback).some(isAcknowledged))
        .filter((callback) => evidence.rowsOf(callback).length === 0)
        .map(({ key }) => ({
          callback: key,
          detail: 'it was acknowledged, and no row of the inbox has its bytes',
        })),
  },
  {
    name: 'every genuine callback is acknowledged in the end',
    violations: (evidence) =>
      evidence.planned
        .filter((callback) => !callback.forgery && !evidence.attemptsOf(callback).some(isAcknowledged))
        .map(({ key }) => ({ callback: key, detail: 'it never was, however often it was sent' })),
  },
  {
    name: 'a forgery is refused and leaves nothing',
    violations: (evidence) =>
      evidence.planned
        .filter(({ forgery }) => forgery)
        .filter(
          (callback) =>
            evidence.attemptsOf(callback).some(isAcknowledged) || evidence.rowsOf(callback).length > 0,
        )
        .map(({ key, forgery }) => ({ callback: key, detail: `${forgery}, and taken all the same` })),
  },
  {
    name: 'the inbox holds nothing that nobody sent, and each callback once',
    violations(evidence) {
      const owners = evidence.planned.flatMap((callback) =>
        evidence.rowsOf(callback).map((row) => ({ callback, row })),
      );
      const known = new Set(owners.map(({ row }) => row.id));
      const strangers = [...evidence.rows.values()].filter(({ id }) => !known.has(id));
      const counts = new Map<string, number>();
      for (const { callback } of owners) counts.set(callback.key, (counts.get(callback.key) ?? 0) + 1);
      return [
        ...strangers.map((row) => ({
          paymentNumber: row.payment_number,
          detail: `row ${row.id} (${row.event_id}) was sent by nobody`,
        })),
        ...[...counts]
          .filter(([, count]) => count > 1)
          .map(([callback, count]) => ({ callback, detail: `it has ${count} rows` })),
      ];
    },
  },
  {
    name: 'nothing waits any more and nothing was given up',
    violations: (evidence) =>
      [...evidence.rows.values()]
        .filter(({ outcome }) => outcome === 'pending' || outcome === 'undeliverable')
        .map((row) => ({
          paymentNumber: row.payment_number,
          detail: `callback ${row.id} (${row.event_id}) is ${row.outcome}`,
        })),
  },
  {
    name: 'every callback came to what its scenario allows',
    violations: (evidence) =>
      evidence.planned.flatMap((callback) =>
        evidence
          .rowsOf(callback)
          .filter(({ outcome }) => !callback.expected.some((allowed) => allowed === outcome))
          .map(({ outcome }) => ({
            callback: callback.key,
            detail: `in "${callback.scenario}" it is ${outcome}, and may be ${callback.expected.join(' or ') || 'nothing at all'}`,
          })),
      ),
  },
  {
    name: 'every success is settled, a duplicate, or has an open case of its kind',
    violations: (evidence) =>
      [...evidence.rows.values()]
        .filter((row) => !(row.kind === 'succeeded' ? PLACED : NO_CASE_WITHOUT_MONEY).includes(row.outcome))
        .filter(
          (row) =>
            !evidence
              .casesFor(row.payment_number)
              .some(
                ({ kind, status, gateway, transaction_id }) =>
                  kind === row.outcome &&
                  status === 'open' &&
                  gateway === row.gateway &&
                  transaction_id === row.transaction_id,
              ),
        )
        .map((row) => ({
          paymentNumber: row.payment_number,
          detail: `callback ${row.id} is ${row.outcome} and has no such case`,
        })),
  },
  {
    name: 'money is late where it was judged after the deadline, and nowhere else',
    violations: (evidence) =>
      [...evidence.rows.values()].flatMap((row) => {
        const payment = evidence.payments.get(row.payment_number ?? '');
        if (!payment || (row.outcome !== 'settled' && row.outcome !== 'paid_late')) return [];
        const isLate = row.judged_at > payment.expires_at;
        if (isLate === (row.outcome === 'paid_late')) return [];
        const [judged, deadline] = [row.judged_at.toISOString(), payment.expires_at.toISOString()];
        return [
          {
            paymentNumber: payment.number,
            detail: `judged by ${judged}, deadline ${deadline}, and ${row.outcome}`,
          },
        ];
      }),
  },
];
