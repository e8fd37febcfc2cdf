import type { Discrepancy } from '../domain/discrepancy.js';
import type { DomainEvent } from '../domain/events.js';
import type { Notice, Outcome } from '../domain/notice.js';
import type { Order } from '../domain/order.js';
import type { Payment } from '../domain/payment.js';
import type { Backlog, Bodies } from './backlog.js';
import type { DuePayments } from './expire-payments.js';
import type { DeliveryQueries, Outbox, Subscribers } from './outbox.js';
import type { IdempotencyKeys } from './idempotent-write.js';
import type { Queries } from './queries.js';
import type { Resolutions } from './resolutions.js';
import type { StoredCallbacks } from './stored-callbacks.js';

export abstract class Clock {
  abstract now(): Date;
}

/** A verified callback on its way into the inbox. */
export interface Receipt {
  /** Unique together with the notice's gateway. */
  readonly eventId: string;
  readonly notice: Notice;
  /** Equal for two callbacks that say the same of the same money, whatever their bytes. */
  readonly fingerprint: string;
  readonly keyId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
  readonly judgedAt: Date;
}

/** A callback that the inbox holds, as far as settling it needs. */
export interface StoredCallback {
  readonly id: string;
  readonly eventId: string;
  readonly fingerprint: string;
  readonly notice: Notice;
  readonly receivedAt: Date;
  readonly judgedAt: Date;
  readonly outcome: Outcome;
  readonly attempts: number;
}

/** A callback that enters the inbox with this transaction, decided or, where its outcome is `pending`, to be settled later. */
export interface NewCallback {
  /** One of `newIds`. */
  readonly id: string;
  readonly receipt: Receipt;
  readonly outcome: Outcome;
  /** When it was decided, or, for `pending`, when a worker may take it. */
  readonly at: Date;
  /** How many copies came in at once. */
  readonly deliveries: number;
}

export interface CallbackKey {
  readonly gateway: string;
  readonly eventId: string;
}

/** The inbox inside a transaction. */
export interface Callbacks {
  /** Those of the keys that are stored, as last committed. Holds nothing. */
  find(keys: readonly CallbackKey[]): Promise<StoredCallback[]>;
  /** Ids for callbacks that this transaction is to add, in rising order; those that are not used are lost. */
  newIds(count: number): Promise<string[]>;
  /** Where a key exists by now, the transaction fails with `KeyTaken`. */
  add(callbacks: readonly NewCallback[]): Promise<void>;
  /** Holds those of the ids that still wait for a decision, in mode `skip` without those that somebody else holds, and returns their ids. */
  lockUndecided(ids: readonly string[], mode: LockMode): Promise<string[]>;
  /** Writes decisions of stored callbacks. */
  decide(
    decisions: readonly { readonly id: string; readonly outcome: Outcome; readonly at: Date }[],
  ): Promise<void>;
  /** Counts further deliveries of stored callbacks. */
  countCopies(copies: readonly { readonly id: string; readonly copies: number }[]): Promise<void>;
}

/** Rows that this transaction holds, and those that somebody else does. */
export interface Locked<Aggregate> {
  readonly found: ReadonlyMap<string, Aggregate>;
  readonly held: ReadonlySet<string>;
}

/**
 * How to lock. `wait` stands behind another holder, for as long as the connection's lock time-out allows; `skip` never
 * waits and names what is held elsewhere.
 */
export type LockMode = 'wait' | 'skip';

