import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NatsPublisher, type NatsSettings } from '../adapters/nats/nats-publisher.js';
import { DeliveryLog } from '../adapters/observability/delivery-log.js';
import { WebhookPublisher } from '../adapters/webhooks/webhook-publisher.js';
import { CheckedTargets } from '../adapters/webhooks/webhook-targets.js';
import { RelayWorker } from '../adapters/workers/relay-worker.js';
import { Clock } from '../application/clock.js';
import { DeliverEvents } from '../application/events/deliver-events.js';
import { DeliveryMonitor } from '../application/events/delivery-monitor.js';
import { type Publisher, Publishers } from '../application/events/publisher.js';
import { RelayEvents } from '../application/events/relay-events.js';
import { WebhookTargets } from '../application/events/webhook-targets.js';
import { UnitOfWork } from '../application/transaction.js';
import { provide } from './provide.js';

export interface EventSettings {
  readonly allowPrivateWebhookTargets: boolean;
  /** Null if events are not published to JetStream. */
  readonly eventsNats: NatsSettings | null;
}

/** The relay of events from the log to webhook endpoints and JetStream. */
@Module({})
export class EventsModule {
  static with({ allowPrivateWebhookTargets, eventsNats }: EventSettings): DynamicModule {
    const targets = new CheckedTargets(allowPrivateWebhookTargets);
    return {
      module: EventsModule,
      global: true,
      providers: [
        RelayWorker,
        { provide: WebhookTargets, useValue: targets },
        { provide: Publishers, useFactory: () => new ProcessPublishers(targets, eventsNats) },
        { provide: DeliveryMonitor, useClass: DeliveryLog },
        provide(RelayEvents, UnitOfWork, Publishers, Clock),
        provide(DeliverEvents, UnitOfWork, Publishers, Clock, DeliveryMonitor),
      ],
      exports: [WebhookTargets],
    };
  }
}

/** All publishers of this process. */
class ProcessPublishers extends Publishers implements OnApplicationShutdown {
  readonly all: readonly Publisher[];
  private readonly webhooks: WebhookPublisher;
  private readonly nats: NatsPublisher | null;

  constructor(targets: CheckedTargets, eventsNats: NatsSettings | null) {
    super();
    const log = new Logger('Events');
    this.webhooks = new WebhookPublisher(targets);
    this.nats = eventsNats && new NatsPublisher(eventsNats, (text) => log.log(text));
    this.all = this.nats ? [this.webhooks, this.nats] : [this.webhooks];
    void this.nats?.open();
  }

  /** Nest calls this after the workers have stopped. */
  async onApplicationShutdown(): Promise<void> {
    this.webhooks.close();
    await this.nats?.close();
  }
}
