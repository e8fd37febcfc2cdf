import type { Attribution } from '../../domain/attribution.js';
import {
  endpointEvent,
  type EndpointDeed,
  type EndpointEventData,
} from '../../domain/events/endpoint-event.js';
import { eventNumber, type PublishedType } from '../../domain/events/published-event.js';
import type { Subscriber } from '../../domain/events/subscriber.js';
import type { Transaction } from '../transaction.js';
import type { DeliveryView } from './delivery-queries.js';
import { DeliveryRepository } from './delivery-repository.js';
import { EventRepository } from './event-repository.js';
import { SubscriberRepository, type EndpointChange, type HeaderValues } from './subscriber-repository.js';

/** How long requests are signed with the old secret as well, after a change. */
const OLD_SECRET_VALID_MS = 24 * 60 * 60 * 1_000;

export interface EndpointRequest {
  readonly url: string;
  readonly events: readonly PublishedType[] | null;
  readonly headers?: HeaderValues;
  readonly secret: string;
}

/** Returns the id of the endpoint; null if the maximum number is reached. */
export async function addEndpoint(
  tx: Transaction,
  { url, events, headers = {}, secret }: EndpointRequest,
  attribution: Attribution,
): Promise<string | null> {
  const endpoint = { url, events: events && distinct(events), headers, secret, at: attribution.at };
  const id = await tx.of(SubscriberRepository).addEndpoint(endpoint);
  if (id !== null)
    await announce(tx, 'created', attribution, { endpointId: id, ...loggedOf({ ...endpoint, headers }) });
  return id;
}

/** What waits stays, and is sent as the change says. */
export async function changeEndpoint(
  tx: Transaction,
  id: string,
  { events, ...others }: EndpointChange,
  attribution: Attribution,
): Promise<'done' | 'endpoint_unknown'> {
  if (!(await lockEndpoint(tx, id))) return 'endpoint_unknown';
  const change = events === undefined ? others : { ...others, events: events && distinct(events) };
  await tx.of(SubscriberRepository).change(id, change);
  await announce(tx, 'changed', attribution, { endpointId: id, ...loggedOf(change) });
  return 'done';
}

/** From now on nothing is sent there, except what is in flight. */
export async function removeEndpoint(
  tx: Transaction,
  id: string,
  attribution: Attribution,
): Promise<'done' | 'endpoint_unknown'> {
  if (!(await lockEndpoint(tx, id))) return 'endpoint_unknown';
  await tx.of(SubscriberRepository).remove(id);
  await announce(tx, 'deleted', attribution, { endpointId: id });
  return 'done';
}

/** Makes everything that waits due now, and ends a pause. A disabled endpoint receives what happens from now on. */
export async function resumeEndpoint(
  tx: Transaction,
  id: string,
  attribution: Attribution,
): Promise<'done' | 'endpoint_unknown'> {
  const endpoint = await lockEndpoint(tx, id);
  if (!endpoint) return 'endpoint_unknown';
  endpoint.resume();
  await tx.of(SubscriberRepository).save([endpoint]);
  await tx.of(DeliveryRepository).retryNow(id, attribution.at);
  await announce(tx, 'resumed', attribution, { endpointId: id });
  return 'done';
}

export async function changeEndpointSecret(
  tx: Transaction,
  id: string,
  secret: string,
  attribution: Attribution,
): Promise<'done' | 'endpoint_unknown'> {
  if (!(await lockEndpoint(tx, id))) return 'endpoint_unknown';
  const oldUntil = new Date(attribution.at.getTime() + OLD_SECRET_VALID_MS);
  await tx.of(SubscriberRepository).changeSecret(id, secret, oldUntil);
  await announce(tx, 'secret_changed', attribution, { endpointId: id });
  return 'done';
}

/** Sends an event again, with all its retries, before later events of the same order. */
export async function redeliver(
  tx: Transaction,
  endpointId: string,
  eventId: string,
  attribution: Attribution,
): Promise<DeliveryView | 'endpoint_unknown' | 'endpoint_disabled' | 'delivery_unknown' | 'sending'> {
  const number = eventNumber(eventId);
  const endpoint = await lockEndpoint(tx, endpointId);
  if (!endpoint) return 'endpoint_unknown';
  if (endpoint.state.status === 'off') return 'endpoint_disabled';
  if (number === null) return 'delivery_unknown';
  const delivery = await tx.of(DeliveryRepository).redeliver(endpointId, number, attribution.at);
  if (delivery === 'unknown') return 'delivery_unknown';
  if (delivery !== 'sending')
    await announce(tx, 'redelivery_requested', attribution, { endpointId, eventId });
  return delivery;
}

/** Undefined if there is no such endpoint. */
export async function lockEndpoint(tx: Transaction, id: string): Promise<Subscriber | undefined> {
  const [subscriber] = await tx.of(SubscriberRepository).lock([id]);
  return subscriber?.kind === 'webhook' ? subscriber : undefined;
}

/** Writes a deed into the log, in the transaction of the deed. */
export async function announce(
  tx: Transaction,
  deed: EndpointDeed,
  attribution: Attribution,
  data: EndpointEventData,
): Promise<void> {
  await tx.of(EventRepository).append([endpointEvent(deed, attribution, data)]);
}

const distinct = (events: readonly PublishedType[]): readonly PublishedType[] => [...new Set(events)];

/** What the log may say about the settings of an endpoint: no path of the URL and no value of a header. */
function loggedOf({ url, events, headers }: EndpointChange): Omit<EndpointEventData, 'endpointId'> {
  return {
    ...(url === undefined ? {} : { origin: new URL(url).origin }),
    ...(events === undefined ? {} : { events }),
    ...(headers === undefined ? {} : { headerNames: Object.keys(headers) }),
  };
}
