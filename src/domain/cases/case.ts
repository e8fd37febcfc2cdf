import type { Attribution } from '../attribution.js';
import { bringsMoney, isReport, type Notification } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { DomainEvent } from '../event.js';
import { leastOf, Money, type Amount } from '../money.js';
import type { EndedBy } from './ended-by.js';
import type { Resolution } from './endings.js';
import { CASE_KINDS, type CaseKind } from './kinds.js';
import { aboutReport } from './subject.js';

/** What a case shows: money and times as text, as in "100.00 CNY". `amounts` is there if the transaction came with several amounts. */
export type CaseDetails = Readonly<Record<string, string | readonly string[] | null>>;

/** A piece of money, or a message, that needs an owner. The API and the tables call it a discrepancy. */
export interface Case {
  readonly kind: CaseKind;
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  /** The case is the owner of the transaction's money. Of such cases a piece of money has one that is open, at most. */
  readonly ownsMoney: boolean;
  readonly details: CaseDetails;
  /** What a case about one refund or dispute is about, as in "refund re_1" or "dispute du_1". */
  readonly subject?: string;
  /** The refund that it is about, or the newest that was made for it. */
  readonly refundNumber?: string | null;
  /** Until when the shop has to act. */
  readonly dueBy?: Date;
}

/** A case and the callback that opened it. */
export interface OpenCase extends Case {
  readonly callbackId: string | null;
}

/** A case that is stored. */
export interface StoredCase extends OpenCase {
  readonly id: string;
}

/** The reason of a case of `order_not_payable` whose money went back before it was known to have come. Refunds do not end it. */
export const MONEY_BACK = 'money_back';

/** Which case an event is about. Notes stay with the case, because they may name a person. */
interface CaseData {
  readonly id: string;
  readonly kind: CaseKind;
  readonly gateway: string;
  readonly transactionId: string | null;
  /** The money that came, the smallest amount if it came with several; null if the notification named none. */
  readonly amount: Amount | null;
}

/** How a case has ended. */
interface Ending {
  readonly endedBy: EndedBy;
  /** What the resolution led to, or why the case closed by itself. */
  readonly reason?: string;
  /** Present if an operator ended the case. */
  readonly resolution?: Resolution;
  readonly reference?: string;
}

/**
 * Events of releases before 0.6.0 have no `id` and no `amount`, and those of an opening no `reason`. Those of a resolution before 0.8.0 have
 * no `endedBy`.
 */
export type CaseEvent =
  /** `reason`: why the notification was refused, or the field that shows that it is foreign; null if the kind says all. */
  | DomainEvent<'discrepancy.opened', CaseData & { readonly reason: string | null }>
  | DomainEvent<'discrepancy.noted', CaseData>
  | DomainEvent<'discrepancy.assigned', CaseData & { readonly assignee: string | null }>
  | DomainEvent<'discrepancy.resolved', CaseData & Ending>;

/** A notification with these outcomes is stored as a refund or a dispute, which opens the cases that it needs. */
const RECORDED: readonly Outcome[] = ['refund_reported', 'dispute_reported'];

/** `unmatched` and `foreign` apply to every notification. Only a success brings money, and only a report is about money. */
function needsOwner(outcome: Outcome, notification: Notification): boolean {
  if (outcome === 'unmatched') return notification.kind === 'succeeded' || isReport(notification);
  return outcome === 'foreign' ? notification.kind === 'succeeded' : !RECORDED.includes(outcome);
}

/** What is known beside a notification when its case is made. */
export interface CaseContext {
  readonly ownsMoney: boolean;
  readonly moreDetails: CaseDetails;
}

function detailsOf(outcome: Outcome, notification: Notification): CaseDetails {
  const { money, charged, foreign, reason } = notification;
  const converted = charged && { charged: charged.toString() };
  const unread = outcome === 'unreadable' ? faultOfReport(notification) : null;
  return { paid: money?.toString() ?? null, ...converted, reason: foreign ?? unread ?? reason };
}

