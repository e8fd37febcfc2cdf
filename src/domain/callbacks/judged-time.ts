import type { Notification } from './notification.js';

export type ExpiryJudgedBy = 'received_at' | 'paid_at';

/**
 * The time that decides whether a notification is late. It is fixed at the first receipt, so that no lock, outage, worker or
 * replay can make money late that came in time. A payment time in the future is ignored.
 */
export function judgedTime(notification: Notification, receivedAt: Date, by: ExpiryJudgedBy): Date {
  if (by === 'received_at' || !notification.paidAt || notification.paidAt > receivedAt) return receivedAt;
  return notification.paidAt;
}
