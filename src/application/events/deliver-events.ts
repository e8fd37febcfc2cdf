import { publishedEvent } from '../../domain/events/published-event.js';
import { retryAt } from '../../domain/events/retry.js';
import type { AttemptResult, Subscriber } from '../../domain/events/subscriber.js';
import type { Clock } from '../clock.js';
import type { Transaction, UnitOfWork } from '../transaction.js';
import type { DeliveryMonitor } from './delivery-monitor.js';
import {
  DeliveryRepository,
  type DeliveryCapacity,
  type DeliveryRecord,
  type LeasedDelivery,
} from './delivery-repository.js';
import type { Publisher, Publishers } from './publisher.js';
import { SubscriberRepository } from './subscriber-repository.js';

/** Much longer than the longest attempt, and short enough that another process soon takes over from one that was killed. */
const LEASE_SECONDS = 30;

/**
 * How long results are collected before they are stored. Under load this makes rounds fewer and larger, which costs the database
 * a third of what a round for each result costs.
 */
const COLLECT_MS = 10;

/**
 * Sends due deliveries, each by a lease that is committed before anything is sent. A round stores results and leases further
 * deliveries in one transaction. Rounds run one at a time, so this holds one connection, however many subscribers there are.
 * While one round commits, the results of the next one are collected.
 */
export class DeliverEvents {
  private readonly sending = new Set<Promise<void>>();
  /** Deliveries in flight, by subscriber. */
  private readonly inFlight = new Map<string, number>();
  private records: DeliveryRecord[] = [];
  private running: Promise<void> | null = null;
  private nextRound: NodeJS.Timeout | undefined;
  private isRoundRequested = false;
  private isStopped = false;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly publishers: Publishers,
    private readonly clock: Clock,
    private readonly monitor: DeliveryMonitor,
  ) {}

  /** Leases what is due and starts to send it. Resolves when no more can be leased, before everything is sent. Never throws. */
  deliverDue(): Promise<void> {
    this.isRoundRequested = true;
    this.running ??= this.runRounds();
    return this.running;
  }

  /** Leases nothing more. Resolves when what is in flight has ended and is stored. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.flush();
  }

  /** Resolves when what is in flight has ended and is stored. Unless it is stopped, it then leases more. */
  async flush(): Promise<void> {
    await this.running;
    await Promise.all(this.sending);
    clearTimeout(this.nextRound);
    this.nextRound = undefined;
    await this.deliverDue();
  }

  private async runRounds(): Promise<void> {
    while (this.isRoundRequested) {
      this.isRoundRequested = false;
      const records = this.records;
      this.records = [];
      try {
        // A round that changes subscribers locks them, and the rounds of a day without failures do not.
        const pipelined = !records.some(({ changesHealth }) => changesHealth);
        const { leased, paused } = await this.unitOfWork.run((tx) => this.runRound(records, tx), {
          pipelined,
        });
        paused.forEach((subscriber) => this.monitor.paused(subscriber));
        leased.forEach((delivery) => this.send(delivery));
      } catch (error) {
        // The next round stores them. If there is none, the leases end and another process sends these deliveries again.
        this.records.unshift(...records);
        this.isRoundRequested = false;
        this.monitor.stuck(error);
      }
    }
    // In the same turn as the last check of `isRoundRequested`; otherwise a request in between would be lost.
    this.running = null;
  }

  private async runRound(records: readonly DeliveryRecord[], tx: Transaction) {
    const at = this.clock.now();
    const paused = records.length > 0 ? await store(records, tx, at) : [];
    if (this.isStopped) return { leased: [], paused };
    const leased = await tx.of(DeliveryRepository).lease(at, LEASE_SECONDS, this.capacity());
    return { leased, paused };
  }

  private capacity(): DeliveryCapacity {
    const ready = this.publishers.all.filter((publisher) => publisher.isReady());
    const limits = Object.fromEntries(ready.map(({ kind, concurrency }) => [kind, concurrency]));
    return { limits, inFlight: this.inFlight };
  }

  private send(delivery: LeasedDelivery): void {
    const { subscriberId } = delivery.destination;
    this.inFlight.set(subscriberId, (this.inFlight.get(subscriberId) ?? 0) + 1);
    const sent = this.sendOne(delivery);
    this.sending.add(sent);
    void sent.finally(() => this.sending.delete(sent));
  }

  private async sendOne(delivery: LeasedDelivery): Promise<void> {
    const { subscriberId, kind } = delivery.destination;
    const publisher = this.publishers.all.find((each) => each.kind === kind)!;
    const result = await this.attempt(publisher, delivery);
    const left = this.inFlight.get(subscriberId)! - 1;
    if (left > 0) this.inFlight.set(subscriberId, left);
    else this.inFlight.delete(subscriberId);
    this.records.push(this.recordOf(delivery, result));
    this.nextRound ??= setTimeout(() => {
      this.nextRound = undefined;
      void this.deliverDue();
    }, COLLECT_MS);
  }

  private async attempt(
    publisher: Publisher,
    { event, destination }: LeasedDelivery,
  ): Promise<AttemptResult> {
    try {
      return await publisher.publish(publishedEvent(event), destination);
    } catch (error) {
      this.monitor.stuck(error);
      return { delivered: false, httpStatus: null, error: 'it could not be sent' };
    }
  }

  private recordOf(delivery: LeasedDelivery, result: AttemptResult): DeliveryRecord {
    const { destination, event, attempt, attemptOfSeries: attemptOfRound, isFailing } = delivery;
    const at = this.clock.now();
    const again = result.delivered
      ? null
      : retryAt(
          destination.kind,
          { attempt: attemptOfRound, at, retryAfterSeconds: result.retryAfterSeconds },
          Math.random(),
        );
    if (!result.delivered) {
      this.monitor.failed(delivery, result.error);
      if (!again) this.monitor.gaveUp(delivery);
    }
    return {
      subscriberId: destination.subscriberId,
      eventNumber: event.id,
      attempt,
      result,
      retryAt: again,
      at,
      changesHealth: isFailing || !result.delivered,
    };
  }
}

/** Stores results, and returns the subscribers that they have paused. */
async function store(records: readonly DeliveryRecord[], tx: Transaction, at: Date): Promise<Subscriber[]> {
  const changing = records.filter(({ changesHealth }) => changesHealth);
  const ids = new Set(changing.map(({ subscriberId }) => subscriberId));
  // Most rounds change no subscriber, so that processes do not wait for the row of a busy one.
  const subscribers = ids.size > 0 ? await tx.of(SubscriberRepository).lock([...ids]) : [];
  const paused = subscribers.filter((subscriber) =>
    changing
      .filter(({ subscriberId }) => subscriberId === subscriber.id)
      .map(({ result, at: attemptedAt }) => subscriber.record(result, attemptedAt))
      .includes(true),
  );
  if (subscribers.length > 0) await tx.of(SubscriberRepository).save(subscribers);
  await tx.of(DeliveryRepository).record(records, at);
  return paused;
}
