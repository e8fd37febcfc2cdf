import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Money } from '../../domain/money.js';
import type { Notice, NoticeKind } from '../../domain/notice.js';

/** A callback as it came: nothing decoded, nothing parsed. */
export interface RawCallback {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why a callback is not taken for the gateway's. `probe` is WeChat Pay's own test that we do reject. */
export type RejectionReason =
  | 'signature_missing'
  | 'signature_mismatch'
  | 'unknown_key'
  | 'timestamp_invalid'
  | 'timestamp_outside_window'
  | 'probe';

export interface Rejected {
  readonly rejected: RejectionReason;
}

/** What a well-signed callback says. An id that cannot be read is `sha256:<hex>` of what was signed. */
export interface Reading {
  readonly eventId: string;
  readonly notice: Notice;
}

export interface Verified extends Reading {
  /** Which of the live keys verified it; never the key itself. */
  readonly keyId: string;
  /**
   * What the signature holds fast. Whoever has a genuine callback may write all else of it anew, so only this
   * tells two callbacks apart that cannot be read.
   */
  readonly signedBytes: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

/** What the gateway wants to hear. Only `stored` may be taken by it for an acknowledgement. */
export interface Replies {
  readonly stored: Reply;
  readonly rejected: Reply;
  readonly malformed: Reply;
  readonly unavailable: Reply;
}

/**
 * For gateways that look at the status alone; the body is for a person who reads the gateway's delivery log.
 */
export const JSON_REPLIES: Replies = {
  stored: jsonReply(200, { received: true }),
  rejected: jsonReply(401, { error: 'the signature does not hold' }),
  malformed: jsonReply(400, { error: 'the request cannot be taken' }),
  unavailable: jsonReply(503, { error: 'not stored, please send again' }),
};

export function jsonReply(status: number, body: Readonly<Record<string, string | boolean>>): Reply {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}

/**
 * One payment gateway: its whole wire format. A new gateway is one such class and one line in the gateways'
 * module.
 */
export abstract class Gateway {
  /** As in `POST /callbacks/{name}` and in a payment's `gateway`. */
  abstract readonly name: string;
  abstract readonly replies: Replies;

  /** Decides by the raw bytes whether the gateway sent this. Throws never: a stranger chooses every byte. */
  abstract verify(callback: RawCallback, receivedAt: Date): Verified | Rejected;

