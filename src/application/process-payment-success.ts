import type { Discrepancy } from '../domain/discrepancy.js';
import type { DomainEvent } from '../domain/events.js';
import type { Notice, Outcome } from '../domain/notice.js';
import type { Deed } from '../domain/order.js';
import { settleSuccess, type Case, type Decision } from '../domain/settlement.js';
import type { Ledger } from './ledger.js';

/** A notice with the time by which it is judged. */
export interface Judged {
  readonly notice: Notice;
  readonly judgedAt: Date;
  /** Who has it decided, where that is not the gateway itself. */
  readonly actor?: string;
}

/** What was decided about one notice, and all that the log has to say of it. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly discrepancy: Discrepancy | null;
  readonly events: readonly DomainEvent[];
}

/**
 * The heart: a payment gateway says that money has come, so the payment succeeds and its order is paid, or the money gets an owner.
 * It decides on rows that the ledger holds locked and changes them in memory; the unit of work writes them with the
 * events, or not at all. Nothing is thrown for what a gateway or a customer can cause: a throw in here would roll
 * back the only record of the money.
 */
export class ProcessPaymentSuccess {
  execute({ notice, judgedAt, actor = actorOf(notice) }: Judged, ledger: Ledger, at: Date): Verdict {
    const given = ledger.caseOf(notice, judgedAt);
    const decision = settleSuccess(given, { actor, at });
    return verdictOf(given, decision, ledger.announced(given), { actor, at });
  }
}

export const actorOf = ({ gateway }: Notice): string => `gateway:${gateway}`;

/** A settled success has told all by its payment and its order; every other outcome adds its own entry to the log. */
export function verdictOf(
  given: Case,
  decision: Decision,
  events: readonly DomainEvent[],
  { actor, at }: Deed,
): Verdict {
  if (decision.outcome === 'settled') return { events, ...decision };
  const { notice, payment } = given;
  const entry: DomainEvent = {
    type: `callback.${decision.outcome}`,
    at,
    actor,
    orderNumber: payment?.orderNumber ?? null,
    paymentNumber: payment?.number ?? notice.paymentNumber,
    data: {
      gateway: notice.gateway,
      kind: notice.kind,
      transactionId: notice.transactionId,
      amount: notice.money?.toJSON() ?? null,
    },
  };
  return { events: [...events, entry], ...decision };
}
