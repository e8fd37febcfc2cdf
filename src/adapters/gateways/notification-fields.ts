import { isText } from './parsing.js';
import type { Notification, NotificationKind } from '../../domain/callbacks/notification.js';
import { Money } from '../../domain/money.js';

/** The fields of a callback before they are checked. */
export interface NotificationFields {
  readonly kind: Exclude<NotificationKind, 'unreadable' | 'conflicting'>;
  readonly paymentNumber?: unknown;
  readonly transactionId?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  /** An invalid date, or one outside the years 1970 to 9999, makes the notification unreadable. */
  readonly paidAt?: Date | null;
  readonly reason?: unknown;
  readonly foreign?: string | null;
}

/**
 * Makes a notification from a gateway's fields. Limits: the payment number has 1 to 64 characters of `[A-Za-z0-9_-]`, the
 * transaction id 1 to 128 characters, and the amount is a decimal of its currency. A field outside its limits makes the
 * notification `unreadable`, with a reason that names the field and never its value.
 */
export function notificationFrom(gateway: string, fields: NotificationFields): Notification {
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

/** Money without a payment number still needs an owner. A notification without money and without a number says nothing. */
function numberFault(kind: NotificationKind, number: unknown): string | null {
  const isLabel = kind === 'processing' || kind === 'failed' || kind === 'cancelled';
  if (number === null) return isLabel ? 'there is no payment number' : null;
  const isOurs = typeof number === 'string' && /^[\w-]{1,64}$/.test(number);
  return isOurs ? null : 'the payment number is not 1 to 64 letters, digits, _ or -';
}

function transactionFault(kind: NotificationKind, id: unknown): string | null {
  if (id === null) return kind === 'succeeded' ? 'a success without a transaction id' : null;
  return isText(id, 128) ? null : 'the transaction id is not 1 to 128 characters of text';
}

function moneyFault(kind: NotificationKind, amount: unknown, currency: unknown): string | null {
  if (amount !== null || currency !== null) return Money.fault(amount, currency);
  return kind === 'succeeded' ? 'a success without an amount' : null;
}

function moneyOf(amount: unknown, currency: unknown): Money | null {
  return amount === null ? null : Money.of(amount as string, currency as string);
}

/** The database and ISO 8601 both have years of four digits. */
const END_OF_TIME = Date.UTC(10_000, 0);

function timeFault(paidAt: Date | null): string | null {
  if (!paidAt || (paidAt.getTime() >= 0 && paidAt.getTime() < END_OF_TIME)) return null;
  return 'the payment time is not a time';
}

export function unreadable(gateway: string, reason: string): Notification {
  return blank(gateway, 'unreadable', plain(reason));
}

function blank(gateway: string, kind: 'ignored' | 'unreadable', reason: string | null): Notification {
  const nothing = { paymentNumber: null, transactionId: null, money: null, paidAt: null, foreign: null };
  return { gateway, kind, reason, ...nothing };
}

function plain(text: unknown): string | null {
  return typeof text === 'string' ? text.slice(0, 500).toWellFormed().replaceAll('\0', '') : null;
}
