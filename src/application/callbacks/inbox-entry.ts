import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { CallbackRepository, Receipt, StoredCallback } from './callback-repository.js';

/** The callback as it came, or as it is stored. */
type Source =
  | { readonly receipt: Receipt; readonly stored: null }
  | { readonly receipt: null; readonly stored: StoredCallback };

/** One callback of a batch, under its key in the inbox. Copies of it in the same batch share the entry. */
export class InboxEntry {
  /** How many deliveries of it this batch brings. */
  deliveries = 0;
  /** Changes when this transaction decides the callback, or finds that another one has. */
  outcome: Outcome;
  /** This transaction has given the callback its outcome. */
  isDecidedHere = false;

  private constructor(
    readonly id: string,
    private readonly source: Source,
    /** Whether this batch is to decide it. */
    readonly needsDecision: boolean,
  ) {
    this.outcome = source.stored?.outcome ?? 'pending';
  }

  static received(id: string, receipt: Receipt): InboxEntry {
    return new InboxEntry(id, { receipt, stored: null }, true);
  }

  /** A stored callback that has come again. It is decided now if it is still pending. */
  static copied(stored: StoredCallback): InboxEntry {
    return new InboxEntry(stored.id, { receipt: null, stored }, stored.outcome === 'pending');
  }

  /** A stored callback that is to be decided now, pending or unmatched. */
  static retried(stored: StoredCallback): InboxEntry {
    return new InboxEntry(stored.id, { receipt: null, stored }, true);
  }

  get receipt(): Receipt | null {
    return this.source.receipt;
  }

  get stored(): StoredCallback | null {
    return this.source.stored;
  }

  get notification(): Notification {
    return (this.source.receipt ?? this.source.stored).notification;
  }

  get judgedAt(): Date {
    return (this.source.receipt ?? this.source.stored).judgedAt;
  }

  /** It had been stored before this batch, and this batch has not changed its outcome. */
  get isCopy(): boolean {
    return this.source.stored !== null && !this.isDecidedHere;
  }

  /** The stored callback, if it still waits to be settled; most often for rows that another transaction has locked. */
  get waiting(): StoredCallback | null {
    if (this.outcome !== 'pending') return null;
    const { stored, receipt } = this.source;
    return stored ?? { id: this.id, outcome: 'pending', attempts: 0, ...receipt };
  }
}

export function inboxKey({
  notification,
  eventId,
}: {
  readonly notification: { readonly gateway: string };
  readonly eventId: string;
}): string {
  return `${notification.gateway} ${eventId}`;
}

/**
 * The rule of the inbox. A copy has the event id of a stored callback and the same content; it joins that entry. The same
 * event id with other content is not a copy: it gets a key of its own and opens a case.
 * @returns an entry for each receipt, in their order; copies of one callback share an entry.
 */
export async function enterInbox(
  receipts: readonly Receipt[],
  callbacks: CallbackRepository,
): Promise<InboxEntry[]> {
  const entries = new Map<string, InboxEntry>();
  const [ids] = await Promise.all([
    callbacks.reserveIds(receipts.length),
    findCopied(entries, receipts, callbacks),
  ]);
  const keyed = withOwnKeys(receipts, entries);
  const conflicting = keyed.filter(({ notification }) => notification.kind === 'conflicting');
  if (conflicting.length) await findCopied(entries, conflicting, callbacks);
  return keyed.map((receipt, index) => {
    const key = inboxKey(receipt);
    const entry = entries.get(key) ?? InboxEntry.received(ids[index]!, receipt);
    entries.set(key, entry);
    entry.deliveries += 1;
    return entry;
  });
}

/** The first content under a key keeps it, stored or new; any other content becomes `conflicting`. */
function withOwnKeys(receipts: readonly Receipt[], stored: ReadonlyMap<string, InboxEntry>): Receipt[] {
  const fingerprints = new Map([...stored].map(([key, entry]) => [key, entry.stored!.fingerprint]));
  return receipts.map((receipt) => {
    const key = inboxKey(receipt);
    const fingerprint = fingerprints.get(key);
    if (fingerprint === undefined) fingerprints.set(key, receipt.fingerprint);
    return fingerprint === undefined || saysTheSame(receipt, fingerprint) ? receipt : asConflicting(receipt);
  });
}

/** Whether a callback that is stored under this fingerprint, by this release or an earlier one, says the same as the receipt. */
export function saysTheSame({ fingerprint, earlierFingerprint }: Receipt, stored: string): boolean {
  return fingerprint === stored || earlierFingerprint === stored;
}

async function findCopied(
  entries: Map<string, InboxEntry>,
  receipts: readonly Receipt[],
  callbacks: CallbackRepository,
): Promise<void> {
  const keys = new Map(
    receipts.map((receipt) => [
      inboxKey(receipt),
      { gateway: receipt.notification.gateway, eventId: receipt.eventId },
    ]),
  );
  for (const stored of await callbacks.findByKeys([...keys.values()])) {
    entries.set(inboxKey(stored), InboxEntry.copied(stored));
  }
}

/** The receipt under a key that contains its content, so that it is stored beside the callback that has its event id. */
export function asConflicting(receipt: Receipt): Receipt {
  const eventId = `${receipt.eventId}~${receipt.fingerprint.slice(0, 16)}`;
  const { kind: claimedKind } = receipt.notification;
  return {
    ...receipt,
    eventId,
    notification: { ...receipt.notification, kind: 'conflicting', claimedKind },
  };
}
