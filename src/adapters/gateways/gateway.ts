import type { IncomingHttpHeaders } from 'node:http';
import type { Replies } from './replies.js';
import type { Variable, Variables } from '../../config/variable.js';
import type { Notification } from '../../domain/callbacks/notification.js';

/** A callback as it arrived: nothing is decoded or parsed. */
export interface RawCallback {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why a callback is rejected. `probe` is WeChat Pay's own test that wrong signatures are rejected. */
export const REJECTION_REASONS = [
  'signature_missing',
  'signature_mismatch',
  'unknown_key',
  'timestamp_invalid',
  'timestamp_outside_window',
  'probe',
] as const;
export type RejectionReason = (typeof REJECTION_REASONS)[number];

export interface Rejected {
  readonly rejected: RejectionReason;
}

/** What the bytes of a callback say. */
export interface Reading {
  readonly notification: Notification;
  /** The notifications after the first, of a callback that has several: WeChat Pay's combined payments. Each is stored as a callback. */
  readonly further?: readonly Notification[];
  /**
   * How the releases before 0.7.0 read the same bytes, where this one reads them differently. A callback that they have stored is
   * recognised by it when it comes again.
   */
  readonly readBefore?: Notification;
}

/** What a callback says. Where its id cannot be read, the event id is `sha256:<hex>` of the signed bytes. */
export interface ParsedCallback extends Reading {
  readonly eventId: string;
}

export interface VerifiedCallback extends ParsedCallback {
  /** Which of the live keys verified the callback; never the key itself. */
  readonly keyId: string;
  /**
   * The bytes that the signature covers. A client that has a genuine callback can change everything else in it, so only these
   * bytes distinguish two unreadable callbacks.
   */
  readonly signedBytes: Buffer;
}

/** What the numbers of a gateway's payments must be, where it cannot carry every number that this service allows. */
export interface PaymentNumberRule {
  readonly pattern: RegExp;
  /** In words, as in "must be 6 to 32 letters". */
  readonly expects: string;
}

/** One payment gateway's wire format: how its callbacks are verified, read and answered. */
export abstract class Gateway {
  /** As in `POST /callbacks/{name}` and in a payment's `gateway`. */
  abstract readonly name: string;
  abstract readonly replies: Replies;
  /** How long the gateway waits for the answer to a callback. */
  abstract readonly answerWithinMs: number;
  /** The headers that the signature needs, in small letters. Of all other headers only `content-type` and `user-agent` are stored. */
  abstract readonly signatureHeaders: readonly string[];
  /** Undefined if the gateway carries all numbers: at most 64 of `[A-Za-z0-9_-]`. */
  readonly paymentNumberRule?: PaymentNumberRule;

  /** Decides by the raw bytes whether the gateway sent this callback. Never throws, whatever the bytes are. */
  abstract verify(callback: RawCallback, receivedAt: Date): VerifiedCallback | Rejected;

  /** Reads a body whose signature was verified, now or when it was stored. Never throws. */
  abstract parse(body: Buffer): ParsedCallback;
}

/** What the registry knows of a gateway: its name, its environment variables, and how it is made from their values. */
export interface GatewayDefinition<Settings extends object = object> {
  readonly name: string;
  /**
   * One row for each field of the settings. The gateway is on where all rows without `default` and `whenUnset` are set, and off where
   * no row is set; anything else is a fault of the configuration.
   */
  readonly variables: Variables<Settings> & Readonly<Record<string, Variable<unknown>>>;
  /** @throws Error that names the variable, never its value, where a setting cannot be used. */
  create(settings: Settings): Gateway;
}

/** The names of the variables without which the gateway cannot be on. */
export function requiredVariables({ variables }: GatewayDefinition): readonly string[] {
  return Object.values(variables)
    .filter((variable) => variable.default === undefined && variable.whenUnset === undefined)
    .map(({ name }) => name);
}
