import { fingerprintOf } from './fingerprint.js';
import type { Gateway } from './gateway.js';
import type { ParsedNotification } from '../../application/callbacks/callback-repository.js';
import { NotificationReader } from '../../application/gateways/notification-reader.js';

/** Reads stored bodies by the gateways that sent them. */
export class GatewayNotificationReader extends NotificationReader {
  constructor(private readonly gateways: { get(name: string): Gateway | undefined }) {
    super();
  }

  read(name: string, stored: Uint8Array): ParsedNotification | null {
    const gateway = this.gateways.get(name);
    if (!gateway) return null;
    const body = Buffer.from(stored);
    const { notification } = gateway.parse(body);
    return { notification, fingerprint: fingerprintOf(notification, body) };
  }
}