  /** Reads a body whose signature held, now or when it was stored. Throws never. */
  abstract read(body: Buffer): Reading;
}

/** Gateways that sign a timestamp are believed this long before and after it, by the time of receipt. */
export const TIME_WINDOW_SECONDS = 300;

/** Null where the seconds-since-1970 timestamp is inside the window. */
export function timestampFault(timestamp: string, receivedAt: Date): RejectionReason | null {
  if (!/^\d{1,12}$/.test(timestamp)) return 'timestamp_invalid';
  const age = Math.abs(receivedAt.getTime() / 1000 - Number(timestamp));
  return age <= TIME_WINDOW_SECONDS ? null : 'timestamp_outside_window';
}

/**
 * A header that came exactly once with something in it. Repeated, it says two things and so is taken for
 * missing.
 */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | null {
  const value = field(headers, name);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Constant in time for equal lengths; a signature's length is no secret. */
export function equalInConstantTime(left: Buffer, right: Buffer): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

export function eventIdOf(id: unknown, signedBytes: Buffer): string {
  if (isText(id, 255)) return id;
  return `sha256:${createHash('sha256').update(signedBytes).digest('hex')}`;
}

/**
 * Text that every later step can hold: no NUL and no lone surrogate, which PostgreSQL takes in neither text
 * nor JSON.
 */
export function isText(value: unknown, maxLength: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return false;
  return !value.includes('\0') && value.isWellFormed();
}

/** What a gateway's fields hold before anybody has looked at them. */
export interface NoticeFields {
  readonly kind: Exclude<NoticeKind, 'unreadable' | 'conflicting'>;
  readonly paymentNumber?: unknown;
  readonly transactionId?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  /** Already a date; an invalid one, or one outside the years 1970 to 9999, makes the notice unreadable. */
  readonly paidAt?: Date | null;
  readonly reason?: unknown;
  readonly foreign?: string | null;
}

/**
 * A notice from a gateway's fields, within the limits of the design: payment number ≤ 64 of `[A-Za-z0-9_-]`,
 * transaction id ≤ 128 characters, money a decimal of its currency. Whatever is outside of them makes the
 * notice `unreadable`, with a reason that names the field and never its value.
 */
export function noticeFrom(gateway: string, fields: NoticeFields): Notice {
  if (fields.kind === 'ignored') return blank(gateway, 'ignored', null);
  const {
    paymentNumber = null,
    transactionId = null,
    amount = null,
    currency = null,
    paidAt = null,
  } = fields;
  const fault =
    numberFault(fields.kind, paymentNumber) ??
    transactionFault(fields.kind, transactionId) ??
    moneyFault(fields.kind, amount, currency) ??
    timeFault(paidAt);
  if (fault) return unreadable(gateway, fault);
  return {
    gateway,
    kind: fields.kind,
    paymentNumber: paymentNumber as string | null,
    transactionId: transactionId as string | null,
    money: moneyOf(amount, currency),
    paidAt,
    reason: plain(fields.reason),
    foreign: fields.foreign ?? null,
  };
}

/** Money without a number still needs an owner; a label without one says nothing. */
function numberFault(kind: NoticeKind, number: unknown): string | null {
  const isLabel = kind === 'processing' || kind === 'failed' || kind === 'cancelled';
  if (number === null) return isLabel ? 'there is no payment number' : null;
  const isOurs = typeof number === 'string' && /^[\w-]{1,64}$/.test(number);
  return isOurs ? null : 'the payment number is not 1 to 64 letters, digits, _ or -';
}

function transactionFault(kind: NoticeKind, id: unknown): string | null {
  if (id === null) return kind === 'succeeded' ? 'a success without a transaction id' : null;
  return isText(id, 128) ? null : 'the transaction id is not 1 to 128 characters of text';
}

function moneyFault(kind: NoticeKind, amount: unknown, currency: unknown): string | null {
  if (amount !== null || currency !== null) return Money.fault(amount, currency);
  return kind === 'succeeded' ? 'a success without an amount' : null;
}

function moneyOf(amount: unknown, currency: unknown): Money | null {
  return amount === null ? null : Money.of(amount as string, currency as string);
}

/** The database and ISO 8601 alike hold four-digit years. */
const END_OF_TIME = Date.UTC(10_000, 0);

function timeFault(paidAt: Date | null): string | null {
  if (!paidAt || (paidAt.getTime() >= 0 && paidAt.getTime() < END_OF_TIME)) return null;
  return 'the payment time is not a time';
}

export function unreadable(gateway: string, reason: string): Notice {
  return blank(gateway, 'unreadable', plain(reason));
}

function blank(gateway: string, kind: 'ignored' | 'unreadable', reason: string | null): Notice {
  const nothing = { paymentNumber: null, transactionId: null, money: null, paidAt: null, foreign: null };
  return { gateway, kind, reason, ...nothing };
}

function plain(text: unknown): string | null {
  return typeof text === 'string' ? text.slice(0, 500).toWellFormed().replaceAll('\0', '') : null;
}

/**
 * The decimal for a whole number of minor units; null for all else, be it a string, a fraction or beyond
 * exactness.
 */
export function decimalOf(minorUnits: unknown, currency: unknown, decimals?: number): string | null {
  if (!Number.isSafeInteger(minorUnits) || typeof currency !== 'string') return null;
  return Money.decimalOf(minorUnits as number, currency, decimals);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

/**
 * An ISO 8601 time that names its zone; null where there is none, an invalid date where it is anything else.
 */
export function timeOf(value: unknown): Date | null {
  if (value === undefined || value === null) return null;
  return new Date(typeof value === 'string' && ISO_TIME.test(value) ? value : Number.NaN);
}

/** The gateway's own parse of a JSON body, or undefined: bytes that are not UTF-8 are not JSON. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A field of something that may not be an object at all, own properties only. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}
