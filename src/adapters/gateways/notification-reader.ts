import { fingerprintOf } from './fingerprint.js';
import type { Gateway } from './gateway.js';
import { partOfEventId } from './part-event-id.js';
import type { ParsedNotification } from '../../application/callbacks/callback-repository.js';
import { NotificationReader } from '../../application/gateways/notification-reader.js';

/** Reads stored bodies by the gateways that sent them. */
export class GatewayNotificationReader extends NotificationReader {
  constructor(private readonly gateways: { get(name: string): Gateway | undefined }) {
    super();
  }

  read(name: string, stored: Uint8Array, eventId: string): ParsedNotification | null {
    const gateway = this.gateways.get(name);
    if (!gateway) return null;
    const body = Buffer.from(stored);
    const { notification: first, further = [] } = gateway.parse(body);
    const notification = further.length === 0 ? first : further[(partOfEventId(eventId) ?? 0) - 2];
    return notification ? { notification, fingerprint: fingerprintOf(notification, body) } : null;
  }
}
