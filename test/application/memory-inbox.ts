import {
  KeyTaken,
  Unavailable,
  type Callbacks,
  type NewCallback,
  type StoredCallback,
} from '../../src/application/ports.js';
import type { Outcome } from '../../src/domain/notice.js';
import type { Base, CallbackRow } from './memory-tables.js';

export function callbacks({ draft, held, nextId }: Base): Callbacks {
  const rows = (): CallbackRow[] => [...draft.callbacks.values()];
  return {
    async find(keys) {
      const wanted = new Set(keys.map(({ gateway, eventId }) => `${gateway} ${eventId}`));
      return rows()
        .filter((row) => wanted.has(callbackKey(row)))
        .map(asStored);
    },
    async newIds(count) {
      return Array.from({ length: count }, nextId);
    },
    async add(added) {
      added.forEach(({ id, receipt, outcome, at, deliveries }) => {
        const row: CallbackRow = { id, receipt, deliveries, attempts: 0, ...decided(outcome, at) };
        if (rows().some((other) => callbackKey(other) === callbackKey(row)))
          throw new KeyTaken(callbackKey(row));
        draft.callbacks.set(row.id, row);
      });
    },
    async lockUndecided(ids, mode) {
      const undecided = ['pending', 'unmatched'];
      if (mode === 'wait' && ids.some((id) => held.has(id)))
        throw new Unavailable(`${ids.join()} held elsewhere`);
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
  };
}

/** Adds one as a transaction of the service would, and returns its id. */
export async function addOne(inbox: Callbacks, callback: Omit<NewCallback, 'id'>): Promise<string> {
  const [id] = await inbox.newIds(1);
  await inbox.add([{ id: id!, ...callback }]);
  return id!;
}

function callbackKey({ receipt }: CallbackRow): string {
  return `${receipt.notice.gateway} ${receipt.eventId}`;
}

export function asStored({ id, receipt, outcome, attempts }: CallbackRow): StoredCallback {
  const { eventId, fingerprint, notice, receivedAt, judgedAt } = receipt;
  return { id, eventId, fingerprint, notice, receivedAt, judgedAt, outcome, attempts };
}

/** A decision's time is when it was made, or, while it waits, when it may be tried. */
function decided(outcome: Outcome, at: Date): Pick<CallbackRow, 'outcome' | 'settledAt' | 'nextAttemptAt'> {
  return outcome === 'pending'
    ? { outcome, settledAt: null, nextAttemptAt: at }
    : { outcome, settledAt: at, nextAttemptAt: null };
}
