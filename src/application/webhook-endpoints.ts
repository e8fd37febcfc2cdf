import { eventNumber, type PublishedType } from '../domain/published-event.js';
import type { DeliveryView, NewEndpoint } from './outbox.js';
import type { Stores } from './ports.js';

/** For so long after a change of secret, signatures are made with the old one as well. */
const OLD_SECRET_KEPT_MS = 24 * 60 * 60 * 1_000;

export interface AskedEndpoint {
  readonly url: string;
  readonly events: readonly PublishedType[] | null;
}

export function addEndpoint(
  stores: Stores,
  { url, events }: AskedEndpoint,
  secret: string,
  at: Date,
): Promise<string | null> {
  const endpoint: NewEndpoint = { url, events: events && [...new Set(events)], secret, at };
  return stores.subscribers.addEndpoint(endpoint);
}

/** Nothing more is sent there from now on but what is under way. */
export async function removeEndpoint(stores: Stores, id: string): Promise<'done' | 'endpoint_unknown'> {
  if (!(await isEndpoint(stores, id))) return 'endpoint_unknown';
  await stores.subscribers.remove(id);
  return 'done';
}

/** Sends everything that has gathered, beginning now. An endpoint that is not paused is hastened just so. */
export async function resumeEndpoint(
  stores: Stores,
  id: string,
  at: Date,
): Promise<'done' | 'endpoint_unknown'> {
  const [endpoint] = await stores.subscribers.lock([id]);
  if (endpoint?.kind !== 'webhook') return 'endpoint_unknown';
  endpoint.resume();
  await stores.subscribers.save([endpoint]);
  await stores.outbox.hasten(id, at);
  return 'done';
}

export async function changeEndpointSecret(
  stores: Stores,
  id: string,
  secret: string,
  at: Date,
): Promise<'done' | 'endpoint_unknown'> {
  if (!(await isEndpoint(stores, id))) return 'endpoint_unknown';
  await stores.subscribers.changeSecret(id, secret, new Date(at.getTime() + OLD_SECRET_KEPT_MS));
  return 'done';
}

/** Sends an event once more, with all its retries, and before whatever of the same order still waits. */
export async function redeliver(
  stores: Stores,
  endpointId: string,
  eventId: string,
  at: Date,
): Promise<DeliveryView | 'endpoint_unknown' | 'delivery_unknown' | 'sending'> {
  const number = eventNumber(eventId);
  if (!(await isEndpoint(stores, endpointId))) return 'endpoint_unknown';
  const answer = number === null ? 'unknown' : await stores.outbox.redeliver(endpointId, number, at);
  return answer === 'unknown' ? 'delivery_unknown' : answer;
}

async function isEndpoint(stores: Stores, id: string): Promise<boolean> {
  return (await stores.subscribers.lock([id]))[0]?.kind === 'webhook';
}
