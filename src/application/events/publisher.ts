import type { PublishedEvent } from '../../domain/events/published-event.js';
import type { AttemptResult, SubscriberKind } from '../../domain/events/subscriber.js';
import type { Destination } from './delivery-repository.js';

/** Sends events to one kind of subscriber. */
export abstract class Publisher {
  abstract readonly kind: SubscriberKind;
  /** How many deliveries one subscriber may have in flight. */
  abstract readonly concurrency: number;
  /** Whether an attempt can succeed at the moment. */
  abstract isReady(): boolean;
  /** Never throws for a fault of the receiver or the network. Ends within a few seconds. */
  abstract publish(event: PublishedEvent, destination: Destination): Promise<AttemptResult>;
}

/** A message that belongs to no event of the log. */
export interface TestMessage {
  readonly id: string;
  readonly type: 'endpoint.test';
  readonly at: Date;
  readonly data: { readonly endpointId: string };
}

/** Sends a message to an endpoint at once, on a connection of its own, signed and with the endpoint's headers like an event. */
export abstract class TestSender {
  /** Never throws for a fault of the receiver or the network. Ends within a few seconds. */
  abstract sendTest(message: TestMessage, destination: Destination): Promise<AttemptResult>;
}

/** The publishers of this process. */
export abstract class Publishers {
  abstract readonly all: readonly Publisher[];
}
