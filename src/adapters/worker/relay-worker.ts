import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliverEvents } from '../../application/deliver-events.js';
import { DeliveryQueries } from '../../application/outbox.js';
import { Clock } from '../../application/ports.js';
import { RelayEvents } from '../../application/relay-events.js';
import { Loop } from './loop.js';

/** An idle relay asks the database once in this time. */
const IDLE_MS = 1_000;
const HOUSE_KEPT_EVERY_MS = 60 * 60 * 1_000;

/** Takes events from the log to their subscribers, for as long as the service runs. */
@Injectable()
export class RelayWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop = new Loop('the event relay', IDLE_MS, () => this.once());
  private keepHouseAt = 0;

  constructor(
    private readonly queries: DeliveryQueries,
    private readonly relayEvents: RelayEvents,
    private readonly deliverEvents: DeliverEvents,
    private readonly clock: Clock,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Before the first request, so that a stream that is new gets every event from then on. If it fails, the loop tries again.
    await this.keepHouse().catch(() => undefined);
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.deliverEvents.stop();
  }

  /** True where there may be more to turn into deliveries; what there is to deliver goes on by itself once it is begun. */
  private async once(): Promise<boolean> {
    if (performance.now() >= this.keepHouseAt) await this.keepHouse();
    const { toFanOut, due } = await this.queries.work(this.clock.now());
    const read = toFanOut ? await this.relayEvents.fanOut() : 0;
    if (due || read > 0) void this.deliverEvents.take();
    return read > 0;
  }

  private async keepHouse(): Promise<void> {
    const hasMore = await this.relayEvents.keepHouse();
    this.keepHouseAt = performance.now() + (hasMore ? IDLE_MS : HOUSE_KEPT_EVERY_MS);
  }
}
