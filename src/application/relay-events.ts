import { PUBLISHED_TYPES } from '../domain/published-event.js';
import type { Publishers } from './outbox.js';
import type { Clock, UnitOfWork } from './ports.js';

const PAGE_SIZE = 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** What was delivered is shown for this long. The events themselves stay. */
const DELIVERIES_KEPT_MS = 30 * DAY_MS;
/** As long as an endpoint is tried, the stream may be without anybody who publishes to it. */
const STREAM_KEPT_MS = 3 * DAY_MS;
const FORGET_AT_ONCE = 1_000;

/** Turns the log into deliveries, and keeps their number bounded. */
export class RelayEvents {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishers: Publishers,
    private readonly clock: Clock,
  ) {}

  /** One page of the log, in a transaction that touches no row that a callback needs. Returns how many events it had. */
  fanOut(): Promise<number> {
    return this.unitOfWork.run((stores) =>
      stores.outbox.fanOut(PUBLISHED_TYPES, this.clock.now(), PAGE_SIZE),
    );
  }

  /** To be called at start and now and then. Returns whether there may be more to forget. */
  async keepHouse(): Promise<boolean> {
    const at = this.clock.now();
    const hasStream = this.publishers.all.some(({ kind }) => kind === 'nats');
    const forgotten = await this.unitOfWork.run(async ({ subscribers, outbox }) => {
      if (hasStream) await subscribers.keepStream(at);
      else await subscribers.dropStream(new Date(at.getTime() - STREAM_KEPT_MS));
      return outbox.forget(new Date(at.getTime() - DELIVERIES_KEPT_MS), FORGET_AT_ONCE);
    });
    return forgotten >= FORGET_AT_ONCE;
  }
}
