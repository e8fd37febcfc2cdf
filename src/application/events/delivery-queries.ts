import type { PublishedType } from '../../domain/events/published-event.js';
import type { Page, PageRequest } from '../page.js';

export const ENDPOINT_STATUSES = ['active', 'paused', 'disabled'] as const;
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number];

export interface EndpointView {
  readonly id: string;
  readonly url: string;
  /** Null for all types. */
  readonly events: readonly PublishedType[] | null;
  /** The names of the headers that are sent with each delivery. Their values are never shown. */
  readonly headers: readonly string[];
  readonly status: EndpointStatus;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Nothing is sent before this time, because the receiver has asked for it; null if it has not, or the time is over. */
  readonly heldUntil: Date | null;
  /** Until then requests are signed with the previous secret as well. */
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
  /** The HTTP status of the last answer; null if there was no answer. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date | null;
  readonly deliveredAt: Date | null;
}

export interface SubscriberLag {
  /** The id of an endpoint, or `nats`. */
  readonly subscriber: string;
  /** The age of the oldest event that the subscriber has not received. */
  readonly seconds: number;
  /** Nothing is sent to it: it is paused or disabled. */
  readonly paused: boolean;
}

/** What the relay has to do. */
export interface RelayWork {
  /** The log has events that are not turned into deliveries yet. */
  readonly toFanOut: boolean;
  /** Deliveries are due. */
  readonly due: boolean;
  /** Endpoints were paused for so long that they are to be disabled. */
  readonly toDisable: boolean;
}

/** Reads without locks. */
export abstract class DeliveryQueries {
  abstract endpoints(page: PageRequest): Promise<Page<EndpointView>>;
  abstract endpoint(id: string): Promise<EndpointView | null>;
  abstract deliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryView>>;
  abstract lags(): Promise<readonly SubscriberLag[]>;
  abstract work(at: Date): Promise<RelayWork>;
}
