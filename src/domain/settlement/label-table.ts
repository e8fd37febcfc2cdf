import type { Attribution } from '../attribution.js';
import type { Notification, NotificationKind } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { PaymentStatus } from '../payments/payment.js';
import type { SettlementInput } from './settlement-input.js';
import { FOREIGN } from './success-table.js';

/** The outcome of a notification without money, by the status of its payment. Only `recorded` changes the payment. */
// prettier-ignore
export const LABEL_OUTCOMES: Readonly<Record<'processing' | 'failed' | 'cancelled', Readonly<Record<PaymentStatus, Outcome>>>> = {
  processing: { init: 'recorded', processing: 'recorded', failed: 'stale',     cancelled: 'stale',     expired: 'stale', succeeded: 'stale' },
  failed:     { init: 'recorded', processing: 'recorded', failed: 'duplicate', cancelled: 'stale',     expired: 'stale', succeeded: 'stale' },
  cancelled:  { init: 'recorded', processing: 'recorded', failed: 'recorded',  cancelled: 'duplicate', expired: 'stale', succeeded: 'stale' },
};
const LABEL_MOVES = { processing: 'process', failed: 'fail', cancelled: 'cancel' } as const;

/** Kinds whose outcome does not depend on a payment. */
export const OUTCOMES_WITHOUT_PAYMENT = {
  ignored: 'ignored',
  unreadable: 'unreadable',
  conflicting: 'conflicting',
} as const satisfies Partial<Record<NotificationKind, Outcome>>;

/** A report is stored as a refund or a dispute of the piece of money that it names, whatever is known about the payment. */
const REPORTED = { refund: 'refund_reported', dispute: 'dispute_reported' } as const;

/** Decides a notification of any kind but a success, and moves its payment if the outcome is `recorded`. */
export function decideLabel(input: SettlementInput, attribution: Attribution): Outcome {
  const { notification, payment } = input;
  const outcome = labelOutcome(input);
  if (outcome === 'recorded') {
    const move = LABEL_MOVES[notification.kind as keyof typeof LABEL_MOVES];
    payment!.mark(move, { ...attribution, note: notification.reason });
  }
  return outcome;
}

/** The outcome of a notification without money. Changes nothing. */
export function labelOutcome({ notification, payment }: SettlementInput): Outcome {
  const { kind } = notification;
  if (kind in OUTCOMES_WITHOUT_PAYMENT) {
    return OUTCOMES_WITHOUT_PAYMENT[kind as keyof typeof OUTCOMES_WITHOUT_PAYMENT];
  }
  if (kind === 'refund' || kind === 'dispute') return reportOutcome(kind, { notification, payment });
  if (!payment) return 'unmatched';
  if (FOREIGN.applies({ notification, payment })) return 'foreign';
  return LABEL_OUTCOMES[kind as keyof typeof LABEL_OUTCOMES][payment.status];
}

function reportOutcome(
  kind: keyof typeof REPORTED,
  { notification, payment }: Pick<SettlementInput, 'notification' | 'payment'>,
): Outcome {
  if (isForeign(notification, payment)) return 'foreign';
  // A status that this release does not know, or no amount at all.
  if (notification[kind] === null) return 'unreadable';
  return notification.transactionId === null ? 'unmatched' : REPORTED[kind];
}

/** Whether a report is for another merchant, or names a payment of another gateway. */
export function isForeign(notification: Notification, payment: SettlementInput['payment']): boolean {
  return notification.foreign !== null || (payment !== null && FOREIGN.applies({ notification, payment }));
}
