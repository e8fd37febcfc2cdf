import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import { isBack, wentBackFirst } from '../../domain/cases/known-piece.js';
import type { DomainEvent } from '../../domain/event.js';
import type { Payment } from '../../domain/payments/payment.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { CallbackRepository } from './callback-repository.js';
import { endCasesOfCallbacks } from './message-cases.js';
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

/** Why a case ends. */
const reasonOf = (outcome: Outcome): string =>
  outcome === 'settled' ? 'settled by replay' : `replayed: ${outcome}`;

export type ReplayFault = 'callback_unknown' | 'money_refunded';

/** Outcomes that are final. A replay of them answers what a copy would get, and changes nothing. */
const FINAL: readonly Outcome[] = [
  'settled',
  'duplicate',
  'recorded',
  'stale',
  'ignored',
  'refund_reported',
  'dispute_reported',
];
/** Outcomes of callbacks that were never decided, or without their payment. */
const UNDECIDED: readonly Outcome[] = ['pending', 'unmatched', 'unreadable', 'undeliverable'];

/**
 * Decides a stored callback again, under the same locks and by the same tables as a new one, and by the time that was fixed
 * at its first receipt. The log attributes the result to the operator. A money case ends only if the piece of money settles or another
 * case takes it; a callback whose money was moved before has done its work, and its case stays as it is.
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
    if (!isFinal && wasRefunded(notification, rows)) return 'money_refunded';

    const { actor, at } = attribution;
    const { payment } = rows.inputFor({ notification, judgedAt });
    const decidedBy = { actor, at, callbackId: id, reasonOf };
    const { outcome, events: decided } = rows.decide({ notification, judgedAt }, decidedBy);
    const isDone = isFinal || (outcome === 'duplicate' && !UNDECIDED.includes(storedOutcome));
    const changed = !isDone && outcome !== storedOutcome;
    const replayed = { callbackId: id, storedOutcome, outcome, changed };
    const events: DomainEvent[] = [replayedEvent(replayed, notification, payment, attribution)];
    if (changed) {
      await rows.save(tx, at);
      if (parsed) await callbacks.saveParsed(id, parsed);
      await callbacks.saveOutcomes([{ id, outcome, at }]);
      const { ledger } = rows.pieces;
      const { paymentNumber } = notification;
      const cause = { reason: reasonOf(outcome), attribution };
      await endCasesOfCallbacks([{ callbackId: id, outcome, paymentNumber, cause }], ledger, tx);
      events.push(...decided.map((event): DomainEvent => ({ ...event, callbackId: id })));
      events.push(...(await ledger.save(tx, at)));
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

/** Money that has gone back pays nothing any more. Money that went back before its success was decided waits for that decision. */
function wasRefunded(notification: Notification, rows: WorkingSet): boolean {
  const piece = rows.pieces.of(notification);
  const { money } = notification;
  return notification.kind === 'succeeded' && isBack(piece, money) && !wentBackFirst(piece, money);
}
