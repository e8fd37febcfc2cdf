import { isText } from './parsing.js';
import type {
  DisputeReport,
  Notification,
  NotificationKind,
  RefundReport,
} from '../../domain/callbacks/notification.js';
import { Money } from '../../domain/money.js';

interface Charged {
  readonly amount: unknown;
  readonly currency: unknown;
}

/** The fields of a callback before they are checked. */
export interface NotificationFields {
  readonly kind: Exclude<NotificationKind, 'unreadable' | 'conflicting'>;
  readonly paymentNumber?: unknown;
  readonly transactionId?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  /** What the customer was charged. It is left out where it is not valid money, or equals the amount. */
  readonly charged?: Charged | null;
  readonly refund?: RefundReport | null;
  readonly dispute?: DisputeReport | null;
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
  if (fields.kind === 'ignored' && !fields.dispute) return blank(gateway, 'ignored', null);
  const fault = faultOf(fields);
  if (fault) return unreadable(gateway, fault);
  const money = moneyOf(fields.amount ?? null, fields.currency);
  return {
    gateway,
    kind: fields.kind,
    paymentNumber: (fields.paymentNumber ?? null) as string | null,
    transactionId: (fields.transactionId ?? null) as string | null,
    money,
    charged: fields.charged ? chargedOf(money, fields.charged) : null,
    paidAt: fields.paidAt ?? null,
    reason: plain(fields.reason),
    foreign: fields.foreign ?? null,
    refund: fields.refund ?? null,
    dispute: fields.dispute ?? null,
  };
}

function faultOf(fields: NotificationFields): string | null {
  const { kind, paymentNumber = null, transactionId = null, amount = null, currency = null } = fields;
  return (
    numberFault(kind, paymentNumber) ??
    transactionFault(kind, transactionId) ??
    moneyFault(kind, amount, currency) ??
    timeFault(fields.paidAt ?? null)
  );
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

/** Null where amount and currency are not valid money. */
export function moneyIfValid(amount: unknown, currency: unknown): Money | null {
  return Money.fault(amount, currency) === null ? Money.of(amount as string, currency as string) : null;
}

function chargedOf(money: Money | null, { amount, currency }: Charged): Money | null {
  const charged = moneyIfValid(amount, currency);
  return charged?.currency === money?.currency && charged?.amount === money?.amount ? null : charged;
}

/** The database and ISO 8601 both have years of four digits. */
const END_OF_TIME = Date.UTC(10_000, 0);

function timeFault(paidAt: Date | null): string | null {
  return !paidAt || isTime(paidAt) ? null : 'the payment time is not a time';
}

/** Null where there is no time, or none that can be stored. */
export function timeIfValid(time: Date | null): Date | null {
  return time && isTime(time) ? time : null;
}

const isTime = (time: Date): boolean => time.getTime() >= 0 && time.getTime() < END_OF_TIME;

export function unreadable(gateway: string, reason: string): Notification {
  return blank(gateway, 'unreadable', plain(reason));
}

function blank(gateway: string, kind: 'ignored' | 'unreadable', reason: string | null): Notification {
  return { gateway, kind, reason, ...NOTHING };
}

const NOTHING = {
  paymentNumber: null,
  transactionId: null,
  money: null,
  charged: null,
  paidAt: null,
  foreign: null,
  refund: null,
  dispute: null,
};

/** Text of at most 500 characters that can be stored; null for anything else than text. */
export function plain(text: unknown): string | null {
  return typeof text === 'string' ? text.slice(0, 500).toWellFormed().replaceAll('\0', '') : null;
}
