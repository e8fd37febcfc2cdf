import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import { caseOpened, caseResolved } from '../../domain/cases/case.js';
import { CASE_KINDS } from '../../domain/cases/kinds.js';
import type { DomainEvent } from '../../domain/event.js';
import type { Payment } from '../../domain/payments/payment.js';
import type { SettlementResult } from '../../domain/settlement/settle.js';
import { CaseRepository } from '../cases/case-repository.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { CallbackRepository, type StoredCallback } from './callback-repository.js';
import type { Reparser } from './reparse.js';
import { WorkingSet } from './working-set.js';

export interface Replayed {
  readonly callbackId: string;
  readonly storedOutcome: Outcome;
  readonly outcome: Outcome;
  /** False if the outcome is the same again, or if the callback had done its work before. */
  readonly changed: boolean;
}

/** The log has every replay, also one that changes nothing: it says who has asked for it. */
type CallbackReplayed = DomainEvent<
  'callback.replayed',
  { gateway: string; storedOutcome: Outcome; outcome: Outcome; changed: boolean }
>;

export type ReplayFault = 'callback_unknown' | 'money_refunded';

/** Outcomes that are final. A replay of them answers what a copy would get, and changes nothing. */
const FINAL: readonly Outcome[] = ['settled', 'duplicate', 'recorded', 'stale', 'ignored'];

/**
 * Decides a stored callback again, under the same locks and by the same tables as a new one, and by the time that was fixed
 * at its first receipt. The log attributes the result to the operator. The case of the earlier outcome is closed.
 */
export class ReplayCallback {
  constructor(private readonly reparser: Reparser) {}

  async execute(tx: Transaction, id: string, attribution: Attribution): Promise<Replayed | ReplayFault> {
    const callbacks = tx.of(CallbackRepository);
    const stored = await callbacks.findById(id);
    if (!stored) return 'callback_unknown';
    const parsed = this.reparser.reparse(stored);
    const { notification, judgedAt } = parsed ?? stored;
    const rows = await WorkingSet.lock([notification], tx, 'wait');
    const storedOutcome = await callbacks.lock(id);
    const isFinal = FINAL.includes(storedOutcome);
    if (!isFinal && (await isRefunded(notification, tx))) return 'money_refunded';

    const result = rows.decide(notification, judgedAt, { actor: attribution.actor, at: attribution.at });
    const { outcome } = result;
    const changed = !isFinal && outcome !== storedOutcome;
    const replayed = { callbackId: id, storedOutcome, outcome, changed };
    const { payment } = rows.inputFor(notification, judgedAt);
    const events: DomainEvent[] = [replayedEvent(replayed, notification, payment, attribution)];
    if (changed) {
      await rows.save(tx);
      if (parsed) await callbacks.saveParsed(id, parsed);
      await callbacks.saveOutcomes([{ id, outcome, at: attribution.at }]);
      const before = { ...stored, outcome: storedOutcome };
      events.push(...(await moveCases(before, result, tx, attribution)));
    }
    await tx.of(EventRepository).append(events);
    return replayed;
  }
}

function replayedEvent(
  { callbackId, ...data }: Replayed,
  { gateway, paymentNumber }: Notification,
  payment: Payment | null,
  { actor, at }: Attribution,
): CallbackReplayed {
  const about = {
    orderNumber: payment?.orderNumber ?? null,
    paymentNumber: payment?.number ?? paymentNumber,
    callbackId,
  };
  return { type: 'callback.replayed', at, actor, ...about, data: { gateway, ...data } };
}

/** Money that was refunded elsewhere pays nothing any more. */
async function isRefunded({ kind, gateway, transactionId }: Notification, tx: Transaction): Promise<boolean> {
  if (kind !== 'succeeded' || transactionId === null) return false;
  return tx.of(CaseRepository).isRefundedElsewhere(gateway, transactionId);
}

/** Closes the case of the earlier outcome and opens the case of the new one. Returns the events of the decision and of the cases. */
async function moveCases(
  before: StoredCallback,
  { outcome, newCase, events: decided }: SettlementResult,
  tx: Transaction,
  attribution: Attribution,
): Promise<DomainEvent[]> {
  const cases = tx.of(CaseRepository);
  const callbackId = before.id;
  const events: DomainEvent[] = decided.map((event) => ({ ...event, callbackId }));
  const kind = CASE_KINDS.find((each) => each === before.outcome);
  if (kind) {
    const reason = outcome === 'settled' ? 'settled by replay' : `replayed: ${outcome}`;
    const closed = await cases.closeFor(before, kind, reason, attribution);
    if (closed) events.push(caseResolved(closed, attribution, { reason }));
  }
  const opened = newCase ? await cases.open([{ ...newCase, callbackId }], attribution.at) : [];
  return [...events, ...opened.map((each) => caseOpened(each, attribution))];
}
