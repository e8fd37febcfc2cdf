import { publishedEvent } from '../domain/published-event.js';
import { retryAt, type Attempted, type Subscriber } from '../domain/subscriber.js';
import type { DeliveryResult, DeliveryWatch, LeasedDelivery, Publisher, Publishers, Room } from './outbox.js';
import type { Clock, Stores, UnitOfWork } from './ports.js';

/** Well beyond the longest attempt, and short enough that another process soon takes over from one that was killed. */
const LEASE_SECONDS = 30;

/**
 * Results gather for so long before they are written. Under load this makes rounds few and large, which costs the database a third of what
 * a round for every answer does.
 */
const GATHER_MS = 10;

/**
 * Sends what is due, each delivery by a lease that is committed before anything goes over the network. Results are written and new
 * deliveries are taken in one transaction, one at a time: however many subscribers there are, this holds one connection, and
 * while one round commits, the results of the next one gather.
 */
export class DeliverEvents {
  private readonly sending = new Set<Promise<void>>();
  private readonly taken = new Map<string, number>();
  private results: DeliveryResult[] = [];
  private round: Promise<void> | null = null;
  private nextRound: NodeJS.Timeout | undefined;
  private isAskedAgain = false;
  private isStopped = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishers: Publishers,
    private readonly clock: Clock,
    private readonly watch: DeliveryWatch,
  ) {}

  /** Takes what is due and sends it. Resolves when nothing more could be taken, which is before all of it is sent; never throws. */
  take(): Promise<void> {
    this.isAskedAgain = true;
    this.round ??= this.rounds();
    return this.round;
  }

  /** Takes nothing more, and resolves when what is under way has ended and is written down. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.writeDown();
  }

  /** Resolves when what is under way has ended and is written down; unless it is stopped, more is then under way. */
  async writeDown(): Promise<void> {
    await this.round;
    await Promise.all(this.sending);
    clearTimeout(this.nextRound);
    this.nextRound = undefined;
    await this.take();
  }

  private async rounds(): Promise<void> {
    while (this.isAskedAgain) {
      this.isAskedAgain = false;
      const results = this.results;
      this.results = [];
      try {
        const { leased, paused } = await this.unitOfWork.run((stores) => this.exchange(results, stores));
        paused.forEach((subscriber) => this.watch.paused(subscriber));
        leased.forEach((delivery) => this.send(delivery));
      } catch (error) {
        // Kept for the next round; if there is none, the leases end and somebody sends these again.
        this.results.unshift(...results);
        this.isAskedAgain = false;
        this.watch.stuck(error);
      }
    }
    // In the same breath as the last look at `isAskedAgain`, or somebody who asks in between would ask in vain.
    this.round = null;
  }

  private async exchange(results: readonly DeliveryResult[], stores: Stores) {
    const at = this.clock.now();
    const paused = results.length > 0 ? await record(results, stores, at) : [];
    const leased = this.isStopped ? [] : await stores.outbox.lease(at, LEASE_SECONDS, this.room());
    return { leased, paused };
  }

  private room(): Room {
    const ready = this.publishers.all.filter((publisher) => publisher.isReady());
    const most = Object.fromEntries(ready.map(({ kind, concurrency }) => [kind, concurrency]));
    return { most, taken: this.taken };
  }

  private send(delivery: LeasedDelivery): void {
    const { subscriberId } = delivery.destination;
    this.taken.set(subscriberId, (this.taken.get(subscriberId) ?? 0) + 1);
    const sent = this.sendOne(delivery);
    this.sending.add(sent);
    void sent.finally(() => this.sending.delete(sent));
  }

  private async sendOne(delivery: LeasedDelivery): Promise<void> {
    const { subscriberId, kind } = delivery.destination;
    const attempted = await this.attempt(
      this.publishers.all.find((each) => each.kind === kind)!,
      delivery,
    );
    const left = this.taken.get(subscriberId)! - 1;
    if (left > 0) this.taken.set(subscriberId, left);
    else this.taken.delete(subscriberId);
    this.results.push(this.resultOf(delivery, attempted));
    this.nextRound ??= setTimeout(() => {
      this.nextRound = undefined;
      void this.take();
    }, GATHER_MS);
  }

  private async attempt(publisher: Publisher, { event, destination }: LeasedDelivery): Promise<Attempted> {
    try {
      return await publisher.publish(publishedEvent(event), destination);
    } catch (error) {
      this.watch.stuck(error);
      return { delivered: false, httpStatus: null, error: 'it could not be sent' };
    }
  }

  private resultOf(delivery: LeasedDelivery, attempted: Attempted): DeliveryResult {
    const { destination, event, attempt, attemptOfRound, isFailing } = delivery;
    const at = this.clock.now();
    const again = attempted.delivered ? null : retryAt(destination.kind, attemptOfRound, at, Math.random());
    if (!attempted.delivered) {
      this.watch.failed(delivery, attempted.error);
      if (!again) this.watch.gaveUp(delivery);
    }
    return {
      subscriberId: destination.subscriberId,
      eventNumber: event.id,
      attempt,
      attempted,
      retryAt: again,
      at,
      changesHealth: isFailing || !attempted.delivered,
    };
  }
}

/** Writes results down, and returns the subscribers that they have paused. */
async function record(results: readonly DeliveryResult[], stores: Stores, at: Date): Promise<Subscriber[]> {
  const telling = results.filter(({ changesHealth }) => changesHealth);
  const ids = new Set(telling.map(({ subscriberId }) => subscriberId));
  // Most rounds touch no subscriber at all, so that processes do not queue for the row of a busy one.
  const subscribers = ids.size > 0 ? await stores.subscribers.lock([...ids]) : [];
  const paused = subscribers.filter((subscriber) =>
    telling
      .filter(({ subscriberId }) => subscriberId === subscriber.id)
      .map((result) => subscriber.record(result.attempted, result.at))
      .includes(true),
  );
  if (subscribers.length > 0) await stores.subscribers.save(subscribers);
  await stores.outbox.settle(results, at);
  return paused;
}
