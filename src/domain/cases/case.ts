import type { Attribution } from '../attribution.js';
import type { Notification } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { DomainEvent } from '../event.js';
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

export type CaseEvent = DomainEvent<
  'discrepancy.opened' | 'discrepancy.resolved',
  {
    kind: CaseKind;
    gateway: string;
    transactionId: string | null;
    /** What the resolution led to, or why the case closed by itself. */
    reason?: string;
    /** Present if an operator ended the case. Notes stay with the case, because they may name a person. */
    resolution?: Resolution;
    reference?: string;
  }
>;

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

export function caseOpened(opened: OpenCase, attribution: Attribution): CaseEvent {
  return caseEvent('discrepancy.opened', opened, attribution, {});
}

/** `ending` says what led to the end: an operator's resolution, or the reason why the case closed by itself. */
export function caseResolved(
  resolved: Omit<OpenCase, 'details'>,
  attribution: Attribution,
  ending: Pick<CaseEvent['data'], 'reason' | 'resolution' | 'reference'>,
): CaseEvent {
  return caseEvent('discrepancy.resolved', resolved, attribution, ending);
}

function caseEvent(
  type: CaseEvent['type'],
  about: Omit<OpenCase, 'details'>,
  { actor, at }: Attribution,
  more: Pick<CaseEvent['data'], 'reason' | 'resolution' | 'reference'>,
): CaseEvent {
  const { kind, gateway, transactionId, paymentNumber, orderNumber, callbackId } = about;
  const data = { kind, gateway, transactionId, ...more };
  return { type, at, actor, orderNumber, paymentNumber, callbackId, data };
}
