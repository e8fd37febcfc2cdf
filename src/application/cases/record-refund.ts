import type { Notification } from '../../domain/callbacks/notification.js';
import { moneyOfCase, type StoredCase } from '../../domain/cases/case.js';
import { amountOf, backOf, type KnownPiece } from '../../domain/cases/known-piece.js';
import { leftToRefund } from '../../domain/cases/refund-cases.js';
import type { DomainEvent } from '../../domain/event.js';
import { leastOf, Money } from '../../domain/money.js';
import { refundable } from '../../domain/refunds/piece.js';
import type { RefundState } from '../../domain/refunds/refund.js';
import type { Cause } from '../callbacks/case-ledger.js';
import type { Pieces } from '../callbacks/pieces.js';
import type { WorkingSet } from '../callbacks/working-set.js';
import type { Transaction } from '../transaction.js';

/** A refund that an operator has made by another way. */
export interface RefundElsewhere {
  /** Null for all that is left. */
  readonly amount: Money | null;
  /** Where it can be found: its id at the gateway or the bank. */
  readonly reference: string;
}

export interface RecordedRefund {
  /** Null if nobody knows which money went back, so that nothing could be counted. */
  readonly refundNumber: string | null;
  readonly events: readonly DomainEvent[];
}

export type RefundFault =
  | 'amount_missing'
  | 'amount_in_other_currency'
  | 'refund_recorded'
  /** More than is left of the money, or of the refund that has failed. Null if nothing is. */
  | { readonly refundable: Money | null };

/**
 * Records a refund of the money of a case, whose piece is locked. A case that owns money has as much to refund as is left of it. A report of a
 * refund is about that refund, and records as much as it says.
 */
export async function recordRefund(
  found: StoredCase,
  asked: RefundElsewhere,
  { rows, tx, cause }: { readonly rows: WorkingSet; readonly tx: Transaction; readonly cause: Cause },
): Promise<RecordedRefund | RefundFault> {
  const { transactionId, id: caseId, callbackId } = found;
  if (transactionId === null) return { refundNumber: null, events: [] };
  const money = moneyToRecord(found, asked, rows.pieces);
  if (!(money instanceof Money)) return money;
  const { reference } = asked;
  const { refunds } = rows.pieces.of(found);
  const number = `case-${caseId}-${refunds.filter(({ unnamed }) => !unnamed).length + 1}`;
  const { attribution } = cause;
  // If the case does not own the money, the one that does ends by itself.
  const ending = found.ownsMoney ? cause : { reason: 'refunded', attribution };
  const made = { number, caseId, money, reference, cause: ending };
  const recorded = await rows.recordRefund(reportAbout(found), made, tx, { ...attribution, callbackId });
  return { refundNumber: recorded.number, events: recorded.events };
}

/** Names the money of a case as a report of a refund does. */
export function reportAbout({ gateway, paymentNumber, transactionId }: StoredCase): Notification {
  const nothing = { money: null, charged: null, paidAt: null, reason: null, foreign: null, dispute: null };
  return { ...nothing, gateway, kind: 'refund', paymentNumber, transactionId, refund: null };
}

function moneyToRecord(
  found: StoredCase,
  { amount, reference }: RefundElsewhere,
  pieces: Pieces,
): Money | RefundFault {
  const piece = pieces.of(found);
  const { openCase } = piece;
  const back = backOf(piece);
  if (piece.refunds.some((refund) => isRecordedAs(refund, reference))) return 'refund_recorded';
  const whole = found.ownsMoney ? leastOf(openCase!.amounts) : moneyBeside(found, piece);
  if ((amount ?? whole)?.isZero) return { refundable: null };
  if (!whole) return amount ?? 'amount_missing';
  if (amount && amount.currency !== whole.currency) return 'amount_in_other_currency';
  if (found.ownsMoney) return within(refundable(whole, back), amount);
  if (found.kind !== 'refund_failed') return amount ?? whole;
  // More than the refund that has failed is another refund.
  const fitting = within(whole, amount);
  return fitting instanceof Money ? withinPiece(piece, fitting) : fitting;
}

/** The money of a failed refund can be refunded again, unless it has gone by another way in the meantime. */
function withinPiece(piece: KnownPiece, amount: Money): Money | RefundFault {
  const all = amountOf(piece);
  if (!all || all.currency !== amount.currency) return amount;
  return within(refundable(all, { ...backOf(piece), takenByDisputes: [] }), amount);
}

/** The amount of the refund that the case is about, or the rest of it. */
const moneyBeside = (found: StoredCase, piece: KnownPiece): Money | null =>
  found.kind === 'refund_failed' ? leftToRefund(found, piece) : moneyOfCase(found.details);

/** This amount, or all that is left. */
function within(left: Money | null, amount: Money | null): Money | RefundFault {
  const money = amount ?? left;
  return money === null || left === null || money.compareTo(left) > 0 ? { refundable: left } : money;
}

/** An operator has recorded it under this reference, or the gateway has reported it with this id. */
function isRecordedAs(refund: Readonly<RefundState>, reference: string): boolean {
  if (refund.reference === reference) return true;
  return refund.status !== 'failed' && [refund.gatewayRefundId, refund.number].includes(reference);
}
