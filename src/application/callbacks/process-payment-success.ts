import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { DomainEvent } from '../../domain/event.js';
import type { SettlementResult } from '../../domain/settlement/settle.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import type { Telemetry } from '../telemetry.js';
import type { LockMode, Transaction, UnitOfWork } from '../transaction.js';
import { CallbackRepository, type Receipt, type StoredCallback } from './callback-repository.js';
import { enterInbox, InboxEntry } from './inbox-entry.js';
import { endCasesOfCallbacks } from './message-cases.js';
import { WorkingSet } from './working-set.js';

/** Attempts at a lock for a callback that may wait, each as long as the lock time-out. Its deadline comes first. */
const LOCK_ATTEMPTS = 10;
/** A callback that is stored as `pending` is left to the process that stored it for this long, before a worker may take it. */
const LEFT_TO_ITS_OWNER_MS = 1_000;

interface BatchOptions {
  readonly mode: LockMode;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
}

/** A callback that this transaction has decided. */
interface Decision {
  readonly entry: InboxEntry;
  readonly result: SettlementResult;
}

/**
 * The use case at the centre: a gateway says that money has come, so the payment succeeds and its order is paid, or the
 * money gets an owner. It takes a batch of notifications of every kind; one callback is a batch of one.
 *
 * A batch is one transaction with three steps: **lock** the payments, the orders and the inbox rows; **decide** each
 * notification in memory by the domain's tables, in order of arrival; **write** each table once. Receipts, effects, log and
 * outcomes commit together.
 *
 * Throws `KeyTaken` if another transaction has stored one of the callbacks in the meantime, `Unavailable` for a
 * temporary fault, and anything else for a bug. In each case nothing of the batch is stored, unless the answer to COMMIT was lost.
 */
export class ProcessPaymentSuccess {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
  ) {}

  /** Stores and settles callbacks that a gateway has just sent. Entries come in the order of the receipts. */
  async execute(receipts: readonly Receipt[], options: BatchOptions): Promise<InboxEntry[]> {
    const enter = (tx: Transaction) => enterInbox(receipts, tx.of(CallbackRepository));
    const entries = await this.settle(receipts, enter, options);
    this.telemetry.batchSettled(receipts.length);
    return entries;
  }

  /** Settles callbacks that the inbox holds undecided. Entries come in the order of the callbacks. */
  executeStored(callbacks: readonly StoredCallback[], options: BatchOptions): Promise<InboxEntry[]> {
    return this.settle(callbacks, async () => retried(callbacks), options);
  }

  /** Like `executeStored`, inside the caller's transaction. */
  async executeWithin(tx: Transaction, callbacks: readonly StoredCallback[]): Promise<void> {
    await this.process(callbacks, async () => retried(callbacks), tx, 'wait');
  }

  private async settle(
    batch: readonly (Receipt | StoredCallback)[],
    enter: (tx: Transaction) => Promise<InboxEntry[]>,
    { mode, deadline }: BatchOptions,
  ): Promise<InboxEntry[]> {
    const { entries, events } = await this.unitOfWork.run(
      (tx) => this.process(batch, enter, tx, mode),
      // A batch that meets a lock is taken apart at once. A single callback waits for as long as it has time.
      { deadline, attempts: mode === 'skip' ? 1 : LOCK_ATTEMPTS, pipelined: true },
    );
    entries.filter(({ waiting }) => waiting).forEach(() => this.telemetry.lockConflict());
    for (const { type } of events) {
      if (type === 'payment.expired') this.telemetry.paymentExpired();
      if (type === 'callback.order_not_payable') this.telemetry.orderNotPayable();
    }
    return entries;
  }

  private async process(
    batch: readonly (Receipt | StoredCallback)[],
    enter: (tx: Transaction) => Promise<InboxEntry[]>,
    tx: Transaction,
    mode: LockMode,
  ): Promise<{ entries: InboxEntry[]; events: readonly DomainEvent[] }> {
    const notifications = batch.map(({ notification }) => notification);
    // One round trip for both. To wait for the inbox first would seldom make a lock unnecessary.
    const [entries, rows] = await Promise.all([enter(tx), WorkingSet.lock(notifications, tx, mode)]);
    const distinct = [...new Set(entries)];
    const undecided = distinct.filter(
      (entry) => entry.needsDecision && !rows.isContended(entry.notification),
    );
    const decidable = await lockStored(undecided, tx.of(CallbackRepository), mode);

    // The time is taken after the locks: whatever waited for a lock happens after it.
    const at = this.clock.now();
    const decisions = decidable.flatMap((entry): Decision[] => {
      const actor = `gateway:${entry.notification.gateway}`;
      const reasonOf = entry.stored?.outcome === 'unmatched' ? thePaymentHasCome : theOutcome;
      const result = rows.decide(entry, { actor, at, callbackId: entry.id, reasonOf });
      // An unmatched callback that is still unmatched has nothing new to log.
      if (entry.stored?.outcome === result.outcome) return [];
      entry.outcome = result.outcome;
      entry.isDecidedHere = true;
      return [{ entry, result }];
    });

    const [, , events] = await Promise.all([
      // The inbox first, because cases refer to its rows.
      saveEntries(distinct, tx.of(CallbackRepository), at),
      rows.save(tx, at),
      saveLog(decisions, rows, tx, at),
    ]);
    return { entries, events };
  }
}

