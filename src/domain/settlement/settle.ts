import type { Attribution } from '../attribution.js';
import type { NotificationKind } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import { caseOf, MONEY_BACK, type Case, type CaseDetails, type CaseEvent } from '../cases/case.js';
import { MONEY_KINDS } from '../cases/kinds.js';
import type { PaymentRefunded } from '../cases/refund-cases.js';
import { belongsElsewhere, isFree, wentBackFirst } from '../cases/known-piece.js';
import type { DisputeEvent } from '../disputes/dispute.js';
import type { DomainEvent } from '../event.js';
import type { Amount } from '../money.js';
import type { OrderEvent } from '../orders/order.js';
import type { PaymentEvent } from '../payments/payment.js';
import type { RefundEvent } from '../refunds/refund.js';
import { decideLabel } from './label-table.js';
import type { SettlementInput } from './settlement-input.js';
import { settleSuccess } from './success-table.js';

/** What a notification said, in the log. */
export type CallbackEvent = DomainEvent<
  `callback.${Outcome}`,
  { gateway: string; kind: NotificationKind; transactionId: string | null; amount: Amount | null }
>;

/** Every event that the domain announces. */
export type AnyEvent =
  OrderEvent | PaymentEvent | PaymentRefunded | RefundEvent | DisputeEvent | CallbackEvent | CaseEvent;

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

function newCaseOf(outcome: Outcome, input: SettlementInput): Case | null {
  return caseOf(outcome, input.notification, input.payment, () => ({
    ownsMoney: ownsMoney(outcome, input),
    moreDetails: moreDetails(outcome, input),
  }));
}

/**
 * Whether the case of an outcome is the owner of the money. It is not if the transaction has settled another payment or its money has gone
 * back. Of money for another merchant, or under an event id that came before, it is the owner only if nothing else is; but a payment that was
 * unknown may turn out to be another merchant's or another gateway's.
 */
function ownsMoney(outcome: Outcome, { notification, piece }: SettlementInput): boolean {
  const { money, paymentNumber } = notification;
  const { openCase } = piece;
  if (outcome === 'unmatched') return !belongsElsewhere(piece, paymentNumber, money);
  if (outcome === 'conflicting') return isFree(piece, money);
  if (outcome !== 'foreign') return MONEY_KINDS.some((kind) => kind === outcome);
  const isLater = openCase?.kind === 'unmatched' && openCase.paymentNumber === paymentNumber;
  return isFree(piece, money) && (openCase === null || openCase.kind === 'foreign' || isLater);
}

/** The details show an operator what was expected beside what came. */
function moreDetails(
  outcome: Outcome,
  { notification, payment, judgedAt, piece }: SettlementInput,
): CaseDetails {
  if (!payment) return piece.settledNumber === null ? {} : { settledNumber: piece.settledNumber };
  return {
    due: payment.due.toString(),
    expiresAt: payment.expiresAt.toISOString(),
    judgedAt: judgedAt.toISOString(),
    settledBy: payment.transactionId,
    ...(outcome === 'transaction_reused' && { settledNumber: piece.settledNumber }),
    ...(outcome === 'order_not_payable' &&
      wentBackFirst(piece, notification.money) && { reason: MONEY_BACK }),
  };
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
