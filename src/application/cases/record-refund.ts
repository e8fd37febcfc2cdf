import type { Attribution } from '../../domain/attribution.js';
import { leastOf, moneyOfCase, type StoredCase } from '../../domain/cases/case.js';
import type { DomainEvent } from '../../domain/event.js';
import type { Money } from '../../domain/money.js';
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
  readonly refundNumber: string | null;
  /** Nothing of the money of the case is left to refund. */
  readonly isWhole: boolean;
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
  { amount, reference }: RefundElsewhere,
  { pieces, tx }: { readonly pieces: Pieces; readonly tx: Transaction },
  attribution: Attribution,
): Promise<RecordedRefund | RefundFault> {
  const { transactionId } = found;
  // Nobody knows which money went back, so nothing can be counted.
  if (transactionId === null) return { refundNumber: null, isWhole: true, events: [] };
  const { back, openCase } = pieces.of(found);
  const whole = found.ownsMoney ? leastOf(openCase!.amounts) : moneyOfCase(found.details);
  const left = found.ownsMoney && whole ? refundable(whole, back) : whole;
  const money = amount ?? left;
  const fault = faultOf({ money, whole, left: found.ownsMoney ? left : money });
  if (fault) return fault;
  if (back.refunds.some((refund) => refund.reference === reference)) return 'refund_recorded';
  const { gateway, paymentNumber, orderNumber, id: caseId } = found;
  const number = `case-${caseId}-${back.refunds.length + 1}`;
  const about = { gateway, transactionId, paymentNumber, orderNumber, caseId };
  const refund = Refund.report(
    { ...about, number, money: money!, reason: null },
    { status: 'succeeded', at: null, failure: null },
    { gatewayRefundId: null, reference },
    attribution,
  );
  await tx.of(RefundRepository).add([refund], attribution.at);
  const isWhole = !found.ownsMoney || left === null || left.minus(money!) === null;
  return { refundNumber: number, isWhole, events: refund.events };
}

function faultOf({
  money,
  whole,
  left,
}: {
  readonly money: Money | null;
  readonly whole: Money | null;
  readonly left: Money | null;
}): RefundFault | null {
  if (whole === null) return money === null ? 'amount_missing' : null;
  if (money && money.currency !== whole.currency) return 'amount_in_other_currency';
  return money === null || left === null || money.compareTo(left) > 0 ? { refundable: left } : null;
}
