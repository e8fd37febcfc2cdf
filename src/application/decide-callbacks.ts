import type { Outcome } from '../domain/notice.js';
import type { Entry, Received } from './inbox.js';
import type { Ledger } from './ledger.js';
import type { Clock, LockMode, LoggedEvent, OpenDiscrepancy, Stores } from './ports.js';
import type { ProcessPaymentSuccess, Verdict } from './process-payment-success.js';
import type { RecordNotice } from './record-notice.js';

/** How long a stored callback is left to the one that is at work on it before a worker may take it. */
const LEFT_ALONE_MS = 1_000;

interface Decided {
  readonly entry: Entry;
  readonly verdict: Verdict;
}

/**
 * Decides callbacks inside somebody's transaction and writes all that follows from it: whoever settles one, a gateway's delivery, a worker
 * or the creation of the payment that it waited for, settles it here.
 */
export class DecideCallbacks {
  constructor(
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
    private readonly recordNotice: RecordNotice,
    private readonly clock: Clock,
  ) {}

  /** `ledger` holds what the entries speak of. Returns what became of each, and the events that were logged. */
  async execute(
    entries: readonly Entry[],
    ledger: Ledger,
    stores: Stores,
    mode: LockMode,
  ): Promise<{ received: ReadonlyMap<Entry, Received>; events: readonly LoggedEvent[] }> {
    const undecided = entries.filter((entry) => entry.undecided);
    const free = undecided.filter((entry) => !ledger.holdsElsewhere(noticeOf(entry)));
    const { mine, outcomes } = await holdStored(free, stores, mode);
    // Read after the locks: what waited for one has happened after it.
    const at = this.clock.now();
    const decided: Decided[] = [];
    for (const entry of free) {
      if (entry.stored && !mine.has(entry.stored.id)) continue;
      const notice = noticeOf(entry);
      const { judgedAt } = entry.receipt ?? entry.stored!;
      const useCase = notice.kind === 'succeeded' ? this.processPaymentSuccess : this.recordNotice;
      const verdict = useCase.execute({ notice, judgedAt }, ledger, at);
      outcomes.set(entry, verdict.outcome);
      // An unmatched callback that is unmatched still has nothing new to tell.
      if (entry.stored?.outcome !== verdict.outcome) decided.push({ entry, verdict });
    }
    const [, , events] = await Promise.all([
      // The inbox first, for cases refer to its rows.
      writeInbox(entries, decided, outcomes, stores, at),
      ledger.save(stores),
      writeLog(decided, stores, at),
    ]);
    return { received: resultsOf(entries, decided, outcomes), events };
  }
}

/** Writes the inbox rows of a group, each kind of change at once. */
async function writeInbox(
  entries: readonly Entry[],
  decided: readonly Decided[],
  outcomes: ReadonlyMap<Entry, Outcome>,
  { callbacks }: Stores,
  at: Date,
): Promise<void> {
  const copies = entries.flatMap(({ id, stored, deliveries }) =>
    stored && deliveries > 0 ? [{ id, copies: deliveries }] : [],
  );
  const later = new Date(at.getTime() + LEFT_ALONE_MS);
  const fresh = entries.flatMap((entry) => {
    const { id, receipt, deliveries } = entry;
    const outcome = outcomes.get(entry) ?? 'pending';
    return receipt ? [{ id, receipt, outcome, at: outcome === 'pending' ? later : at, deliveries }] : [];
  });
  const settled = decided.flatMap(({ entry: { id, stored }, verdict: { outcome } }) =>
    stored ? [{ id, outcome, at }] : [],
  );
  await Promise.all([
    // Rows that are there come before keys that are new: two groups that each bring both would else wait for each other.
    copies.length && callbacks.countCopies(copies),
    fresh.length && callbacks.add(fresh),
    settled.length && callbacks.decide(settled),
  ]);
}

/** Events and discrepancies of what was decided; a case that closes or opens is an event too. */
async function writeLog(decided: readonly Decided[], stores: Stores, at: Date): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = decided.flatMap(({ entry, verdict }) =>
    verdict.events.map((event) => ({ callbackId: entry.id, ...event })),
  );
  const found = decided.filter(({ entry }) => entry.stored?.outcome === 'unmatched');
  const closed = found.length
    ? await stores.discrepancies.resolveUnmatched(
        found.map(({ entry }) => entry.id),
        at,
      )
    : [];
  const owned = decided.flatMap(({ entry, verdict }) =>
    verdict.discrepancy ? [{ ...verdict.discrepancy, callbackId: entry.id }] : [],
  );
  const opened = owned.length ? await stores.discrepancies.open(owned, at) : [];
  events.push(
    ...closed.map((discrepancy) =>
      discrepancyEvent('discrepancy.resolved', discrepancy, at, 'the payment has come'),
    ),
    ...opened.map((discrepancy) => discrepancyEvent('discrepancy.opened', discrepancy, at)),
  );
  if (events.length) await stores.events.append(events);
  return events;
}

export function discrepancyEvent(
  type: 'discrepancy.opened' | 'discrepancy.resolved',
  { kind, gateway, transactionId, paymentNumber, orderNumber, callbackId }: OpenDiscrepancy,
  at: Date,
  reason?: string,
  actor = `gateway:${gateway}`,
): LoggedEvent {
  const data = { kind, gateway, transactionId, ...(reason === undefined ? {} : { reason }) };
  return { type, at, actor, orderNumber, paymentNumber, callbackId, data };
}

const noticeOf = ({ receipt, stored }: Entry) => (stored ?? receipt!).notice;

/**
 * Holds the inbox rows of stored callbacks, only now that their payments are held: nobody waits for a payment with a callback
 * in hand. What somebody else has decided meanwhile keeps that outcome.
 */
async function holdStored(entries: readonly Entry[], stores: Stores, mode: LockMode) {
  const outcomes = new Map<Entry, Outcome>();
  const stored = entries.flatMap((entry) => entry.stored ?? []);
  const ids = stored.map(({ id }) => id);
  const mine = new Set(ids.length ? await stores.callbacks.lockUndecided(ids, mode) : []);
  const lost = stored.filter(({ id }) => !mine.has(id));
  if (lost.length) {
    const keys = lost.map(({ notice: { gateway }, eventId }) => ({ gateway, eventId }));
    const now = new Map((await stores.callbacks.find(keys)).map(({ id, outcome }) => [id, outcome]));
    for (const entry of entries) {
      const outcome = entry.stored && now.get(entry.stored.id);
      if (outcome && outcome !== 'pending') outcomes.set(entry, outcome);
    }
  }
  return { mine, outcomes };
}

function resultsOf(
  entries: readonly Entry[],
  decided: readonly Decided[],
  outcomes: ReadonlyMap<Entry, Outcome>,
): Map<Entry, Received> {
  const now = new Set(decided.map(({ entry }) => entry));
  const results = entries.map((entry): [Entry, Received] => {
    const { id, stored, receipt } = entry;
    const outcome = outcomes.get(entry) ?? stored?.outcome ?? 'pending';
    const copy = stored !== null && !now.has(entry);
    const waiting = outcome === 'pending' ? (stored ?? { id, outcome, attempts: 0, ...receipt! }) : null;
    return [entry, { outcome, copy, callbackId: id, waiting }];
  });
  return new Map(results);
}
