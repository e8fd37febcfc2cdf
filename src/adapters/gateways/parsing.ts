import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RejectionReason } from './gateway.js';
import { Money } from '../../domain/money.js';

/** How far a signed timestamp may be from the time of receipt, before or after it. */
export const TIME_WINDOW_SECONDS = 300;

/** Null where the timestamp, in seconds since 1970, is within the window. */
export function timestampFault(timestamp: string, receivedAt: Date): RejectionReason | null {
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp_invalid';
  const age = Math.abs(receivedAt.getTime() / 1000 - Number(timestamp));
  return age <= TIME_WINDOW_SECONDS ? null : 'timestamp_outside_window';
}

/** A header that was sent exactly once and is not empty. A repeated header says two things, so it counts as missing. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = field(headers, name);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Takes the same time for all texts of one length. The length of a signature is not secret. */
export function equalInConstantTime(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The gateway's id, or `sha256:<hex>` of the signed bytes where the id is not 1 to 255 characters of text. */
export function eventIdOf(id: unknown, signedBytes: Buffer): string {
  if (isText(id, 255)) return id;
  return `sha256:${createHash('sha256').update(signedBytes).digest('hex')}`;
}

/** Text that every later step can store. PostgreSQL accepts neither NUL nor lone surrogates, in text and in JSON. */
export function isText(value: unknown, maxLength: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return false;
  return !value.includes('\0') && value.isWellFormed();
}

/**
 * The decimal for a whole number of minor units. Null for anything else: a string, a fraction, or a number too large to be exact.
 */
export function decimalOf(minorUnits: unknown, currency: unknown, decimals?: number): string | null {
  if (!Number.isSafeInteger(minorUnits) || typeof currency !== 'string') return null;
  return Money.decimalOf(minorUnits as number, currency, decimals);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

/** From an ISO 8601 time with a zone. Null where there is no value, an invalid date where the value is anything else. */
export function timeOf(value: unknown): Date | null {
  if (value === undefined || value === null) return null;
  return new Date(typeof value === 'string' && ISO_TIME.test(value) ? value : Number.NaN);
}

/** Undefined where the body is not JSON. Bytes that are not UTF-8 are not JSON. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A field at a path, or undefined. Any step may be something other than an object; inherited properties do not count. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const key of path) {
    const isThere = typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key);
    inner = isThere ? (inner as Record<string, unknown>)[key] : undefined;
  }
  return inner;
}
