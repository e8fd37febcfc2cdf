import type { Attribution } from '../attribution.js';
import type { NotificationKind } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import { caseOf, type Case, type CaseEvent } from '../cases/case.js';
import type { DomainEvent } from '../event.js';
import type { Amount } from '../money.js';
import type { OrderEvent } from '../orders/order.js';
import type { PaymentEvent } from '../payments/payment.js';
import { decideLabel } from './label-table.js';
import type { SettlementInput } from './settlement-input.js';
import { settleSuccess } from './success-table.js';

/** What a notification said, in the log. */
export type CallbackEvent = DomainEvent<
  `callback.${Outcome}`,
  { gateway: string; kind: NotificationKind; transactionId: string | null; amount: Amount | null }
>;

/** Every event that the domain announces. */
export type AnyEvent = OrderEvent | PaymentEvent | CallbackEvent | CaseEvent;

/** What was decided about a notification, and everything that the log must say about it. */
export interface SettlementResult {
  readonly outcome: Outcome;
  readonly newCase: Case | null;
  /** Payment before order. */
  readonly events: readonly AnyEvent[];
}

/**
 * Decides a notification by the table of its kind, and changes the payment and the order in memory. Nothing is thrown for
 * what a gateway or a customer can cause: a throw would roll back the only record of the money.
 */
export function settle(input: SettlementInput, attribution: Attribution): SettlementResult {
  const decide = input.notification.kind === 'succeeded' ? settleSuccess : decideLabel;
  return resultOf(decide(input, attribution), input, attribution);
}

/** Takes the events of the aggregates, so it is called once, after the decision. */
export function resultOf(
  outcome: Outcome,
  input: SettlementInput,
  attribution: Attribution,
): SettlementResult {
  const { payment, order } = input;
  const events: AnyEvent[] = [...(payment?.events.splice(0) ?? []), ...(order?.events.splice(0) ?? [])];
  // The payment and the order have announced all about a settled success. Every other outcome adds its own entry.
  if (outcome !== 'settled') events.push(callbackEvent(outcome, input, attribution));
  return { outcome, newCase: newCaseOf(outcome, input), events };
}

/** The details show an operator what was expected beside what came. */
function newCaseOf(outcome: Outcome, { notification, payment, judgedAt }: SettlementInput): Case | null {
  if (!payment) return caseOf(outcome, notification, null);
  return caseOf(outcome, notification, payment, () => ({
    due: payment.due.toString(),
    expiresAt: payment.expiresAt.toISOString(),
    judgedAt: judgedAt.toISOString(),
    settledBy: payment.transactionId,
  }));
}

function callbackEvent(
  outcome: Outcome,
  { notification, payment }: SettlementInput,
  { actor, at }: Attribution,
): CallbackEvent {
  const { gateway, kind, transactionId, money } = notification;
  return {
    type: `callback.${outcome}`,
    at,
    actor,
    orderNumber: payment?.orderNumber ?? null,
    paymentNumber: payment?.number ?? notification.paymentNumber,
    data: { gateway, kind, transactionId, amount: money?.toJSON() ?? null },
  };
}
