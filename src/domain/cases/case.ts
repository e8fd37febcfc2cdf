import type { Attribution } from '../attribution.js';
import type { Notification } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { DomainEvent } from '../event.js';
import type { Amount } from '../money.js';
import type { Resolution } from './endings.js';
import { CASE_KINDS, type CaseKind } from './kinds.js';

/**
 * A piece of money, or a message, that needs an owner. A case is unique by kind, gateway, payment number and transaction
 * id; without a transaction id it is unique by kind and callback. The API and the tables call it a discrepancy.
 */
export interface Case {
  readonly kind: CaseKind;
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly details: Readonly<Record<string, string | null>>;
}

/** A case and the callback that opened it. */
export interface OpenCase extends Case {
  readonly callbackId: string | null;
}

/** A case that is stored. */
export interface StoredCase extends OpenCase {
  readonly id: string;
}

/** What the events of a case need of it. */
type CaseOfEvent = Omit<StoredCase, 'details'> & { readonly details: Readonly<Record<string, unknown>> };

/** Which case an event is about. Notes stay with the case, because they may name a person. */
interface CaseData {
  readonly id: string;
  readonly kind: CaseKind;
  readonly gateway: string;
  readonly transactionId: string | null;
  /** The money that came; null if the notification named none. */
  readonly amount: Amount | null;
}

/** How a case has ended. */
interface Ending {
  /** What the resolution led to, or why the case closed by itself. */
  readonly reason?: string;
  /** Present if an operator ended the case. */
  readonly resolution?: Resolution;
  readonly reference?: string;
}

/** Events of releases before 0.6.0 have no `id` and no `amount`, and those of an opening no `reason`. */
export type CaseEvent =
  /** `reason`: why the notification was refused, or the field that shows that it is foreign; null if the kind says all. */
  | DomainEvent<'discrepancy.opened', CaseData & { readonly reason: string | null }>
  | DomainEvent<'discrepancy.noted', CaseData>
  | DomainEvent<'discrepancy.resolved', CaseData & Ending>;

/** These outcomes apply to every notification, but only a success brings money that needs an owner. */
const ONLY_FOR_MONEY: readonly Outcome[] = ['unmatched', 'foreign'];

/** The case that an outcome opens, or null if it opens none. `expected` adds what was expected to the details. */
export function caseOf(
  outcome: Outcome,
  notification: Notification,
  payment: { readonly number: string; readonly orderNumber: string } | null,
  moreDetails: () => Readonly<Record<string, string | null>> = () => ({}),
): Case | null {
  const kind = CASE_KINDS.find((candidate) => candidate === outcome);
  if (!kind || (ONLY_FOR_MONEY.includes(outcome) && notification.kind !== 'succeeded')) return null;
  return {
    kind,
    gateway: notification.gateway,
    paymentNumber: payment?.number ?? notification.paymentNumber,
    orderNumber: payment?.orderNumber ?? null,
    transactionId: notification.transactionId,
    details: {
      paid: notification.money?.toString() ?? null,
      reason: notification.foreign ?? notification.reason,
      ...moreDetails(),
    },
  };
}

export function caseOpened(opened: StoredCase, attribution: Attribution): CaseEvent {
  const data = { ...dataOf(opened), reason: opened.details.reason ?? null };
  return { type: 'discrepancy.opened', ...envelopeOf(opened, attribution), data };
}

/** An operator has written a note. The event says who and when. */
export function caseNoted(noted: CaseOfEvent, attribution: Attribution): CaseEvent {
  return { type: 'discrepancy.noted', ...envelopeOf(noted, attribution), data: dataOf(noted) };
}

/** `ending` says what led to the end: an operator's resolution, or the reason why the case closed by itself. */
export function caseResolved(resolved: CaseOfEvent, attribution: Attribution, ending: Ending): CaseEvent {
  const data = { ...dataOf(resolved), ...ending };
  return { type: 'discrepancy.resolved', ...envelopeOf(resolved, attribution), data };
}

function envelopeOf({ orderNumber, paymentNumber, callbackId }: CaseOfEvent, { actor, at }: Attribution) {
  return { at, actor, orderNumber, paymentNumber, callbackId };
}

function dataOf({ id, kind, gateway, transactionId, details }: CaseOfEvent): CaseData {
  return { id, kind, gateway, transactionId, amount: amountOf(details.paid) };
}

/** The details have money as text, as in "100.00 CNY". */
function amountOf(paid: unknown): Amount | null {
  const [amount, currency] = typeof paid === 'string' ? paid.split(' ') : [];
  return amount && currency ? { amount, currency } : null;
}
