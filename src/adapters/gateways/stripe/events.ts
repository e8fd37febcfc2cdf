import type { NotificationFields } from '../notification-fields.js';
import { field } from '../parsing.js';
import type { Notification } from '../../../domain/callbacks/notification.js';

export const NAME = 'stripe';

/** What every event has, whatever its object is. */
export interface Envelope extends Pick<NotificationFields, 'foreign'> {
  readonly type: string;
  /** When the event was created. */
  readonly paidAt: Date | null;
}

export type Reader = (object: object, envelope: Envelope) => Notification;

/** The id in a field, which some API calls expand to the whole object. */
export function idOf(object: object, name: string): unknown {
  const value = field(object, name);
  return typeof value === 'object' ? field(value, 'id') : value;
}
