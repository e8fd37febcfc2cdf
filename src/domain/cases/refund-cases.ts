import type { Attribution } from '../attribution.js';
import type { DomainEvent } from '../event.js';
import { Money, type Amount } from '../money.js';
import type { MoneyGone } from '../orders/order.js';
import { atGateway, givenBack, isFullyBack, isGivenBack, refundable } from '../refunds/piece.js';
import type { RefundState, RefundStatus } from '../refunds/refund.js';
import type { ChangedRefund } from '../refunds/reported-refunds.js';
import type { Case } from './case.js';
import { amountOf, backOf, type KnownPiece } from './known-piece.js';
import { aboutRefund, aboutTotal } from './subject.js';

/** What has gone back of the money of a payment. It names the sum, because a part may have no refund of its own. */
export type PaymentRefunded = DomainEvent<
  'payment.refunded',
  {
    readonly gateway: string;
    readonly transactionId: string;
    /** What refunds that succeeded come to. */
    readonly amount: Amount;
    /** What can still be refunded. */
    readonly refundable: Amount;
  }
>;

type RefundCase = Pick<Case, 'kind' | 'details'> & Required<Pick<Case, 'subject' | 'refundNumber'>>;

const LIVE: readonly RefundStatus[] = ['processing', 'succeeded'];

/** An operator has withdrawn it before the gateway had it. */
const WITHDRAWN = 'cancelled';

/** The cases that a changed refund opens. The piece is as it is with it. */
export function casesOfRefund({ refund }: ChangedRefund, piece: KnownPiece): Case[] {
  const opened = [failed(refund, piece), exceeding(refund, piece)];
  return opened.flatMap((each) => (each ? caseAbout(refund, each) : []));
}

/** The gateway could not send the money, and waits for a person. */
export function stuckRefund(refund: Readonly<RefundState>): Case {
  const reason = refund.failure?.code ?? 'abnormal';
  return caseAbout(refund, { kind: 'refund_stuck', ...detailsOf(refund, reason) });
}

/** The money of a refund has not come. */
export function unmatchedRefund(refund: Readonly<RefundState>): Case {
  return caseAbout(refund, {
    kind: 'unmatched',
    ...detailsOf(refund, 'the money of the refund has not come'),
  });
}

/** The sum that the gateway names is less than the refunds that it has reported. */
export function stuckTotal(
  piece: { readonly gateway: string; readonly transactionId: string },
  payment: { readonly paymentNumber: string | null; readonly orderNumber: string | null },
  total: Money,
): Case {
  const details = { paid: total.toString(), reason: 'the sum of the gateway is less than its refunds' };
  const about = { kind: 'refund_stuck', ownsMoney: false, subject: aboutTotal(piece.transactionId) } as const;
  const { gateway, transactionId } = piece;
  return { ...about, gateway, transactionId, ...payment, details };
}

/** Where other refunds leave nothing, the money has gone back by another way. What a dispute has taken may come back. */
function failed(refund: Readonly<RefundState>, piece: KnownPiece): RefundCase | null {
  if (refund.status !== 'failed' || refund.failure?.code === WITHDRAWN) return null;
  const whole = amountOf(piece);
  if (whole && !refundable(whole, { ...backOf(piece), takenByDisputes: [] })) return null;
  return { kind: 'refund_failed', ...detailsOf(refund, refund.failure?.code ?? null) };
}

/** More than the piece has, or money in another currency, which cannot be counted. */
function exceeding(refund: Readonly<RefundState>, piece: KnownPiece): RefundCase | null {
  const whole = amountOf(piece);
  if (!whole || !LIVE.includes(refund.status)) return null;
  const { currency } = whole;
  const isOther = refund.money.currency !== currency;
  // Refunds that were only requested here may never be made.
  const sum = atGateway(backOf(piece), currency);
  if (!isOther && (!sum || sum.compareTo(whole) <= 0)) return null;
  return { kind: 'refund_exceeds_payment', ...detailsOf(refund, isOther ? 'other_currency' : null) };
}

function detailsOf(
  { number, money }: Readonly<RefundState>,
  reason: string | null,
): Omit<RefundCase, 'kind'> {
  const details = { paid: money.toString(), reason };
  return { details, subject: aboutRefund(number), refundNumber: number };
}

function caseAbout(
  { gateway, transactionId, paymentNumber, orderNumber }: Readonly<RefundState>,
  opened: RefundCase,
): Case {
  return { gateway, transactionId, paymentNumber, orderNumber, ownsMoney: false, ...opened };
}

/** How much of the piece has gone back, for the order that it has paid. */
export function goneOf(piece: KnownPiece): MoneyGone {
  const [whole, back] = [amountOf(piece), backOf(piece)];
  if (!whole) return 'less';
  if (isGivenBack(whole, back)) return 'all';
  return isFullyBack(whole, back) ? 'all_soon' : 'less';
}

/** Says what has gone back of the payment that the piece has settled. Null if that is what it was before. */
export function paymentRefunded(
  before: KnownPiece | null,
  piece: KnownPiece,
  about: {
    readonly gateway: string;
    readonly transactionId: string;
    readonly orderNumber: string | null;
  },
  { actor, at }: Attribution,
): PaymentRefunded | null {
  const whole = amountOf(piece);
  if (piece.settledNumber === null || !whole) return null;
  const sumOf = (of: KnownPiece) => givenBack(backOf(of), whole.currency) ?? Money.of('0', whole.currency);
  const sum = sumOf(piece);
  if ((before ? sumOf(before) : Money.of('0', whole.currency)).toString() === sum.toString()) return null;
  const { gateway, transactionId, orderNumber } = about;
  const left = refundable(whole, backOf(piece)) ?? Money.of('0', whole.currency);
  const data = { gateway, transactionId, amount: sum.toJSON(), refundable: left.toJSON() };
  const paymentNumber = piece.settledNumber;
  return { type: 'payment.refunded', at, actor, orderNumber, paymentNumber, data };
}
