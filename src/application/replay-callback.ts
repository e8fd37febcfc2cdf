import { DISCREPANCY_KINDS } from '../domain/discrepancy.js';
import type { Notice, Outcome } from '../domain/notice.js';
import type { Deed } from '../domain/order.js';
import { discrepancyEvent } from './decide-callbacks.js';
import type { Rereading } from './explain-callback.js';
import { Ledger } from './ledger.js';
import type { LoggedEvent, Stores } from './ports.js';
import type { ProcessPaymentSuccess, Verdict } from './process-payment-success.js';
import type { RecordNotice } from './record-notice.js';
import type { KeptCallback } from './stored-callbacks.js';

export interface Replayed {
  readonly callbackId: string;
  /** What had been decided before. */
  readonly storedOutcome: Outcome;
  readonly outcome: Outcome;
  /** False where the callback has come to the same again, or had done its work before. */
  readonly changed: boolean;
}

export type ReplayFault = 'callback_unknown' | 'money_refunded';

/** Nothing waits for what has come to one of these, so a replay of it decides what a copy would come to and keeps none of it. */
const DONE: readonly Outcome[] = ['settled', 'duplicate', 'recorded', 'stale', 'ignored'];

/**
 * Decides a stored callback once more, under the locks and by the tables of a fresh one, and by the time that was fixed at
 * its first receipt. What it comes to is an operator's deed in the log; a case that it leaves behind is closed.
 */
export class ReplayCallback {
  constructor(
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
    private readonly recordNotice: RecordNotice,
    private readonly rereading: Rereading,
  ) {}

  async execute(stores: Stores, id: string, deed: Deed): Promise<Replayed | ReplayFault> {
    const stored = await stores.storedCallbacks.find(id);
    if (!stored) return 'callback_unknown';
    const reading = this.rereading.of(stored);
    const { notice, judgedAt } = reading ?? stored;
    const ledger = await Ledger.lock([notice], stores, 'wait');
    const storedOutcome = await stores.storedCallbacks.hold(id);
    const isDone = DONE.includes(storedOutcome);
    if (!isDone && (await isRefunded(notice, stores))) return 'money_refunded';

    const useCase = notice.kind === 'succeeded' ? this.processPaymentSuccess : this.recordNotice;
    const verdict = useCase.execute({ notice, judgedAt, actor: deed.actor }, ledger, deed.at);
    const { outcome } = verdict;
    const replayed = { callbackId: id, storedOutcome, outcome };
    if (isDone || (outcome === storedOutcome && !reading)) return { ...replayed, changed: false };
    await ledger.save(stores);
    if (reading) await stores.storedCallbacks.reread(id, reading);
    await stores.callbacks.decide([{ id, outcome, at: deed.at }]);
    await writeLog(stores, { ...stored, outcome: storedOutcome }, verdict, deed);
    return { ...replayed, changed: true };
  }
}

/** Money that was given back does not pay anything any more. */
async function isRefunded(
  { kind, gateway, transactionId }: Notice,
  { resolutions }: Stores,
): Promise<boolean> {
  return kind === 'succeeded' && transactionId !== null && resolutions.isRefunded(gateway, transactionId);
}

/** One piece of money has one open case: that of what it has come to last. */
async function writeLog(stores: Stores, before: KeptCallback, verdict: Verdict, deed: Deed): Promise<void> {
  const { actor, at } = deed;
  const callbackId = before.id;
  const events: LoggedEvent[] = verdict.events.map((event) => ({ ...event, callbackId }));
  const kind = DISCREPANCY_KINDS.find((each) => each === before.outcome);
  if (kind) {
    const reason = verdict.outcome === 'settled' ? 'settled by replay' : `replayed: ${verdict.outcome}`;
    const closed = await stores.resolutions.closeCaseOf(before, kind, reason, deed);
    if (closed) events.push(discrepancyEvent('discrepancy.resolved', closed, at, reason, actor));
  }
  const owned = verdict.discrepancy ? [{ ...verdict.discrepancy, callbackId }] : [];
  const opened = owned.length ? await stores.discrepancies.open(owned, at) : [];
  events.push(...opened.map((each) => discrepancyEvent('discrepancy.opened', each, at, undefined, actor)));
  await stores.events.append(events);
}
