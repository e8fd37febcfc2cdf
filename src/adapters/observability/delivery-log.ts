import { Logger } from '@nestjs/common';
import { DeliveryMonitor } from '../../application/events/delivery-monitor.js';
import type { LeasedDelivery } from '../../application/events/delivery-repository.js';
import { Unavailable } from '../../application/transaction.js';
import { DISABLE_AFTER_DAYS, type Subscriber } from '../../domain/events/subscriber.js';

/** Logs what happens to deliveries. It logs ids and no addresses, because the path of an address may contain a secret. */
export class DeliveryLog extends DeliveryMonitor {
  private readonly log = new Logger('Events');

  failed(delivery: LeasedDelivery, error: string): void {
    this.log.debug('event not delivered', { ...idsOf(delivery), error });
  }

  paused({ id, state }: Subscriber): void {
    this.log.warn(
      'webhook endpoint paused: POST /admin/v1/webhook-endpoints/{id}/resume sends the events that wait',
      { endpoint: id, because: state.pausedBecause },
    );
  }

  disabled({ id, state }: Subscriber): void {
    this.log.error(
      `webhook endpoint disabled: it was paused for ${DISABLE_AFTER_DAYS} days, and the events that waited for it are dropped. POST ` +
        '/admin/v1/webhook-endpoints/{id}/resume makes it live again, and /replay then sends what it has missed',
      { endpoint: id, pausedSince: state.pausedAt, because: state.pausedBecause },
    );
  }

  gaveUp(delivery: LeasedDelivery): void {
    this.log.error('event given up: redeliver sends it again', idsOf(delivery));
  }

  stuck(error: unknown): void {
    const { message, stack } = error as Error;
    if (error instanceof Unavailable) this.log.warn(UNAVAILABLE, { why: message });
    else this.log.error(`events not delivered: ${message}`, stack);
  }
}

const UNAVAILABLE = 'events not delivered: temporarily unavailable';

function idsOf({ destination, event, attempt }: LeasedDelivery) {
  return { subscriber: destination.subscriberId, event: `evt_${event.id}`, type: event.type, attempt };
}
