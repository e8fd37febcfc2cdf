import type { Receipt } from '../../../application/callbacks/callback-repository.js';
import { judgedTime, type ExpiryJudgedBy } from '../../../domain/callbacks/judged-time.js';
import { fingerprintOf } from '../../gateways/fingerprint.js';
import type { RawCallback, VerifiedCallback } from '../../gateways/gateway.js';

/** Makes the receipt of a verified callback: what the inbox stores. */
export class ReceiptFactory {
  constructor(private readonly expiryJudgedBy: ExpiryJudgedBy) {}

  receiptOf(verified: VerifiedCallback, { headers, body }: RawCallback, receivedAt: Date): Receipt {
    const { eventId, notification, keyId, signedBytes } = verified;
    return {
      eventId,
      notification,
      keyId,
      fingerprint: fingerprintOf(notification, signedBytes),
      headers: storedHeaders(headers),
      body,
      receivedAt,
      judgedAt: judgedTime(notification, receivedAt, this.expiryJudgedBy),
    };
  }
}

/** A proxy may have added these. Their values are never stored. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

function storedHeaders(headers: RawCallback['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      SECRET_HEADERS.has(name) ? '[redacted]' : Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
