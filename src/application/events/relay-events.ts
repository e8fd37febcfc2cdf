import { endpointEvent } from '../../domain/events/endpoint-event.js';
import { PUBLISHED_TYPES } from '../../domain/events/published-event.js';
import { DISABLE_AFTER_DAYS } from '../../domain/events/subscriber.js';
import type { Clock } from '../clock.js';
import type { UnitOfWork } from '../transaction.js';
import type { DeliveryMonitor } from './delivery-monitor.js';
import { DeliveryQueries, type RelayWork } from './delivery-queries.js';
import { DeliveryRepository } from './delivery-repository.js';
import { EventRepository } from './event-repository.js';
import type { Publishers } from './publisher.js';
import { SubscriberRepository } from './subscriber-repository.js';

const PAGE_SIZE = 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** How long completed deliveries are shown. The events themselves stay. */
const DELIVERY_RETENTION_MS = 30 * DAY_MS;
/** As long as an endpoint is retried, the stream may be without a process that publishes to it. */
const STREAM_RETENTION_MS = 3 * DAY_MS;
const PRUNE_BATCH = 1_000;

/** Turns the log into deliveries, and limits their number. */
export class RelayEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishers: Publishers,
    private readonly clock: Clock,
    private readonly monitor: DeliveryMonitor,
  ) {}

  /** Fans out one page of the log, in a transaction that touches no row that a callback needs. Returns the events it read. */
  fanOut(): Promise<number> {
    return this.unitOfWork.run(
      (tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, this.clock.now(), PAGE_SIZE),
      { pipelined: true },
    );
  }

  /** What there is to do now. */
  findWork(): Promise<RelayWork> {
    return this.unitOfWork.run((tx) => tx.of(DeliveryQueries).work(this.clock.now()), { pipelined: true });
  }

  /** Disables the endpoints that were paused for too long, and writes an event about each. Two processes never do it to the same one. */
  async disablePaused(): Promise<void> {
    const disabled = await this.unitOfWork.run(async (tx) => {
      const endpoints = await tx.of(SubscriberRepository).disablePaused(DISABLE_AFTER_DAYS);
      const attribution = { actor: 'clock', at: this.clock.now() };
      await tx.of(EventRepository).append(
        endpoints.map(({ id, state: { pausedAt, pausedBecause } }) =>
          endpointEvent('disabled', attribution, {
            endpointId: id,
            pausedAt: pausedAt?.toISOString() ?? null,
            pausedBecause,
          }),
        ),
      );
      return endpoints;
    });
    disabled.forEach((endpoint) => this.monitor.disabled(endpoint));
  }

  /** Drops one page of what waits for disabled endpoints. Returns whether there may be more. */
  async dropWaiting(): Promise<boolean> {
    const dropped = await this.unitOfWork.run((tx) => tx.of(DeliveryRepository).dropWaiting(PAGE_SIZE));
    return dropped >= PAGE_SIZE;
  }

  /** To be called at start and from time to time. Returns whether there may be more to prune. */
  async runMaintenance(): Promise<boolean> {
    const at = this.clock.now();
    const hasStream = this.publishers.all.some(({ kind }) => kind === 'nats');
    const pruned = await this.unitOfWork.run(async (tx) => {
      const subscribers = tx.of(SubscriberRepository);
      if (hasStream) await subscribers.registerStream(at);
      else await subscribers.retireStream(new Date(at.getTime() - STREAM_RETENTION_MS));
      return tx.of(DeliveryRepository).prune(new Date(at.getTime() - DELIVERY_RETENTION_MS), PRUNE_BATCH);
    });
    return pruned >= PRUNE_BATCH;
  }
}
