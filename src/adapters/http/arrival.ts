import type { Arrival } from '../../application/callback-queue.js';
import type { RawCallback, Verified } from '../gateways/gateway.js';
import { fingerprintOf } from '../gateways/notice-reader.js';

/** What a proxy may have added on the way and nobody may read later. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** A verified callback as the inbox keeps it. */
export function arrivalOf(verified: Verified, { headers, body }: RawCallback, receivedAt: Date): Arrival {
  const { eventId, notice, keyId, signedBytes } = verified;
  return {
    eventId,
    notice,
    keyId,
    fingerprint: fingerprintOf(notice, signedBytes),
    headers: kept(headers),
    body,
    receivedAt,
  };
}

function kept(headers: RawCallback['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      SECRET_HEADERS.has(name) ? '[redacted]' : Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
