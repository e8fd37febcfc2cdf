import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { LockMode } from '../transaction.js';

/** A verified callback that is to be stored. */
export interface Receipt {
  /** Unique within the gateway. */
  readonly eventId: string;
  readonly notification: Notification;
  /** Equal for two callbacks that say the same about the same money, even if their bytes differ. */
  readonly fingerprint: string;
  /** The fingerprint under which an earlier release has stored the same callback, if it is another one. */
  readonly earlierFingerprint?: string | undefined;
  /** The name of the key that verified it. */
  readonly keyId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
  readonly judgedAt: Date;
}

/** A stored callback, as far as settling needs it. */
export interface StoredCallback {
  readonly id: string;
  readonly eventId: string;
  readonly fingerprint: string;
  readonly notification: Notification;
  readonly receivedAt: Date;
  readonly judgedAt: Date;
  readonly outcome: Outcome;
  readonly attempts: number;
}

export interface StoredCallbackWithBody extends StoredCallback {
  /** The bytes as they came; null after they have been pruned. */
  readonly body: Uint8Array | null;
}

export interface NewCallback {
  /** One of `reserveIds`. */
  readonly id: string;
  readonly receipt: Receipt;
  readonly outcome: Outcome;
  /** The time of the decision. For `pending`: the time from which a worker may take it. */
  readonly at: Date;
  /** How many copies came in this batch. */
  readonly deliveries: number;
}

export interface CallbackKey {
  readonly gateway: string;
  readonly eventId: string;
}

/** A stored body that was parsed again. */
export interface ParsedNotification {
  readonly notification: Notification;
  readonly fingerprint: string;
}

/** The position of a walk through the settled callbacks. Only the repository reads it. */
export interface BodyCursor {
  readonly settledAt: string;
  readonly id: string;
}

/** The inbox, inside a transaction. */
export abstract class CallbackRepository {
  // Receiving

  /** The stored callbacks with these keys, as last committed. Takes no locks. */
  abstract findByKeys(keys: readonly CallbackKey[]): Promise<StoredCallback[]>;
  /** Ascending ids for new callbacks. Ids that are not used are lost. */
  abstract reserveIds(count: number): Promise<string[]>;
  /** If a key exists by now, the transaction fails with `KeyTaken`. */
  abstract add(callbacks: readonly NewCallback[]): Promise<void>;
  /** Adds further deliveries to stored callbacks. */
  abstract countCopies(copies: readonly { readonly id: string; readonly copies: number }[]): Promise<void>;

  // Deciding

  /** Locks those that still wait for a decision (`pending`, `unmatched`) and returns their ids. `skip` leaves out contended rows. */
  abstract lockUndecided(ids: readonly string[], mode: LockMode): Promise<string[]>;
  abstract saveOutcomes(
    decisions: readonly { readonly id: string; readonly outcome: Outcome; readonly at: Date }[],
  ): Promise<void>;

  // Retrying

  /**
   * Takes up to `limit` pending callbacks that are due, the oldest first. Each counts an attempt and becomes due again at
   * `leasedUntil`, so that a worker that was killed loses them after that time.
   */
  abstract leaseDue(now: Date, leasedUntil: Date, limit: number): Promise<StoredCallback[]>;
  /** Sets the next attempt of callbacks that are still pending. Skips contended rows. */
  abstract postpone(retries: readonly { readonly id: string; readonly at: Date }[]): Promise<void>;
  /** The unmatched callbacks that name these payments, up to `limit` of each payment, in order of receipt. Takes no locks. */
  abstract findUnmatched(paymentNumbers: readonly string[], limit: number): Promise<StoredCallback[]>;
  /**
   * Examines the next `limit` payment numbers after `after` that unmatched callbacks name. Returns the callbacks whose
   * payment exists by now, in order of receipt, and the number to continue from; null at the end. Takes no locks.
   */
  abstract findMatchable(
    after: string | null,
    limit: number,
  ): Promise<{ readonly callbacks: readonly StoredCallback[]; readonly next: string | null }>;

  // Single callbacks, for operators

  /** As last committed. Takes no lock. */
  abstract findById(id: string): Promise<StoredCallbackWithBody | null>;
  /** Locks the row and returns its current outcome. */
  abstract lock(id: string): Promise<Outcome>;
  /** Stores what a later release understands of an unreadable body, so that copies and a later payment find it. */
  abstract saveParsed(id: string, parsed: ParsedNotification & { readonly judgedAt: Date }): Promise<void>;

  // Retention

  /**
   * Drops headers and bodies of callbacks that were stored more than `retentionDays` ago, and up to a thirtieth of that time later, by
   * the clock of the store. Those of pending callbacks and of open cases stay. Keys stay, so that a copy is always recognised. To be called often, by any number of
   * processes. Returns how many groups of callbacks have lost their contents.
   */
  abstract rotateContents(retentionDays: number): Promise<number>;
  /**
   * The same for callbacks that a release before 0.5.0 has stored, row by row.
   * Examines the next `limit` callbacks after `after` that have a body and were settled before then. Removes headers and
   * body of those that no open case needs. Keys stay, so that a copy is always recognised. `next` is null at the end.
   */
  abstract pruneBodies(
    settledBefore: Date,
    after: BodyCursor | null,
    limit: number,
  ): Promise<{ readonly pruned: number; readonly next: BodyCursor | null }>;
}
