import type { PublishedType } from '../../domain/events/published-event.js';
import type { Subscriber } from '../../domain/events/subscriber.js';

export interface NewEndpoint {
  readonly url: string;
  /** Null for all types. */
  readonly events: readonly PublishedType[] | null;
  readonly secret: string;
  readonly at: Date;
}

/** The receivers of events: webhook endpoints and the JetStream stream. */
export abstract class SubscriberRepository {
  /** The endpoint gets the events that are not committed yet. Returns its id; null if the maximum number is reached. */
  abstract addEndpoint(endpoint: NewEndpoint): Promise<string | null>;
  /** Creates the subscriber for JetStream if there is none, and records that a process publishes to it. */
  abstract registerStream(at: Date): Promise<void>;
  /** Switches the stream off if no process has published to it since then: it collects no further events. */
  abstract retireStream(before: Date): Promise<void>;
  /** Loads and locks subscribers, in order of id. Removed endpoints are left out. */
  abstract lock(ids: readonly string[]): Promise<Subscriber[]>;
  abstract save(subscribers: readonly Subscriber[]): Promise<void>;
  /** Requests are signed with the new secret, and until `oldUntil` with the current one as well. */
  abstract changeSecret(id: string, secret: string, oldUntil: Date): Promise<void>;
  /** Stops sending to the endpoint and removes it with its deliveries. */
  abstract remove(id: string): Promise<void>;
}
