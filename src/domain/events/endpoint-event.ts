import type { Attribution } from '../attribution.js';
import type { DomainEvent } from '../event.js';
import type { PublishedType } from './published-event.js';

/** What happens to a webhook endpoint. All but `disabled` are done by an operator. */
export type EndpointDeed =
  | 'created'
  | 'changed'
  | 'deleted'
  | 'secret_changed'
  | 'resumed'
  | 'tested'
  | 'replay_requested'
  | 'redelivery_requested'
  | 'disabled';

/**
 * An entry of the log about a webhook endpoint. It is for operators and is published to no subscriber, so that no endpoint receives
 * events about itself. It contains no secret, no value of a header, and of the URL only the origin, because a path may contain a secret.
 */
export type EndpointEvent = DomainEvent<`endpoint.${EndpointDeed}`, EndpointEventData>;

export interface EndpointEventData {
  readonly endpointId: string;
  readonly origin?: string;
  /** The types that it subscribes to; null for all. */
  readonly events?: readonly PublishedType[] | null;
  readonly headerNames?: readonly string[];
  /** The event that is sent again. */
  readonly eventId?: string;
  /** The range of a replay. */
  readonly from?: string;
  readonly to?: string;
  /** A replay continues after this event. */
  readonly after?: string;
  readonly pausedAt?: string | null;
  readonly pausedBecause?: string | null;
}

export function endpointEvent(
  deed: EndpointDeed,
  { actor, at }: Attribution,
  data: EndpointEventData,
): EndpointEvent {
  return { type: `endpoint.${deed}`, at, actor, orderNumber: null, data };
}
