import { PUBLISHED_TYPES } from '../../domain/events/published-event.js';
import type { Clock } from '../clock.js';
import type { UnitOfWork } from '../transaction.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryRepository } from './delivery-repository.js';
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
  ) {}

  /** Fans out one page of the log, in a transaction that touches no row that a callback needs. Returns the events it read. */
  fanOut(): Promise<number> {
    return this.unitOfWork.run(
      (tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, this.clock.now(), PAGE_SIZE),
      { pipelined: true },
    );
  }

  /** What there is to do now: events to fan out, and deliveries that are due. */
  findWork(): Promise<{ readonly toFanOut: boolean; readonly due: boolean }> {
    return this.unitOfWork.run((tx) => tx.of(DeliveryQueries).work(this.clock.now()), { pipelined: true });
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
