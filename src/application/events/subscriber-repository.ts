import type { PublishedType } from '../../domain/events/published-event.js';
import type { Subscriber } from '../../domain/events/subscriber.js';

export interface NewEndpoint {
  readonly url: string;
  /** Null for all types. */
  readonly events: readonly PublishedType[] | null;
  readonly secret: string;
  /** Sent with each delivery. The values may be secrets. */
  readonly headers: HeaderValues;
  readonly at: Date;
}

export type HeaderValues = Readonly<Record<string, string>>;

/** What is absent stays as it is. */
export interface EndpointChange {
  readonly url?: string;
  readonly events?: readonly PublishedType[] | null;
  /** Replace all headers that the endpoint has. */
  readonly headers?: HeaderValues;
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
  /** One that was off collects the events that are not committed yet, if it is active now. */
  abstract save(subscribers: readonly Subscriber[]): Promise<void>;
  /** What waits for the endpoint is sent as the change says. Another address ends a pause that the receiver has asked for. */
  abstract change(id: string, change: EndpointChange): Promise<void>;
  /**
   * Switches off the endpoints that were paused at least so many days ago by the clock of the database, and returns them. Each is
   * returned to one caller only.
   */
  abstract disablePaused(days: number): Promise<Subscriber[]>;
  /** Requests are signed with the new secret, and until `oldUntil` with the current one as well. */
  abstract changeSecret(id: string, secret: string, oldUntil: Date): Promise<void>;
  /** Stops sending to the endpoint and removes it with its deliveries. */
  abstract remove(id: string): Promise<void>;
}
