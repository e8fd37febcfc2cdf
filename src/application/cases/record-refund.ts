import type { Attribution } from '../../domain/attribution.js';
import { leastOf, moneyOfCase, type StoredCase } from '../../domain/cases/case.js';
import type { DomainEvent } from '../../domain/event.js';
import { Money } from '../../domain/money.js';
import { Refund } from '../../domain/refunds/refund.js';
import { refundable } from '../../domain/refunds/piece.js';
import type { Pieces } from '../callbacks/pieces.js';
import { RefundRepository } from '../refunds/refund-repository.js';
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
  /** More than is left of the money. Null if nothing is. */
  | { readonly refundable: Money | null };

/**
 * Records a refund of the money of a case, whose piece is locked. A case that owns money has as much to refund as is left of it. A report of a
 * refund is about that refund, and records as much as it says.
 */
export async function recordRefund(
  found: StoredCase,
  asked: RefundElsewhere,
  { pieces, tx }: { readonly pieces: Pieces; readonly tx: Transaction },
  attribution: Attribution,
): Promise<RecordedRefund | RefundFault> {
  const { gateway, transactionId, paymentNumber, orderNumber, id: caseId } = found;
  if (transactionId === null) return { refundNumber: null, events: [] };
  const money = moneyToRecord(found, asked, pieces);
  if (!(money instanceof Money)) return money;
  const { reference } = asked;
  const number = `case-${caseId}-${pieces.of(found).back.refunds.length + 1}`;
  const refund = Refund.report(
    { number, gateway, transactionId, paymentNumber, orderNumber, caseId, money, reason: null },
    { status: 'succeeded', at: null, failure: null },
    { gatewayRefundId: null, reference },
    attribution,
  );
  await tx.of(RefundRepository).add([refund], attribution.at);
  pieces.addRefund(found, { status: 'succeeded', money, reference });
  return { refundNumber: number, events: refund.events };
}

function moneyToRecord(
  found: StoredCase,
  { amount, reference }: RefundElsewhere,
  pieces: Pieces,
): Money | RefundFault {
  const { back, openCase } = pieces.of(found);
  if (back.refunds.some((refund) => refund.reference === reference)) return 'refund_recorded';
  const whole = found.ownsMoney ? leastOf(openCase!.amounts) : moneyOfCase(found.details);
  if (!whole) return amount ?? 'amount_missing';
  if (amount && amount.currency !== whole.currency) return 'amount_in_other_currency';
  if (!found.ownsMoney) return amount ?? whole;
  const left = refundable(whole, back);
  const money = amount ?? left;
  return money === null || left === null || money.compareTo(left) > 0 ? { refundable: left } : money;
}
