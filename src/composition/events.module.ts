import { type DynamicModule, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { NatsPublisher, type NatsSettings } from '../adapters/nats/nats-publisher.js';
import { DeliveryLog } from '../adapters/observability/delivery-log.js';
import { WebhookPublisher } from '../adapters/webhooks/webhook-publisher.js';
import { CheckedTargets } from '../adapters/webhooks/webhook-targets.js';
import { RelayWorker } from '../adapters/workers/relay-worker.js';
import { Clock } from '../application/clock.js';
import { DeliverEvents } from '../application/events/deliver-events.js';
import { DeliveryMonitor } from '../application/events/delivery-monitor.js';
import { type EventStream, EventStreams } from '../application/events/event-streams.js';
import { type Publisher, Publishers, TestSender } from '../application/events/publisher.js';
import { RelayEvents } from '../application/events/relay-events.js';
import { ReplayEvents } from '../application/events/replay-events.js';
import { TestEndpoint } from '../application/events/test-endpoint.js';
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
        { provide: EventStreams, useExisting: Publishers },
        {
          provide: TestSender,
          useFactory: (publishers: ProcessPublishers) => publishers.webhooks,
          inject: [Publishers],
        },
        { provide: DeliveryMonitor, useClass: DeliveryLog },
        provide(RelayEvents, UnitOfWork, Publishers, Clock, DeliveryMonitor),
        provide(ReplayEvents, UnitOfWork, Clock),
        provide(TestEndpoint, UnitOfWork, TestSender, Clock),
        provide(DeliverEvents, UnitOfWork, Publishers, Clock, DeliveryMonitor),
      ],
      exports: [WebhookTargets, EventStreams, ReplayEvents, TestEndpoint],
    };
  }
}

/** All publishers of this process, and the stream of it if there is one. */
class ProcessPublishers extends Publishers implements EventStreams, OnApplicationShutdown {
  readonly all: readonly Publisher[];
  readonly webhooks: WebhookPublisher;
  private readonly nats: NatsPublisher | null;

  constructor(targets: CheckedTargets, eventsNats: NatsSettings | null) {
    super();
    this.webhooks = new WebhookPublisher(targets);
    this.nats = eventsNats && new NatsPublisher(eventsNats, new Logger('Events'));
    this.all = this.nats ? [this.webhooks, this.nats] : [this.webhooks];
    void this.nats?.open();
  }

  streams(): readonly EventStream[] {
    return this.nats ? [this.nats.state()] : [];
  }

  /** Nest calls this after the workers have stopped. */
  async onApplicationShutdown(): Promise<void> {
    this.webhooks.close();
    await this.nats?.close();
  }
}
