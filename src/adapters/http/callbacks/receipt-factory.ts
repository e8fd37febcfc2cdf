import type { Receipt } from '../../../application/callbacks/callback-repository.js';
import { judgedTime, type ExpiryJudgedBy } from '../../../domain/callbacks/judged-time.js';
import { fingerprintOf } from '../../gateways/fingerprint.js';
import type { Gateway, RawCallback, VerifiedCallback } from '../../gateways/gateway.js';

/** Makes the receipt of a verified callback: what the inbox stores. */
export class ReceiptFactory {
  constructor(private readonly expiryJudgedBy: ExpiryJudgedBy) {}

  receiptOf(
    verified: VerifiedCallback,
    { headers, body }: RawCallback,
    { gateway, receivedAt }: { readonly gateway: Gateway; readonly receivedAt: Date },
  ): Receipt {
    const { eventId, notification, keyId, signedBytes } = verified;
    return {
      eventId,
      notification,
      keyId,
      fingerprint: fingerprintOf(notification, signedBytes),
      headers: storedHeaders(headers, gateway),
      body,
      receivedAt,
      judgedAt: judgedTime(notification, receivedAt, this.expiryJudgedBy),
    };
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
