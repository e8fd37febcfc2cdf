import { hash } from 'node:crypto';
import type { Notification } from '../../domain/callbacks/notification.js';

/**
 * Equal for two callbacks of one event that report the same thing of the same money, whatever their bytes are. An unreadable
 * callback reports only the bytes that were signed.
 */
export function fingerprintOf(notification: Notification, signedBytes: Buffer): string {
  if (notification.kind === 'unreadable') return hash('sha256', signedBytes);
  const { kind, paymentNumber, transactionId, money } = notification;
  return hash('sha256', JSON.stringify([kind, paymentNumber, transactionId, money]));
}
