import type { Subscriber } from '../../domain/events/subscriber.js';
import type { LeasedDelivery } from './delivery-repository.js';

/** Reports deliveries to the operator. */
export abstract class DeliveryMonitor {
  abstract failed(delivery: LeasedDelivery, error: string): void;
  abstract paused(subscriber: Subscriber): void;
  /** It was paused for too long: it collects nothing more, and what waits for it is dropped. */
  abstract disabled(subscriber: Subscriber): void;
  abstract gaveUp(delivery: LeasedDelivery): void;
  /** Deliveries cannot be leased or recorded at the moment. */
  abstract stuck(error: unknown): void;
}
