import type { DevelopmentKeys } from './development-keys.js';

export const STATUSES = ['succeeded', 'processing', 'failed', 'cancelled', 'refund', 'dispute'] as const;
export type CallbackStatus = (typeof STATUSES)[number];

/** What a gateway's callback is to say. */
export interface CallbackContent {
  readonly paymentNumber: string;
  readonly transactionId: string;
  readonly eventId: string;
  /** A decimal in the currency's main unit, such as `100.00`. */
  readonly amount: string;
  readonly currency: string;
  readonly status: CallbackStatus;
  /** When it is signed; also when it was paid, where `paidAt` does not say otherwise. */
  readonly at: Date;
  readonly paidAt?: Date;
  /** Changes a digit of the body after it was signed. */
  readonly tamper?: boolean;
  /** Whom it is for, where that is not the merchant of the keys. */
  readonly merchantId?: string;
  readonly appId?: string;
  readonly sellerId?: string;
  readonly livemode?: boolean;
  /** Changes what is signed, so that a test can say anything in the gateway's name. */
  readonly alter?: (payload: Payload) => Payload;
}

/** The JSON of a body, WeChat Pay's with its resource in the clear; for Alipay the form's fields. */
export type Payload = Record<string, unknown>;

/** A callback as the gateway puts it on the wire. */
export interface SignedCallback {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One gateway's side of the protocol, written from its documents and not from our verifier. */
export interface Signer {
  /** What this gateway has words for. */
  readonly statuses: readonly CallbackStatus[];
  readonly defaultCurrency: string;
  /** The answer that stops it from sending again. */
  readonly acknowledgement: { readonly status: number; readonly body?: string };
  /** Ids as the gateway forms them, from text that is unique. */
  eventId(unique: string): string;
  transactionId(unique: string): string;
  payload(keys: DevelopmentKeys, content: CallbackContent): Payload;
  sign(keys: DevelopmentKeys, payload: Payload, content: CallbackContent): Omit<SignedCallback, 'path'>;
}

/**
 * A decimal as a whole number of minor units.
 * @throws Error where the amount has more decimals than `decimals`, or is none.
 */
export function minorUnits(amount: string, decimals: number): number {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(amount);
  const [, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > decimals) {
    throw new Error(`the amount ${amount} is not a decimal with at most ${decimals} places`);
  }
  return Number(whole + fraction.padEnd(decimals, '0'));
}

/** `2026-11-23T16:00:00.000+08:00`: the wall clock of Beijing, which has kept one offset since 1991. */
export function beijingTime(at: Date): string {
  return new Date(at.getTime() + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
}

export function epochSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
