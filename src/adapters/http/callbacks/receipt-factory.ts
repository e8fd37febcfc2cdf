import type { Receipt } from '../../../application/callbacks/callback-repository.js';
import { judgedTime, type ExpiryJudgedBy } from '../../../domain/callbacks/judged-time.js';
import { earlierFingerprintOf, fingerprintOf } from '../../gateways/fingerprint.js';
import type { Gateway, RawCallback, VerifiedCallback } from '../../gateways/gateway.js';
import { partEventId } from '../../gateways/part-event-id.js';

/** Where and when a callback came in. */
interface Arrival {
  readonly gateway: Gateway;
  readonly receivedAt: Date;
}

/** Makes the receipts of a verified callback: what the inbox stores. */
export class ReceiptFactory {
  constructor(private readonly expiryJudgedBy: ExpiryJudgedBy) {}

  receiptOf(
    verified: VerifiedCallback,
    { headers, body }: RawCallback,
    { gateway, receivedAt }: Arrival,
  ): Receipt {
    const { eventId, notification, keyId, signedBytes } = verified;
    return {
      eventId,
      notification,
      keyId,
      fingerprint: fingerprintOf(notification, signedBytes),
      earlierFingerprint: earlierFingerprintOf(verified, signedBytes),
      headers: storedHeaders(headers, gateway),
      body,
      receivedAt,
      judgedAt: judgedTime(notification, receivedAt, this.expiryJudgedBy),
    };
  }

  /** A receipt for each further notification of the callback. Their event ids end with `#2`, `#3` and so on. */
  furtherReceipts(verified: VerifiedCallback, callback: RawCallback, arrival: Arrival): Receipt[] {
    const { further = [], eventId, keyId, signedBytes } = verified;
    return further.map((notification, index) =>
      this.receiptOf(
        { keyId, signedBytes, notification, eventId: partEventId(eventId, index + 2) },
        callback,
        arrival,
      ),
    );
  }
}

/** Besides those of the signature. Any client can put anything into them, so they are shortened. */
const STORED_HEADERS = ['content-type', 'user-agent'] as const;
const LONGEST_VALUE = 512;
const NOT_PRINTABLE = /[^\x20-\x7e]/;

/** A list of what is stored, because a proxy may add headers with credentials, and a client any number of others. */
function storedHeaders(
  headers: RawCallback['headers'],
  { signatureHeaders }: Gateway,
): Record<string, string> {
  const stored: Record<string, string> = {};
  for (const name of signatureHeaders) {
    const value = headers[name];
    if (value !== undefined) stored[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  for (const name of STORED_HEADERS) {
    const value = headers[name];
    if (value !== undefined) stored[name] = printable(value);
  }
  return stored;
}

function printable(value: string): string {
  const plain = NOT_PRINTABLE.test(value) ? value.replaceAll(/[^\x20-\x7e]/g, '') : value;
  return plain.length > LONGEST_VALUE ? plain.slice(0, LONGEST_VALUE) : plain;
}
