import type { Notification } from '../callbacks/notification.js';
import type { RefundTotal } from '../refunds/total.js';

// What a case about one refund or dispute is about. It is a part of the identity of the case.

/** @param number our number of the refund. */
export const aboutRefund = (number: string): string => `refund ${number}`;
/** The sum of all refunds of a transaction. */
export const aboutTotal = (transactionId: string): string => `total ${transactionId}`;
/** The sum has become less, as its gateway said at this time. */
export const aboutLess = (transactionId: string, { reportedAt }: RefundTotal): string =>
  `total ${transactionId} less ${reportedAt?.toISOString() ?? ''}`;
export const aboutDispute = (disputeId: string): string => `dispute ${disputeId}`;
export const aboutWarning = (warningId: string): string => `warning ${warningId}`;

/** Undefined for a notification that names neither a refund nor a dispute. */
export function aboutReport({ refund, dispute }: Notification): string | undefined {
  if (dispute)
    return dispute.kind === 'dispute' ? aboutDispute(dispute.disputeId) : aboutWarning(dispute.disputeId);
  const number = refund?.refundNumber ?? refund?.gatewayRefundId;
  return number === undefined || number === null ? undefined : aboutRefund(number);
}
