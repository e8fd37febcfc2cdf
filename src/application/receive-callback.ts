import type { Outcome } from '../domain/notice.js';
import { placeInInbox, type Entry, type Received } from './inbox.js';
import { Ledger } from './ledger.js';
import {
  type Clock,
  type LockMode,
  type LoggedEvent,
  type OpenDiscrepancy,
  type Receipt,
  type StoredCallback,
  type Stores,
  type Telemetry,
  type UnitOfWork,
} from './ports.js';
import { type ProcessPaymentSuccess, type Verdict } from './process-payment-success.js';
import type { RecordNotice } from './record-notice.js';

/** How long a stored callback is left to the one that is at work on it before a worker may take it. */
const LEFT_ALONE_MS = 1_000;
/** Attempts at a lock, each as long as the connection's lock time-out; the deadline comes first. */
const STAND_IN_LINE = 10;

interface Options {
  readonly mode: LockMode;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
}

interface Decided {
  readonly entry: Entry;
  readonly verdict: Verdict;
}

/**
 * A verified notice enters the inbox and finds its use case. A group of callbacks is one transaction, a lone one is a group of one: receipts,
 * effects, log and outcomes commit together. Answers come in the order of the callbacks and mean "stored".
 *
 * Throws `KeyTaken` where another transaction stored one of them meanwhile, `Unavailable` for a passing reason, and
 * anything else for a bug of ours; in each case nothing of the group is stored, unless the answer to COMMIT was lost.
 */
export class ReceiveCallback {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
    private readonly recordNotice: RecordNotice,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /** Takes callbacks that a gateway has just sent. */
  async receive(receipts: readonly Receipt[], { mode, deadline }: Options): Promise<Received[]> {
    const results = await this.run(
      async (stores) => {
        const placed = await placeInInbox(receipts, stores.callbacks);
        return { entries: [...new Set(placed)], placed };
      },
      mode,
      deadline,
    );
    this.telemetry.groupSettled(receipts.length);
    return results;
  }

  /** Settles callbacks that the inbox holds undecided. */
  async settle(stored: readonly StoredCallback[], { mode, deadline }: Options): Promise<Received[]> {
    const placed = stored.map((callback): Entry => ({
      receipt: null,
      stored: callback,
      undecided: true,
      deliveries: 0,
    }));
    return this.run(async () => ({ entries: placed, placed }), mode, deadline);
  }

  private async run(
    place: (stores: Stores) => Promise<{ entries: Entry[]; placed: Entry[] }>,
    mode: LockMode,
    deadline: number,
  ): Promise<Received[]> {
    const { results, events } = await this.unitOfWork.run(
      async (stores) => {
        const { entries, placed } = await place(stores);
        const { received, events } = await this.decide(entries, stores, mode);
        // Of several copies in one group the first is the callback.
        const seen = new Set<Entry>();
        const results = placed.map((entry) => {
          const result = received.get(entry)!;
          const copy = result.copy || seen.has(entry);
          seen.add(entry);
          return { ...result, copy };
        });
        return { results, events };
      },
      // A group that meets a lock is taken apart at once; a lone one stands in line for as long as it has time.
      { deadline, attempts: mode === 'skip' ? 1 : STAND_IN_LINE },
    );
    results.filter(({ waiting }) => waiting).forEach(() => this.telemetry.lockConflict());
    for (const { type } of events) {
      if (type === 'payment.expired') this.telemetry.paymentExpired();
      if (type === 'callback.order_not_payable') this.telemetry.transitionFailed();
    }
    return results;
  }

  private async decide(entries: readonly Entry[], stores: Stores, mode: LockMode) {
    const undecided = entries.filter((entry) => entry.undecided);
    const ledger = await Ledger.lock(undecided.map(noticeOf), stores, mode);
    const free = undecided.filter((entry) => !ledger.holdsElsewhere(noticeOf(entry)));
    const { mine, outcomes } = await holdStored(free, stores);
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
    await ledger.save(stores);
    const ids = await writeInbox(entries, decided, outcomes, stores, at);
    const events = await writeLog(decided, ids, stores, at);
    return { received: resultsOf(entries, decided, outcomes, ids), events };
  }
}

/** Writes the inbox rows of a group, each table's rows at once, and returns every entry's id. */
async function writeInbox(
  entries: readonly Entry[],
  decided: readonly Decided[],
  outcomes: ReadonlyMap<Entry, Outcome>,
  stores: Stores,
  at: Date,
): Promise<ReadonlyMap<Entry, string>> {
  const fresh = entries.filter(({ stored }) => !stored);
  const later = new Date(at.getTime() + LEFT_ALONE_MS);
  const rows = fresh.map((entry) => {
    const outcome = outcomes.get(entry) ?? 'pending';
    return {
      receipt: entry.receipt!,
      outcome,
      at: outcome === 'pending' ? later : at,
      deliveries: entry.deliveries,
    };
  });
  const newIds = rows.length ? await stores.callbacks.add(rows) : [];
  const ids = new Map(entries.flatMap((entry) => (entry.stored ? [[entry, entry.stored.id] as const] : [])));
  fresh.forEach((entry, index) => ids.set(entry, newIds[index]!));
  const settled = decided.flatMap(({ entry, verdict: { outcome } }) =>
    entry.stored ? [{ id: entry.stored.id, outcome, at }] : [],
  );
  if (settled.length) await stores.callbacks.decide(settled);
  const copies = entries.flatMap(({ stored, deliveries }) =>
    stored && deliveries > 0 ? [{ id: stored.id, copies: deliveries }] : [],
  );
  if (copies.length) await stores.callbacks.countCopies(copies);
  return ids;
}

/** Events and discrepancies of what was decided; a case that closes or opens is an event too. */
async function writeLog(
  decided: readonly Decided[],
  ids: ReadonlyMap<Entry, string>,
  stores: Stores,
  at: Date,
): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = decided.flatMap(({ entry, verdict }) =>
    verdict.events.map((event) => ({ ...event, callbackId: ids.get(entry)! })),
  );
  const found = decided.filter(({ entry }) => entry.stored?.outcome === 'unmatched');
  const closed = found.length
    ? await stores.discrepancies.resolveUnmatched(
        found.map(({ entry }) => ids.get(entry)!),
        at,
      )
    : [];
  const owned = decided.flatMap(({ entry, verdict }) =>
    verdict.discrepancy ? [{ ...verdict.discrepancy, callbackId: ids.get(entry)! }] : [],
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
async function holdStored(entries: readonly Entry[], stores: Stores) {
  const outcomes = new Map<Entry, Outcome>();
  const stored = entries.flatMap((entry) => entry.stored ?? []);
  const mine = new Set(stored.length ? await stores.callbacks.lockUndecided(stored.map(({ id }) => id)) : []);
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
  ids: ReadonlyMap<Entry, string>,
): Map<Entry, Received> {
  const now = new Set(decided.map(({ entry }) => entry));
  const results = entries.map((entry): [Entry, Received] => {
    const { stored, receipt } = entry;
    const outcome = outcomes.get(entry) ?? stored?.outcome ?? 'pending';
    const callbackId = ids.get(entry)!;
    const waiting = stored ?? { ...receipt!, id: callbackId, outcome, attempts: 0 };
    const copy = stored !== null && !now.has(entry);
    return [entry, { outcome, copy, callbackId, waiting: outcome === 'pending' ? waiting : null }];
  });
  return new Map(results);
}
