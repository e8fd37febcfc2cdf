import type { PublishedType, StoredEvent } from '../../domain/events/published-event.js';
import type { AttemptResult, SubscriberKind } from '../../domain/events/subscriber.js';
import type { DeliveryView } from './delivery-queries.js';
import type { HeaderValues } from './subscriber-repository.js';

/** Where a delivery is sent. */
export interface Destination {
  readonly subscriberId: string;
  readonly kind: SubscriberKind;
  /** Null for JetStream, whose address is a setting of this process. */
  readonly url: string | null;
  /** All secrets that are valid now. */
  readonly secrets: readonly string[];
  /** Sent with each delivery. The values may be secrets, and are never logged. */
  readonly headers: HeaderValues;
}

/** A delivery that only this process may send until its lease ends. */
export interface LeasedDelivery {
  readonly destination: Destination;
  readonly event: StoredEvent;
  /** Counts from 1. Together with the lease it decides whose result counts. */
  readonly attempt: number;
  /** Counts from 1 since the event first became due, or since an operator asked for a redelivery. */
  readonly attemptOfSeries: number;
  /** The previous attempt to this subscriber, of any event, failed. */
  readonly isFailing: boolean;
}

/** The result of a leased delivery, to be stored. */
export interface DeliveryRecord {
  readonly subscriberId: string;
  /** The number of the event in the log. */
  readonly eventNumber: string;
  readonly attempt: number;
  readonly result: AttemptResult;
  /** When it is due again; null if it is delivered or given up. */
  readonly retryAt: Date | null;
  readonly at: Date;
  /** The attempt changes the subscriber's count of failures. */
  readonly changesHealth: boolean;
}

/** How many deliveries one subscriber may have in flight, by kind, and how many it has, by id. */
export interface DeliveryCapacity {
  readonly limits: Readonly<Partial<Record<SubscriberKind, number>>>;
  readonly inFlight: ReadonlyMap<string, number>;
}

/** One step of a replay. */
export interface ReplayPage {
  readonly subscriberId: string;
  /** The types that the subscriber gets. */
  readonly types: readonly PublishedType[];
  /** ISO 8601. An event at `from` belongs to the replay, and one at `to` does not. */
  readonly from: string;
  readonly to: string;
  /** The number of the last event of the step before; null for the first step. */
  readonly after: string | null;
  /** How many events of the log it may read. */
  readonly limit: number;
}

export interface ReplayedPage {
  readonly queued: number;
  /** The number of the last event that was read; null if no event of the range is left. */
  readonly last: string | null;
}

export abstract class DeliveryRepository {
  /**
   * Turns up to `limit` further events of the log into deliveries, oldest first, and returns how many events it has read. It
   * takes only events older than every running transaction, so that none is skipped. 0 if there are none, or if another
   * process is doing it.
   */
  abstract fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number>;
  /**
   * Leases due deliveries of active subscribers within their capacity: of each order only the oldest event that is not done,
   * so that later ones wait for it. A process that never records a result loses the delivery when the lease ends.
   */
  abstract lease(at: Date, leaseSeconds: number, capacity: DeliveryCapacity): Promise<LeasedDelivery[]>;
  /** Stores the results of leased deliveries. A result is dropped if another process has taken over the lease. */
  abstract record(records: readonly DeliveryRecord[], at: Date): Promise<void>;
  /** Makes a delivery due now, in whatever status it is; `sending` if it is in flight. */
  abstract redeliver(
    subscriberId: string,
    eventNumber: string,
    at: Date,
  ): Promise<DeliveryView | 'sending' | 'unknown'>;
  /** Where deliveries to this endpoint are sent now; null if there is no such endpoint. */
  abstract destination(endpointId: string, at: Date): Promise<Destination | null>;
  /** Makes events of the log due now, whether they were delivered or never queued. What waits or is being sent stays as it is. */
  abstract replay(page: ReplayPage, at: Date): Promise<ReplayedPage>;
  /** Removes up to `limit` deliveries that wait for each endpoint that is off. Returns how many it has removed. */
  abstract dropWaiting(limit: number): Promise<number>;
  /** Makes every waiting delivery of this subscriber due now. */
  abstract retryNow(subscriberId: string, at: Date): Promise<void>;
  /** Removes up to `limit` deliveries of each subscriber that were done before `before`, and those of removed endpoints. */
  abstract prune(before: Date, limit: number): Promise<number>;
}
