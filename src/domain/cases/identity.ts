import type { OpenCase } from './case.js';
import type { CaseKind } from './kinds.js';

/** These are about what one callback says; the others are about a transaction that it names. */
const ABOUT_A_MESSAGE: readonly CaseKind[] = [
  'unreadable',
  'conflicting',
  'undeliverable',
  'refund_reported',
  'dispute_reported',
];

/**
 * What a case beside money is about. A repeat of the same fact joins its case, open or ended; a new fact is a new case. Null for a money
 * case: of those a piece of money has one that is open. The triggers of migration 24 write the same text for the release before.
 */
export function identityOf({
  kind,
  gateway,
  transactionId,
  paymentNumber,
  callbackId,
  ownsMoney,
  subject,
}: OpenCase): string | null {
  if (ownsMoney) return null;
  if (subject !== undefined) return `${kind} ${gateway} ${subject}`;
  if (transactionId === null || ABOUT_A_MESSAGE.includes(kind)) return `${kind} callback ${callbackId}`;
  return `${kind} ${gateway} ${paymentNumber ?? ''} ${transactionId}`;
}