export interface Payments {
  /**
   * Loads and holds the payments with these numbers, in order of id. A number that is in neither answer has no payment, and none
   * will be created under it before this transaction ends.
   */
  lock(numbers: readonly string[], mode: LockMode): Promise<Locked<Payment>>;
  /** The numbers of the payments that these transactions have settled, by `transactionKey`. */
  settledBy(
    transactions: readonly { gateway: string; transactionId: string }[],
  ): Promise<ReadonlyMap<string, string>>;
  /** The numbers of the payments that these transactions' money was for, settled or not, by `transactionKey`. */
  namedBy(
    transactions: readonly { gateway: string; transactionId: string }[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Which of these transactions' money was given back by another way, by `transactionKey`. */
  givenBack(
    transactions: readonly { gateway: string; transactionId: string }[],
  ): Promise<ReadonlySet<string>>;
  /** Whether the number is free, and if so reserves it until the transaction ends. */
  reserve(number: string): Promise<boolean>;
  add(payment: Payment): Promise<void>;
  save(payments: readonly Payment[]): Promise<void>;
}

export interface Orders {
  /** Loads and holds the orders with these numbers, in order of id. */
  lock(numbers: readonly string[], mode: LockMode): Promise<Locked<Order>>;
  /** The orders of these payments, held in the same order; in mode `skip` without those that somebody else holds. */
  lockOf(paymentNumbers: readonly string[], mode: LockMode): Promise<ReadonlyMap<string, Order>>;
  /** False where the number is taken. */
  add(order: Order): Promise<boolean>;
  save(orders: readonly Order[]): Promise<void>;
}

/** A discrepancy and the callback that brought it. */
export interface OpenDiscrepancy extends Discrepancy {
  readonly callbackId: string | null;
}

export interface Discrepancies {
  /** Opens those that are new, and returns these; the others join the case that is there, open or resolved. */
  open(discrepancies: readonly OpenDiscrepancy[], at: Date): Promise<OpenDiscrepancy[]>;
  /** Resolves the open `unmatched` cases of these callbacks, whose payment has come, and returns them. */
  resolveUnmatched(callbackIds: readonly string[], at: Date): Promise<OpenDiscrepancy[]>;
}

/** The append-only log, which is the payments' log, the orders' history and the outbox. */
export interface Events {
  append(events: readonly LoggedEvent[]): Promise<void>;
}

export type LoggedEvent = DomainEvent & { readonly callbackId?: string | null };

export interface Stores {
  readonly idempotencyKeys: IdempotencyKeys;
  readonly payments: Payments;
  readonly duePayments: DuePayments;
  readonly orders: Orders;
  readonly callbacks: Callbacks;
  readonly backlog: Backlog;
  readonly bodies: Bodies;
  readonly storedCallbacks: StoredCallbacks;
  readonly discrepancies: Discrepancies;
  readonly resolutions: Resolutions;
  readonly events: Events;
  readonly subscribers: Subscribers;
  readonly outbox: Outbox;
  /** Reads what this transaction has written. */
  readonly queries: Queries;
  readonly deliveries: DeliveryQueries;
}

/**
 * One transaction: all of `work` commits, or none. What is asked of the stores is done in the order of the calls, and calls that are not
 * awaited one by one travel together, which saves the round trips between them. What is only written may not have been done when its
 * promise resolves: it is done before the commit, and fails the transaction where it fails. Locks are taken in one order everywhere: idempotency key, advisory locks on payment
 * numbers, payments by id, orders by id, callbacks by (gateway, event id), discrepancies by id. Work that loses a deadlock or waits
 * too long for a lock is run again a few times, so it must do nothing that a rollback does not undo.
 *
 * Throws `Unavailable` where the work did not finish for a passing reason, or not by the deadline (milliseconds on the clock of
 * `performance.now()`); it is rolled back by then, or, if the answer to COMMIT was lost, nobody knows.
 */
export abstract class UnitOfWork {
  abstract run<Result>(work: (stores: Stores) => Promise<Result>, options?: RunOptions): Promise<Result>;
}

export interface RunOptions {
  readonly deadline?: number;
  /** How often work that loses a race for a lock is tried before it is `Contended`. */
  readonly attempts?: number;
}

/** The database is away, too slow or too contended just now; the same work may succeed later. */
export class Unavailable extends Error {}

/** Others held what the work needed, for longer than it may wait. */
export class Contended extends Unavailable {}

/** An insert met a callback that another transaction has stored meanwhile. */
export class KeyTaken extends Error {}

/** The inbox's last resort, on a connection of its own: the bare receipt, to be settled later. */
export abstract class ReceiptStore {
  /**
   * Stores what is not stored yet as `pending`, and tells of each receipt, in their order, whether its callback is stored now. Those
   * whose key holds another content are stored under a key of their own. Never throws.
   */
  abstract keep(receipts: readonly Receipt[], nextAttemptAt: Date, deadline: number): Promise<boolean[]>;
}

/** A callback whose signature did not hold. It is never kept as a callback. */
export interface Rejection {
  readonly gateway: string;
  readonly reason: string;
  readonly receivedAt: Date;
  readonly remoteAddress: string;
}

/** Keeps the newest rejections for an operator to look at, and no more of them than a stranger may cost. */
export abstract class Rejections {
  abstract note(rejection: Rejection): void;
}

/** Whether the service can do its work now. */
export abstract class Readiness {
  /** What stands in the way, in words for an operator; nothing where it is ready. */
  abstract check(): Promise<readonly string[]>;
}

/** What the core lets an operator measure. */
export abstract class Telemetry {
  abstract lockConflict(): void;
  abstract lockWaited(seconds: number): void;
  abstract groupSettled(size: number): void;
  /** A callback that had been acknowledged as `pending` has its outcome. */
  abstract decidedLater(gateway: string, outcome: Outcome): void;
  abstract paymentExpired(): void;
  /** Money came for an order that could not be paid. */
  abstract transitionFailed(): void;
}

export function transactionKey(gateway: string, transactionId: string): string {
  return `${gateway} ${transactionId}`;
}
