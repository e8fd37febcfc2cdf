import { Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DeliveryLog } from './adapters/events/delivery-log.js';
import { NatsPublisher, type NatsSettings } from './adapters/events/nats-publisher.js';
import { WebhookPublisher } from './adapters/events/webhook-publisher.js';
import { CheckedTargets } from './adapters/events/webhook-targets.js';
import { RelayWorker } from './adapters/worker/relay-worker.js';
import { DeliverEvents } from './application/deliver-events.js';
import { DeliveryWatch, Publishers, WebhookTargets, type Publisher } from './application/outbox.js';
import { Clock, UnitOfWork } from './application/ports.js';
import { RelayEvents } from './application/relay-events.js';

export interface EventSettings {
  readonly allowPrivateWebhookTargets: boolean;
  /** Null where events go to no stream. */
  readonly eventsNats: NatsSettings | null;
}

/** Every way by which events leave this process. */
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

  /** After the workers, which stop before. */
  async onApplicationShutdown(): Promise<void> {
    this.webhooks.close();
    await this.nats?.close();
  }
}

/** The way of an event from the log to its subscribers. */
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
        { provide: DeliveryWatch, useClass: DeliveryLog },
        {
          provide: RelayEvents,
          useFactory: (unitOfWork: UnitOfWork, publishers: Publishers, clock: Clock) =>
            new RelayEvents(unitOfWork, publishers, clock),
          inject: [UnitOfWork, Publishers, Clock],
        },
        {
          provide: DeliverEvents,
          useFactory: (unitOfWork: UnitOfWork, publishers: Publishers, clock: Clock, watch: DeliveryWatch) =>
            new DeliverEvents(unitOfWork, publishers, clock, watch),
          inject: [UnitOfWork, Publishers, Clock, DeliveryWatch],
        },
      ],
      exports: [WebhookTargets],
    };
  }
}