function retried(callbacks: readonly StoredCallback[]): InboxEntry[] {
  return callbacks.map((callback) => InboxEntry.retried(callback));
}

/**
 * Locks the inbox rows of stored callbacks, after their payments, so that nobody waits for a payment with a callback row
 * locked. An entry that another transaction has decided in the meantime takes that outcome.
 * @returns the entries that this transaction may decide.
 */
async function lockStored(
  entries: readonly InboxEntry[],
  callbacks: CallbackRepository,
  mode: LockMode,
): Promise<readonly InboxEntry[]> {
  const stored = entries.flatMap((entry) => entry.stored ?? []);
  if (stored.length === 0) return entries;
  const locked = new Set(
    await callbacks.lockUndecided(
      stored.map(({ id }) => id),
      mode,
    ),
  );
  const lost = stored.filter(({ id }) => !locked.has(id));
  if (lost.length === 0) return entries;
  const keys = lost.map(({ notification, eventId }) => ({ gateway: notification.gateway, eventId }));
  const current = new Map((await callbacks.findByKeys(keys)).map(({ id, outcome }) => [id, outcome]));
  for (const entry of entries) {
    if (entry.stored && !locked.has(entry.id)) entry.outcome = current.get(entry.id) ?? entry.outcome;
  }
  return entries.filter(({ id, stored: before }) => !before || locked.has(id));
}

/** Writes the inbox rows of a batch, each kind of change in one statement. */
async function saveEntries(
  entries: readonly InboxEntry[],
  callbacks: CallbackRepository,
  at: Date,
): Promise<void> {
  const retryAt = new Date(at.getTime() + LEFT_TO_ITS_OWNER_MS);
  const added = entries.flatMap(({ id, receipt, outcome, deliveries }) =>
    receipt ? [{ id, receipt, outcome, at: outcome === 'pending' ? retryAt : at, deliveries }] : [],
  );
  const copies = entries.flatMap(({ id, stored, deliveries }) =>
    stored && deliveries > 0 ? [{ id, copies: deliveries }] : [],
  );
  const decided = entries.flatMap(({ id, stored, isDecidedHere: isDecided, outcome }) =>
    stored && isDecided ? [{ id, outcome, at }] : [],
  );
  await Promise.all([
    // Existing rows before new keys: otherwise two batches that bring both could wait for each other.
    copies.length && callbacks.countCopies(copies),
    added.length && callbacks.add(added),
    decided.length && callbacks.saveOutcomes(decided),
  ]);
}

/** Writes the events and the cases of what was decided. A case that opens or ends is an event as well. */
async function saveLog(
  decisions: readonly Decision[],
  { pieces: { ledger } }: WorkingSet,
  tx: Transaction,
  at: Date,
): Promise<readonly DomainEvent[]> {
  const events: DomainEvent[] = decisions.flatMap(({ entry, result }) =>
    result.events.map((event): DomainEvent => ({ callbackId: entry.id, ...event })),
  );
  const unmatched = decisions.filter(({ entry }) => entry.stored?.outcome === 'unmatched');
  if (unmatched.length) {
    const decided = unmatched.map(({ entry, result: { outcome } }) => {
      const attribution = { actor: `gateway:${entry.notification.gateway}`, at };
      const { paymentNumber } = entry.notification;
      const cause = { reason: thePaymentHasCome(), attribution };
      return { callbackId: entry.id, outcome, paymentNumber, cause };
    });
    await endCasesOfCallbacks(decided, ledger, tx);
  }
  if (!ledger.isEmpty) events.push(...(await ledger.save(tx, at)));
  if (events.length) await tx.of(EventRepository).append(events);
  return events;
}

/** Why the case of a callback ends that came before its payment. */
const thePaymentHasCome = (): string => 'the payment has come';
/** Why a case ends by a callback that has just come. */
const theOutcome = (outcome: Outcome): string => outcome;
