import { hash } from 'node:crypto';
import type { Reading } from './gateway.js';
import type { Notification } from '../../domain/callbacks/notification.js';

/**
 * Equal for two callbacks of one event that report the same thing of the same money, whatever their bytes are. An unreadable
 * callback reports only the bytes that were signed.
 */
export function fingerprintOf(notification: Notification, signedBytes: Buffer): string {
  const { kind, paymentNumber, transactionId, money } = notification;
  if (kind === 'unreadable') return hash('sha256', signedBytes);
  // No money moves, so nothing of it counts.
  const said = kind === 'ignored' ? [kind, null, null, null] : [kind, paymentNumber, transactionId, money];
  return hash('sha256', JSON.stringify(said));
}

/** The fingerprint under which a release before 0.7.0 has stored the same callback; undefined if it is the same as now. */
export function earlierFingerprintOf(
  { notification, readBefore }: Reading,
  signedBytes: Buffer,
): string | undefined {
  if (readBefore) return fingerprintOf(readBefore, signedBytes);
  // An amount of zero was not readable.
  return notification.money?.isZero ? hash('sha256', signedBytes) : undefined;
}
