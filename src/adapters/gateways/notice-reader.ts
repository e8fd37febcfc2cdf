import { hash } from 'node:crypto';
import { NoticeReader, type Reading } from '../../application/stored-callbacks.js';
import type { Notice } from '../../domain/notice.js';
import type { Gateway } from './gateway.js';

/** Reads stored bytes as the gateway that once sent them does. */
export class GatewayNoticeReader extends NoticeReader {
  constructor(private readonly gateways: { get(name: string): Gateway | undefined }) {
    super();
  }

  read(name: string, stored: Uint8Array): Reading | null {
    const gateway = this.gateways.get(name);
    if (!gateway) return null;
    const body = Buffer.from(stored);
    const { notice } = gateway.read(body);
    return { notice, fingerprint: fingerprintOf(notice, body) };
  }
}

/**
 * Equal for two callbacks of one event that say the same of the same money, whatever their bytes. What could not be read says
 * nothing but what was signed.
 */
export function fingerprintOf(notice: Notice, signedBytes: Buffer): string {
  if (notice.kind === 'unreadable') return hash('sha256', signedBytes);
  const { kind, paymentNumber, transactionId, money } = notice;
  return hash('sha256', JSON.stringify([kind, paymentNumber, transactionId, money]));
}
