import type { Outcome } from '../domain/notice.js';
import type { CallbackKey, Callbacks, Receipt, StoredCallback } from './ports.js';

/** A callback of a group under its key in the inbox: new, or there already, or both where a copy comes in. */
export interface Entry {
  readonly id: string;
  readonly receipt: Receipt | null;
  readonly stored: StoredCallback | null;
  /** Whether it is to be settled now. */
  readonly undecided: boolean;
  /** How many deliveries this group brings of it. */
  deliveries: number;
}

/** What became of one callback. */
export interface Received {
  readonly outcome: Outcome;
  /** It had been stored before: what it does, it has done then. */
  readonly copy: boolean;
  readonly callbackId: string;
  /** Set where the callback is stored but still waits, most often for rows that somebody else holds. */
  readonly waiting: StoredCallback | null;
}

export const keyOf = ({ notice, eventId }: { notice: { gateway: string }; eventId: string }): string =>
  `${notice.gateway} ${eventId}`;

/**
 * The inbox rule. A copy has the event id of a stored callback and says the same; it joins that row, and where the row is still `pending` it
 * is an attempt to settle it. The same id over another content is no copy: it gets a key of its own and a
 * discrepancy. Answers in the order of the receipts; copies of one callback share an entry.
 */
export async function placeInInbox(receipts: readonly Receipt[], callbacks: Callbacks): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  const [ids] = await Promise.all([
    callbacks.newIds(receipts.length),
    addStored(entries, receipts, callbacks),
  ]);
  const taken = new Map([...entries].map(([key, { stored }]) => [key, stored!.fingerprint]));
  const keyed = receipts.map((receipt) => {
    const fingerprint = taken.get(keyOf(receipt));
    if (fingerprint === undefined) taken.set(keyOf(receipt), receipt.fingerprint);
    return fingerprint === undefined || fingerprint === receipt.fingerprint
      ? receipt
      : asConflicting(receipt);
  });
  const conflicting = keyed.filter((receipt) => receipt.notice.kind === 'conflicting');
  if (conflicting.length) await addStored(entries, conflicting, callbacks);
  return keyed.map((receipt, index) => {
    const key = keyOf(receipt);
    const entry = entries.get(key) ?? {
      id: ids[index]!,
      receipt,
      stored: null,
      undecided: true,
      deliveries: 0,
    };
    entries.set(key, entry);
    entry.deliveries += 1;
    return entry;
  });
}

async function addStored(
  entries: Map<string, Entry>,
  receipts: readonly Receipt[],
  callbacks: Callbacks,
): Promise<void> {
  const keys = new Map<string, CallbackKey>(
    receipts.map((receipt) => [
      keyOf(receipt),
      { gateway: receipt.notice.gateway, eventId: receipt.eventId },
    ]),
  );
  for (const stored of await callbacks.find([...keys.values()])) {
    const undecided = stored.outcome === 'pending';
    entries.set(keyOf(stored), { id: stored.id, receipt: null, stored, undecided, deliveries: 0 });
  }
}

/** The same receipt under a key that its content is part of, to be kept beside the one that took its id. */
export function asConflicting(receipt: Receipt): Receipt {
  const eventId = `${receipt.eventId}~${receipt.fingerprint.slice(0, 16)}`;
  return { ...receipt, eventId, notice: { ...receipt.notice, kind: 'conflicting' } };
}