/** Why a report cannot be recorded. It names the part and never its value. Null for what is no report. */
function faultOfReport({ kind, refund, dispute }: Notification): string | null {
  if (kind === 'dispute' && !dispute) return 'the dispute has no id';
  if (kind !== 'refund') return null;
  if (!refund) return 'the status of the refund is unknown';
  if (refund.refundNumber === null && refund.gatewayRefundId === null)
    return 'the refund has neither a number nor an id';
  return refund.amount ? 'the amount of the refund is not greater than zero' : 'the refund has no amount';
}

/** The case that an outcome opens, or null if it opens none. `context` is asked only if it does. */
export function caseOf(
  outcome: Outcome,
  notification: Notification,
  payment: { readonly number: string; readonly orderNumber: string } | null,
  context: () => CaseContext,
): Case | null {
  const kind = CASE_KINDS.find((candidate) => candidate === outcome);
  if (!kind || !needsOwner(outcome, notification)) return null;
  const { ownsMoney, moreDetails } = context();
  const subject = notification.kind === 'succeeded' ? undefined : aboutReport(notification);
  return {
    kind,
    gateway: notification.gateway,
    paymentNumber: payment?.number ?? notification.paymentNumber,
    orderNumber: payment?.orderNumber ?? null,
    transactionId: notification.transactionId,
    ownsMoney: ownsMoney && notification.transactionId !== null && bringsMoney(notification),
    details: { ...detailsOf(outcome, notification), ...moreDetails },
    ...(outcome === 'unmatched' && subject !== undefined && { subject }),
  };
}

/** A case with an amount more. Its money is the smallest of its amounts, until the gateway has been asked. */
export function withAmount(details: CaseDetails, money: Money): CaseDetails {
  const amounts = amountsOf(details);
  if (amounts.some((known) => known.toString() === money.toString())) return details;
  return { ...details, amounts: [...amounts, money].map(String) };
}

/** Every amount that the money of a case came with. */
export function amountsOf({ paid = null, amounts }: CaseDetails): Money[] {
  const texts = Array.isArray(amounts) ? (amounts as readonly string[]) : [paid];
  return texts.flatMap((text) => moneyOf(text) ?? []);
}

/** What the customer was charged, if the gateway has converted the currency. */
export const chargedOf = ({ charged }: CaseDetails): Money | null => moneyOf(charged);

/** The money of a case. Null if no notification has named any. */
export const moneyOfCase = (details: CaseDetails): Money | null => leastOf(amountsOf(details));

/** Text as in "100.00 CNY". */
function moneyOf(text: unknown): Money | null {
  const [amount, currency] = typeof text === 'string' ? text.split(' ') : [];
  return Money.fault(amount, currency) === null ? Money.of(amount!, currency!) : null;
}

export function caseOpened(opened: StoredCase, attribution: Attribution): CaseEvent {
  const { reason } = opened.details;
  const data = { ...dataOf(opened), reason: typeof reason === 'string' ? reason : null };
  return { type: 'discrepancy.opened', ...envelopeOf(opened, attribution), data };
}

/** An operator has written a note. The event says who and when. */
export function caseNoted(noted: StoredCase, attribution: Attribution): CaseEvent {
  return { type: 'discrepancy.noted', ...envelopeOf(noted, attribution), data: dataOf(noted) };
}

/** Somebody looks after the case from now on, or nobody does. */
export function caseAssigned(
  assigned: StoredCase,
  assignee: string | null,
  attribution: Attribution,
): CaseEvent {
  const data = { ...dataOf(assigned), assignee };
  return { type: 'discrepancy.assigned', ...envelopeOf(assigned, attribution), data };
}

/** `ending` says what led to the end: an operator's resolution, or the reason why the case closed by itself. */
export function caseResolved(resolved: StoredCase, attribution: Attribution, ending: Ending): CaseEvent {
  const data = { ...dataOf(resolved), ...ending };
  return { type: 'discrepancy.resolved', ...envelopeOf(resolved, attribution), data };
}

function envelopeOf({ orderNumber, paymentNumber, callbackId }: StoredCase, { actor, at }: Attribution) {
  return { at, actor, orderNumber, paymentNumber, callbackId };
}

function dataOf({ id, kind, gateway, transactionId, details }: StoredCase): CaseData {
  return { id, kind, gateway, transactionId, amount: moneyOfCase(details)?.toJSON() ?? null };
}
