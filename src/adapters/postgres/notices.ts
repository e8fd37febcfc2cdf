import type { DisputeReport, Notification, RefundReport } from '../../domain/callbacks/notification.js';
import { Money, type Amount } from '../../domain/money.js';
import type { Notice, StoredReport } from './entities.js';

/** What the column `notice` stores of a notification. */
export function noticeFrom(notification: Notification): Notice {
  const { gateway: _, money, paidAt, charged, refund, dispute, ...rest } = notification;
  const notice: Notice = {
    amount: money?.amount ?? null,
    currency: money?.currency ?? null,
    paidAt: paidAt?.toISOString() ?? null,
    ...rest,
  };
  return charged || refund || dispute ? { ...notice, ...reportsOf(notification) } : notice;
}

function reportsOf({ charged, refund, dispute }: Notification): Partial<Notice> {
  return {
    ...(charged ? { charged: charged.toJSON() } : {}),
    ...(refund ? { refund: storedRefund(refund) } : {}),
    ...(dispute ? { dispute: storedDispute(dispute) } : {}),
  };
}

/** The notification of a stored notice. */
export function notificationFrom(gateway: string, notice: Notice): Notification {
  const { amount, currency, paidAt, charged, refund, dispute, ...rest } = notice;
  return {
    ...rest,
    gateway,
    money: amount === null || currency === null ? null : Money.of(amount, currency),
    charged: charged ? Money.of(charged.amount, charged.currency) : null,
    paidAt: timeFrom(paidAt),
    refund: refund ? refundFrom(refund) : null,
    dispute: dispute ? disputeFrom(dispute) : null,
  };
}

const storedRefund = (report: RefundReport): StoredReport<RefundReport> => ({
  ...report,
  amount: report.amount?.toJSON() ?? null,
  cumulative: report.cumulative?.toJSON() ?? null,
  paid: report.paid?.toJSON() ?? null,
  at: report.at?.toISOString() ?? null,
});

const refundFrom = (stored: StoredReport<RefundReport>): RefundReport => ({
  ...stored,
  amount: moneyFrom(stored.amount),
  cumulative: moneyFrom(stored.cumulative),
  paid: moneyFrom(stored.paid),
  at: timeFrom(stored.at),
});

const storedDispute = (report: DisputeReport): StoredReport<DisputeReport> => ({
  ...report,
  amount: report.amount?.toJSON() ?? null,
  dueBy: report.dueBy?.toISOString() ?? null,
  at: report.at?.toISOString() ?? null,
});

const disputeFrom = (stored: StoredReport<DisputeReport>): DisputeReport => ({
  ...stored,
  amount: moneyFrom(stored.amount),
  dueBy: timeFrom(stored.dueBy),
  at: timeFrom(stored.at),
});

const moneyFrom = (stored: Amount | null): Money | null => stored && Money.of(stored.amount, stored.currency);

const timeFrom = (stored: string | null): Date | null => (stored === null ? null : new Date(stored));
