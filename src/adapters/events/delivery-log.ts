import { Logger } from '@nestjs/common';
import { DeliveryWatch, type LeasedDelivery } from '../../application/outbox.js';
import { Unavailable } from '../../application/ports.js';
import type { Subscriber } from '../../domain/subscriber.js';

/** Writes into the log what became of deliveries, by ids alone: addresses may hold a secret in their path. */
export class DeliveryLog extends DeliveryWatch {
  private readonly log = new Logger('Events');

  failed(delivery: LeasedDelivery, error: string): void {
    this.log.debug('an event was not delivered', { ...idsOf(delivery), error });
  }

  paused({ id, state }: Subscriber): void {
    this.log.warn(
      'a webhook endpoint is paused; POST /admin/v1/webhook-endpoints/{id}/resume sends what has gathered',
      {
        endpoint: id,
        because: state.pausedBecause,
      },
    );
  }

  gaveUp(delivery: LeasedDelivery): void {
    this.log.error('an event is given up; it can be sent again by redeliver', idsOf(delivery));
  }

  stuck(error: unknown): void {
    const { message, stack } = error as Error;
    if (error instanceof Unavailable) this.log.warn('events cannot be delivered just now', { why: message });
    else this.log.error(`delivering events failed: ${message}`, stack);
  }
}

function idsOf({ destination, event, attempt }: LeasedDelivery) {
  return { subscriber: destination.subscriberId, event: `evt_${event.id}`, type: event.type, attempt };
}
