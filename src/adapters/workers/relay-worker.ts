import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DeliverEvents } from '../../application/events/deliver-events.js';
import { RelayEvents } from '../../application/events/relay-events.js';
import { PollingWorker } from './polling-worker.js';

/** How often an idle relay asks the database for work. */
const IDLE_MS = 1_000;
const MAINTENANCE_INTERVAL_MS = 60 * 60 * 1_000;

/** Relays events from the log to their subscribers. */
@Injectable()
export class RelayWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly polling = new PollingWorker('relaying events', IDLE_MS, () => this.relayOnce());
  private maintenanceDueAt = 0;
  /** Deliveries to disabled endpoints may be left, by this process or by one that was stopped. */
  private hasToDrop = false;

  constructor(
    private readonly relayEvents: RelayEvents,
    private readonly deliverEvents: DeliverEvents,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Before the first request, so that a new stream gets every event from then on. If it fails, the loop tries again.
    await this.runMaintenance().catch(() => undefined);
    this.polling.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.polling.stop();
    await this.deliverEvents.stop();
  }

  /** Resolves to whether there may be more events to turn into deliveries. Sending continues by itself once it has begun. */
  private async relayOnce(): Promise<boolean> {
    if (performance.now() >= this.maintenanceDueAt) await this.runMaintenance();
    const { toFanOut, due, toDisable } = await this.relayEvents.findWork();
    if (toDisable) await this.relayEvents.disablePaused();
    if (toDisable || this.hasToDrop) this.hasToDrop = await this.relayEvents.dropWaiting();
    const read = toFanOut ? await this.relayEvents.fanOut() : 0;
    if (due || read > 0) void this.deliverEvents.deliverDue();
    return read > 0 || this.hasToDrop;
  }

  private async runMaintenance(): Promise<void> {
    const hasMore = await this.relayEvents.runMaintenance();
    this.hasToDrop = true;
    this.maintenanceDueAt = performance.now() + (hasMore ? IDLE_MS : MAINTENANCE_INTERVAL_MS);
  }
}
