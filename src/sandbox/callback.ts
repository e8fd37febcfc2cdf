import type { KeyField, KeyFields } from '../development/development-keys.js';

/** What a callback can report, and what that means. No gateway reports all of it. */
export const STATUS_MEANINGS = {
  succeeded: 'the money was paid',
  processing: 'the customer has begun to pay',
  failed: 'an attempt to pay failed',
  cancelled: 'the gateway has closed the payment',
  refund: 'money has gone back to the customer',
  refund_failed: 'a refund has failed',
  refund_abnormal: 'the gateway could not send a refund and waits for a person',
  dispute: 'the customer disputes the payment, and the shop has to answer',
  dispute_updated: 'the bank examines the answer of the shop',
  dispute_money_taken: 'the gateway has taken the disputed money from the shop',
  dispute_won: 'the shop has won the dispute, and has the money',
  dispute_lost: 'the shop has lost the dispute and the money',
  fraud_warning: 'a bank calls the payment fraudulent',
} as const;
export type CallbackStatus = keyof typeof STATUS_MEANINGS;
export const STATUSES = Object.keys(STATUS_MEANINGS) as readonly CallbackStatus[];

export const isRefund = (status: CallbackStatus): boolean => status.startsWith('refund');
export const isDispute = (status: CallbackStatus): boolean => status.startsWith('dispute');

/** What a gateway's callback reports. */
export interface CallbackContent {
  readonly paymentNumber: string;
  readonly transactionId: string;
  readonly eventId: string;
  /** A decimal in the currency's main unit, such as `100.00`. */
  readonly amount: string;
  readonly currency: string;
  readonly status: CallbackStatus;
  /** When it is signed; also the time of payment if `paidAt` is absent. */
  readonly at: Date;
  readonly paidAt?: Date;
  /** What a refund is part of. By default all that was paid goes back at once. */
  readonly refundTerms?: RefundTerms;
  /** The gateway's id of a dispute. By default the transaction has one dispute, whose id is made from that of the transaction. */
  readonly disputeId?: string;
  /** Changes a digit of the body after it was signed. */
  readonly tamper?: boolean;
  /** The receiver, where it is not the merchant of the development keys. */
  readonly merchantId?: string;
  readonly appId?: string;
  readonly sellerId?: string;
  readonly livemode?: boolean;
  /** Changes the payload before it is signed, so that a test can make the gateway say anything. */
  readonly alter?: (payload: Payload) => Payload;
}

/** What gateways report of a refund besides its own amount. Amounts are decimals, as in `CallbackContent`. */
export interface RefundTerms {
  /** The merchant's number of the refund. */
  readonly number: string;
  /** The gateway's id of the refund. By default it is made from the number. */
  readonly id?: string;
  /** What has gone back of the same money before. */
  readonly before: string;
  /** What was paid. */
  readonly paid: string;
}

/** The refund of a callback, as one that gives back all that was paid unless the callback says otherwise. */
export function refundOf({ refundTerms, paymentNumber, amount }: CallbackContent): RefundTerms {
  return refundTerms ?? { number: refundNumber(paymentNumber, 1), before: '0', paid: amount };
}

/** Numbers of refunds have at most 64 characters at WeChat Pay. */
export function refundNumber(paymentNumber: string, series: number): string {
  return `${paymentNumber}-R${series}`.slice(-64);
}

/** The JSON of a body (for WeChat Pay with its resource unencrypted), or the parameters of Alipay's form. */
export type Payload = Record<string, unknown>;

/** A callback as the gateway sends it. */
export interface SignedCallback {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Stores the content of a file that an environment variable names, and returns its path. */
export type SaveFile = (name: string, content: string) => string;

/**
 * The gateway's side of its protocol, written from its documents and not from the code that verifies it. `Keys` are the texts of its
 * development keys, by their fields in `development-keys.json`.
 */
export interface Signer<Keys extends object = object> {
  /** The development keys that this gateway needs, and how they are made. */
  readonly keys: { readonly [Field in keyof Keys]: KeyField } & KeyFields;
  /** The environment variables by which the service verifies what this signs. */
  environment(keys: Keys, saveFile: SaveFile): Record<string, string>;
  /** The statuses that this gateway reports. */
  readonly statuses: readonly CallbackStatus[];
  /** Its refunds have no number of the merchant. */
  readonly hasNoRefundNumbers?: boolean;
  readonly defaultCurrency: string;
  /** The answer that stops the gateway from sending again. */
  readonly acknowledgement: { readonly status: number; readonly body?: string };
  /** Ids in the gateway's form, from a text that is unique. */
  eventId(unique: string): string;
  transactionId(unique: string): string;
  /** @throws Error where the gateway cannot report this, for example in this currency. */
  payload(keys: Keys, content: CallbackContent): Payload;
  sign(keys: Keys, payload: Payload, content: CallbackContent): Omit<SignedCallback, 'path'>;
}

/**
 * A decimal as a whole number of minor units.
 * @throws Error where the amount is not a decimal, or has more than `decimals` decimals.
 */
export function minorUnits(amount: string, decimals: number): number {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(amount);
  const [, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > decimals) {
    throw new Error(`the amount ${amount} is not a decimal with at most ${decimals} places`);
  }
  return Number(whole + fraction.padEnd(decimals, '0'));
}

/** The decimals of the sum are those of the part that has more. A negative sign makes it the difference. */
export function sumOf(left: string, right: string, sign: 1 | -1 = 1): string {
  const decimals = Math.max(...[left, right].map((amount) => amount.split('.')[1]?.length ?? 0));
  const [first, second] = [left, right].map((amount) => {
    const [whole = '', fraction = ''] = amount.split('.');
    return BigInt(whole + fraction.padEnd(decimals, '0'));
  });
  const sum = first! + BigInt(sign) * second!;
  const digits = String(sum < 0n ? -sum : sum).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  return `${sum < 0n ? '-' : ''}${whole}${decimals > 0 ? `.${digits.slice(-decimals)}` : ''}`;
}

/** `2026-11-23T16:00:00.000+08:00`: Beijing time, whose offset has not changed since 1991. */
export function beijingTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
}

export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
