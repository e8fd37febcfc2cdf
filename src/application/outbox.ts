import type { KeptEvent, PublishedEvent, PublishedType } from '../domain/published-event.js';
import type { Attempted, Subscriber, SubscriberKind } from '../domain/subscriber.js';
import type { Page, PageRequest } from './queries.js';

/** Where a delivery goes, as far as sending it needs. */
export interface Destination {
  readonly subscriberId: string;
  readonly kind: SubscriberKind;
  /** Null for JetStream, whose address is this process's own setting. */
  readonly url: string | null;
  /** All that are live now. */
  readonly secrets: readonly string[];
}

/** A delivery that this process alone may send until its lease ends. */
export interface LeasedDelivery {
  readonly destination: Destination;
  readonly event: KeptEvent;
  /** Counts from 1, and with the lease it says whose result counts. */
  readonly attempt: number;
  /** Counts from 1 since the event was first due, or due once more because somebody asked for it. */
  readonly attemptOfRound: number;
  /** The attempt before it, to this subscriber and of whatever event, has failed. */
  readonly isFailing: boolean;
}

/** What became of a leased delivery, to be written down. */
export interface DeliveryResult {
  readonly subscriberId: string;
  /** The event's number in the log. */
  readonly eventNumber: string;
  readonly attempt: number;
  readonly attempted: Attempted;
  /** When it is due again; null where it is delivered or given up. */
  readonly retryAt: Date | null;
  readonly at: Date;
  /** The subscriber's count of failures is not what it was before this attempt. */
  readonly changesHealth: boolean;
}

/** How many deliveries may be under way to one subscriber, and how many are, by its id. */
export interface Room {
  readonly most: Readonly<Partial<Record<SubscriberKind, number>>>;
  readonly taken: ReadonlyMap<string, number>;
}

/** The deliveries inside a transaction. */
export interface Outbox {
  /**
   * Turns up to `limit` further events of the log into deliveries, oldest first, and returns how many it has read. Takes only events below
   * which no transaction is still running, so that none is passed over. 0 where there are none, or where another process is at it.
   */
  fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number>;
  /**
   * Takes what is due for active subscribers, as far as there is room: of each order the oldest undone event alone, so that a later one
   * waits for it. Whoever took it and never says what became of it loses it when the lease ends.
   */
  lease(at: Date, leaseSeconds: number, room: Room): Promise<LeasedDelivery[]>;
  /** Writes what became of leased deliveries; a result whose lease was lost to somebody else is dropped. */
  settle(results: readonly DeliveryResult[], at: Date): Promise<void>;
  /** Makes a delivery due now, whether it was delivered, given up or is waiting. `sending` where it is under way. */
  redeliver(
    subscriberId: string,
    eventNumber: string,
    at: Date,
  ): Promise<DeliveryView | 'sending' | 'unknown'>;
  /** Makes everything that waits for this subscriber due now. */
  hasten(subscriberId: string, at: Date): Promise<void>;
  /** Drops up to `limit` deliveries of each subscriber that were done with before `before`, and those of removed endpoints. */
  forget(before: Date, limit: number): Promise<number>;
}

export interface NewEndpoint {
  readonly url: string;
  /** Null for all. */
  readonly events: readonly PublishedType[] | null;
  readonly secret: string;
  readonly at: Date;
}

/** Those that events go to, inside a transaction. */
export interface Subscribers {
  /** It gets the events that are not committed yet. Answers its id; null where there is no room for another. */
  addEndpoint(endpoint: NewEndpoint): Promise<string | null>;
  /** Makes the one subscriber that stands for JetStream if there is none, and notes that a process publishes to it. */
  keepStream(at: Date): Promise<void>;
  /** Collects nothing more for a stream to which no process has published since then. */
  dropStream(before: Date): Promise<void>;
  /** Loads and holds subscribers in order of id, endpoints that were removed excepted. */
  lock(ids: readonly string[]): Promise<Subscriber[]>;
  save(subscribers: readonly Subscriber[]): Promise<void>;
  /** Signs with the new secret, and until `oldUntil` with the present one as well. */
  changeSecret(id: string, secret: string, oldUntil: Date): Promise<void>;
  /** Sends nothing more there and forgets it. */
  remove(id: string): Promise<void>;
}

/** Hands events over to one kind of subscriber. */
export abstract class Publisher {
  abstract readonly kind: SubscriberKind;
  /** How many deliveries one subscriber may have under way. */
  abstract readonly concurrency: number;
  /** Whether there is any use in trying just now. */
  abstract isReady(): boolean;
  /** Never throws for what a receiver or the network does, and ends within a few seconds. */
  abstract publish(event: PublishedEvent, destination: Destination): Promise<Attempted>;
}

/** All that this process can publish to. */
export abstract class Publishers {
  abstract readonly all: readonly Publisher[];
}

/** What may be asked for as an endpoint's address. */
export abstract class WebhookTargets {
  /** What is wrong with it, in words; null where nothing is. */
  abstract fault(url: string): string | null;
}

export interface EndpointView {
  readonly id: string;
  readonly url: string;
  readonly events: readonly PublishedType[] | null;
  readonly status: 'active' | 'paused';
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Until when signatures are made with the secret before as well. */
  readonly oldSecretUntil: Date | null;
  readonly createdAt: Date;
}

export const DELIVERY_STATUSES = ['waiting', 'sending', 'delivered', 'given_up'] as const;

export interface DeliveryView {
  readonly eventId: string;
  readonly type: PublishedType;
  readonly orderNumber: string | null;
  readonly status: (typeof DELIVERY_STATUSES)[number];
  readonly attempts: number;
  readonly lastAttemptAt: Date | null;
  /** Of the last answer; null where there was none. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
}

export interface SubscriberLag {
  /** An endpoint's id, or `nats`. */
  readonly subscriber: string;
  /** Age of the oldest event that it has not had. */
  readonly seconds: number;
  readonly paused: boolean;
}

/** What people read of endpoints and deliveries, and what the relay asks when it has nothing to do. */
export abstract class DeliveryQueries {
  abstract endpoints(page: PageRequest): Promise<Page<EndpointView>>;
  abstract endpoint(id: string): Promise<EndpointView | null>;
  /** Newest first. */
  abstract deliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryView>>;
  abstract lags(): Promise<readonly SubscriberLag[]>;
  /** Throws `Unavailable` as a unit of work does. */
  abstract work(at: Date): Promise<{ readonly toFanOut: boolean; readonly due: boolean }>;
}

/** Hears of what an operator should hear of. */
export abstract class DeliveryWatch {
  abstract failed(delivery: LeasedDelivery, error: string): void;
  abstract paused(subscriber: Subscriber): void;
  abstract gaveUp(delivery: LeasedDelivery): void;
  /** Deliveries cannot be taken or written down just now. */
  abstract stuck(error: unknown): void;
}
