import { eventNumber, type PublishedType } from '../../domain/events/published-event.js';
import type { Transaction } from '../transaction.js';
import type { DeliveryView } from './delivery-queries.js';
import { DeliveryRepository } from './delivery-repository.js';
import { SubscriberRepository } from './subscriber-repository.js';

/** How long requests are signed with the old secret as well, after a change. */
const OLD_SECRET_VALID_MS = 24 * 60 * 60 * 1_000;

export interface EndpointRequest {
  readonly url: string;
  readonly events: readonly PublishedType[] | null;
}

/** Returns the id of the endpoint; null if the maximum number is reached. */
export function addEndpoint(
  tx: Transaction,
  { url, events }: EndpointRequest,
  secret: string,
  at: Date,
): Promise<string | null> {
  const distinct = events && [...new Set(events)];
  return tx.of(SubscriberRepository).addEndpoint({ url, events: distinct, secret, at });
}

/** From now on nothing is sent there, except what is in flight. */
export async function removeEndpoint(tx: Transaction, id: string): Promise<'done' | 'endpoint_unknown'> {
  if (!(await isEndpoint(tx, id))) return 'endpoint_unknown';
  await tx.of(SubscriberRepository).remove(id);
  return 'done';
}

/** Makes everything that waits due now, and ends a pause. */
export async function resumeEndpoint(
  tx: Transaction,
  id: string,
  at: Date,
): Promise<'done' | 'endpoint_unknown'> {
  const subscribers = tx.of(SubscriberRepository);
  const [endpoint] = await subscribers.lock([id]);
  if (endpoint?.kind !== 'webhook') return 'endpoint_unknown';
  endpoint.resume();
  await subscribers.save([endpoint]);
  await tx.of(DeliveryRepository).retryNow(id, at);
  return 'done';
}

export async function changeEndpointSecret(
  tx: Transaction,
  id: string,
  secret: string,
  at: Date,
): Promise<'done' | 'endpoint_unknown'> {
  if (!(await isEndpoint(tx, id))) return 'endpoint_unknown';
  const oldUntil = new Date(at.getTime() + OLD_SECRET_VALID_MS);
  await tx.of(SubscriberRepository).changeSecret(id, secret, oldUntil);
  return 'done';
}

/** Sends an event again, with all its retries, before later events of the same order. */
export async function redeliver(
  tx: Transaction,
  endpointId: string,
  eventId: string,
  at: Date,
): Promise<DeliveryView | 'endpoint_unknown' | 'delivery_unknown' | 'sending'> {
  const number = eventNumber(eventId);
  if (!(await isEndpoint(tx, endpointId))) return 'endpoint_unknown';
  if (number === null) return 'delivery_unknown';
  const delivery = await tx.of(DeliveryRepository).redeliver(endpointId, number, at);
  return delivery === 'unknown' ? 'delivery_unknown' : delivery;
}

async function isEndpoint(tx: Transaction, id: string): Promise<boolean> {
  return (await tx.of(SubscriberRepository).lock([id]))[0]?.kind === 'webhook';
}
