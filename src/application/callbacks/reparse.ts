import { judgedTime, type ExpiryJudgedBy } from '../../domain/callbacks/judged-time.js';
import type { NotificationReader } from '../gateways/notification-reader.js';
import type { ParsedNotification, StoredCallbackWithBody } from './callback-repository.js';

/** Parses stored bodies that were unreadable when they came. */
export class Reparser {
  constructor(
    private readonly reader: NotificationReader,
    private readonly expiryJudgedBy: ExpiryJudgedBy,
  ) {}

  /** Null if the stored notification stays as it is. `judgedAt` is the time that it would have had at its receipt. */
  reparse({
    notification,
    body,
    receivedAt,
    eventId,
  }: StoredCallbackWithBody): (ParsedNotification & { readonly judgedAt: Date }) | null {
    if (notification.kind !== 'unreadable' || body === null) return null;
    const parsed = this.reader.read(notification.gateway, body, eventId);
    if (!parsed || parsed.notification.kind === 'unreadable') return null;
    return { ...parsed, judgedAt: judgedTime(parsed.notification, receivedAt, this.expiryJudgedBy) };
  }
}
