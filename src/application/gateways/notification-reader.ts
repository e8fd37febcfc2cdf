import type { ParsedNotification } from '../callbacks/callback-repository.js';

/** Parses the bytes of a stored callback. The signature is not verified again: it was valid at receipt, and keys rotate. */
export abstract class NotificationReader {
  /**
   * Null if no gateway of this name is configured, or if the body has several notifications and the event id does not say which of
   * them is meant.
   */
  abstract read(gateway: string, body: Uint8Array, eventId: string): ParsedNotification | null;
}
