import { KeyTaken, type Callbacks, type StoredCallback } from '../../src/application/ports.js';
import type { Outcome } from '../../src/domain/notice.js';
import type { Base, CallbackRow } from './memory-tables.js';

/** The inbox: rows that wait are `pending`, or `unmatched` with a payment that has come since. */
export function callbacks({ draft, held, nextId }: Base): Callbacks {
  const rows = (): CallbackRow[] => [...draft.callbacks.values()];
  const paymentCame = (row: CallbackRow): boolean =>
    row.outcome === 'unmatched' && draft.payments.has(row.receipt.notice.paymentNumber ?? '');
  const isDue = (row: CallbackRow, now: Date): boolean =>
    (row.outcome === 'pending' || paymentCame(row)) &&
    (row.nextAttemptAt === null || row.nextAttemptAt <= now);
  return {
    async find(keys) {
      const wanted = new Set(keys.map(({ gateway, eventId }) => `${gateway} ${eventId}`));
      return rows()
        .filter((row) => wanted.has(callbackKey(row)))
        .map(asStored);
    },
    async add(added) {
      return added.map(({ receipt, outcome, at, deliveries }) => {
        const row: CallbackRow = { id: nextId(), receipt, deliveries, attempts: 0, ...decided(outcome, at) };
        if (rows().some((other) => callbackKey(other) === callbackKey(row)))
          throw new KeyTaken(callbackKey(row));
        draft.callbacks.set(row.id, row);
        return row.id;
      });
    },
    async lockUndecided(ids) {
      const undecided = ['pending', 'unmatched'];
      return ids.filter((id) => !held.has(id) && undecided.includes(draft.callbacks.get(id)?.outcome ?? ''));
    },
    async decide(decisions) {
      for (const { id, outcome, at } of decisions) {
        draft.callbacks.set(id, { ...draft.callbacks.get(id)!, ...decided(outcome, at) });
      }
    },
    async countCopies(copies) {
      for (const { id, copies: more } of copies) {
        const row = draft.callbacks.get(id)!;
        draft.callbacks.set(id, { ...row, deliveries: row.deliveries + more });
      }
    },
    async lease(now, delaysSeconds, limit) {
      const due = rows().filter((row) => !held.has(row.id) && isDue(row, now));
      return due.slice(0, limit).map((row) => {
        const delay = delaysSeconds[Math.min(row.attempts, delaysSeconds.length - 1)] ?? 0;
        const nextAttemptAt = new Date(now.getTime() + delay * 1000);
        const leased = { ...row, attempts: row.attempts + 1, nextAttemptAt };
        draft.callbacks.set(row.id, leased);
        return asStored(leased);
      });
    },
  };
}

function callbackKey({ receipt }: CallbackRow): string {
  return `${receipt.notice.gateway} ${receipt.eventId}`;
}

function asStored({ id, receipt, outcome, attempts }: CallbackRow): StoredCallback {
  const { eventId, fingerprint, notice, receivedAt, judgedAt } = receipt;
  return { id, eventId, fingerprint, notice, receivedAt, judgedAt, outcome, attempts };
}

/** A decision's time is when it was made, or, while it waits, when it may be tried. */
function decided(outcome: Outcome, at: Date): Pick<CallbackRow, 'outcome' | 'settledAt' | 'nextAttemptAt'> {
  return outcome === 'pending'
    ? { outcome, settledAt: null, nextAttemptAt: at }
    : { outcome, settledAt: at, nextAttemptAt: null };
}
