import { createHash } from 'node:crypto';
import type { Arrival } from '../../application/callback-queue.js';
import type { RawCallback, Verified } from '../gateways/gateway.js';

/** What a proxy may have added on the way and nobody may read later. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** A verified callback as the inbox keeps it. */
export function arrivalOf(verified: Verified, { headers, body }: RawCallback, receivedAt: Date): Arrival {
  const { eventId, notice, keyId } = verified;
  return {
    eventId,
    notice,
    keyId,
    fingerprint: fingerprintOf(verified),
    headers: kept(headers),
    body,
    receivedAt,
  };
}

/**
 * Equal for two callbacks of one event that say the same of the same money, whatever their bytes. What could not be read says
 * nothing but what was signed.
 */
function fingerprintOf({ notice, signedBytes }: Verified): string {
  const hash = createHash('sha256');
  if (notice.kind === 'unreadable') return hash.update(signedBytes).digest('hex');
  const { kind, paymentNumber, transactionId, money } = notice;
  return hash.update(JSON.stringify([kind, paymentNumber, transactionId, money])).digest('hex');
}

function kept(headers: RawCallback['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [
      name,
      SECRET_HEADERS.has(name) ? '[redacted]' : Array.isArray(value) ? value.join(', ') : value,
    ]),
  );
}
