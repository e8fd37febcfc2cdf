import {
  DeliveryQueries,
  type DeliveryView,
  type EndpointView,
  type RelayWork,
  type SubscriberLag,
} from '../../../src/application/events/delivery-queries.js';
import type {
  DeliveryCapacity,
  DeliveryRecord,
  DeliveryRepository,
  Destination,
  LeasedDelivery,
  ReplayedPage,
  ReplayPage,
} from '../../../src/application/events/delivery-repository.js';
import type { Page, PageRequest } from '../../../src/application/page.js';
import type { PublishedType } from '../../../src/domain/events/published-event.js';
import { DISABLE_AFTER_DAYS } from '../../../src/domain/events/subscriber.js';
import { listPage } from './list-page.js';
import type { Session } from './session.js';
import type { DeliveryRow, EventRow, SubscriberRow, Tables } from './tables.js';

export class MemoryDeliveries implements DeliveryRepository {
  constructor(private readonly session: Session) {}

  async fanOut(types: readonly PublishedType[], at: Date, limit: number): Promise<number> {
    const { events, relayed, subscribers } = this.session.tables;
    const page = events.slice(relayed.count, relayed.count + limit);
    for (const event of page) {
      const type = types.find((each) => each === event.type);
      for (const { id, events: wanted, since, state } of type ? subscribers.values() : []) {
        const wants = state.status !== 'off' && (wanted?.includes(type!) ?? true);
        if (wants && relayed.count >= since) this.put(newDelivery(id, event, type!, at));
      }
      relayed.count += 1;
    }
    return page.length;
  }

  async lease(at: Date, leaseSeconds: number, capacity: DeliveryCapacity): Promise<LeasedDelivery[]> {
    const leasedUntil = new Date(at.getTime() + leaseSeconds * 1_000);
    return [...this.session.tables.subscribers.values()].flatMap((subscriber) => {
      const { id, kind } = subscriber;
      const free = (capacity.limits[kind] ?? 0) - (capacity.inFlight.get(id) ?? 0);
      if (!isServed(subscriber, at) || free <= 0) return [];
      const due = this.rowsOf(id).filter((row) => isDue(row, at) && this.isFirstOfItsOrder(row));
      return due.slice(0, free).map((row) => this.leased(row, subscriber, at, leasedUntil));
    });
  }

  async record(records: readonly DeliveryRecord[], at: Date): Promise<void> {
    for (const { subscriberId, eventNumber, attempt, result, retryAt } of records) {
      const row = this.session.tables.deliveries.get(keyOf(subscriberId, eventNumber));
      if (row?.status !== 'sending' || row.attempts !== attempt) continue;
      this.put({
        ...row,
        status: result.delivered ? 'delivered' : retryAt ? 'waiting' : 'given_up',
        nextAttemptAt: retryAt,
        lastStatus: result.httpStatus,
        lastError: result.delivered ? null : result.error,
        deliveredAt: result.delivered ? at : null,
      });
    }
  }

  async redeliver(
    subscriberId: string,
    eventNumber: string,
    at: Date,
  ): Promise<DeliveryView | 'sending' | 'unknown'> {
    const row = this.session.tables.deliveries.get(keyOf(subscriberId, eventNumber));
    if (!row) return 'unknown';
    if (row.status === 'sending') return 'sending';
    const due = { ...row, status: 'waiting' as const, nextAttemptAt: at, deliveredAt: null };
    this.put({ ...due, attemptsBefore: row.attempts });
    return deliveryView(due);
  }

  async destination(endpointId: string, at: Date): Promise<Destination | null> {
    const endpoint = this.session.tables.subscribers.get(endpointId);
    return endpoint?.kind === 'webhook' ? destinationOf(endpoint, at) : null;
  }

  async replay({ subscriberId, types, from, to, after, limit }: ReplayPage, at: Date): Promise<ReplayedPage> {
    const { events, deliveries } = this.session.tables;
    const page = events
      .filter((event) => Number(event.id) > Number(after ?? 0) && event.at < new Date(to))
      .slice(0, limit);
    let queued = 0;
    for (const event of page) {
      const type = types.find((each) => each === event.type);
      const stored = deliveries.get(keyOf(subscriberId, event.id));
      if (!type || event.at < new Date(from) || stored?.nextAttemptAt) continue;
      const again = stored && { status: 'waiting' as const, nextAttemptAt: at, deliveredAt: null };
      this.put(
        stored
          ? { ...stored, ...again, attemptsBefore: stored.attempts }
          : newDelivery(subscriberId, event, type, at),
      );
      queued += 1;
    }
    return { queued, last: page.length < limit ? null : page.at(-1)!.id };
  }

  async dropWaiting(limit: number): Promise<number> {
    const { subscribers, deliveries } = this.session.tables;
    const off = [...subscribers.values()].filter(
      ({ kind, state }) => kind === 'webhook' && state.status === 'off',
    );
    const waiting = off.flatMap(({ id }) =>
      this.rowsOf(id)
        .filter(({ nextAttemptAt }) => nextAttemptAt !== null)
        .slice(0, limit),
    );
    for (const { subscriberId, event } of waiting) deliveries.delete(keyOf(subscriberId, event.id));
    return waiting.length;
  }

  async retryNow(subscriberId: string, at: Date): Promise<void> {
    const waiting = this.rowsOf(subscriberId).filter(({ status }) => status === 'waiting');
    for (const row of waiting) this.put({ ...row, nextAttemptAt: at });
  }

  async prune(before: Date, limit: number): Promise<number> {
    const { subscribers, deliveries } = this.session.tables;
    const done = [...subscribers.keys()].flatMap((id) =>
      this.rowsOf(id)
        .filter(({ nextAttemptAt, lastAttemptAt }) => !nextAttemptAt && lastAttemptAt! < before)
        .slice(0, limit),
    );
    for (const { subscriberId, event } of done) deliveries.delete(keyOf(subscriberId, event.id));
    return done.length;
  }

  private leased(row: DeliveryRow, subscriber: SubscriberRow, at: Date, leasedUntil: Date): LeasedDelivery {
    const { event, attemptsBefore } = row;
    const attempt = row.attempts + 1;
    this.put({
      ...row,
      status: 'sending',
      attempts: attempt,
      lastAttemptAt: at,
      nextAttemptAt: leasedUntil,
    });
    const destination = destinationOf(subscriber, at);
    const isFailing = subscriber.state.failures > 0;
    return { destination, event, attempt, attemptOfSeries: attempt - attemptsBefore, isFailing };
  }

  private isFirstOfItsOrder(row: DeliveryRow): boolean {
    return this.rowsOf(row.subscriberId).every(
      (other) =>
        orderingKey(other) !== orderingKey(row) ||
        other.nextAttemptAt === null ||
        Number(other.event.id) >= Number(row.event.id),
    );
  }

  private rowsOf(subscriberId: string): DeliveryRow[] {
    return [...this.session.tables.deliveries.values()].filter((row) => row.subscriberId === subscriberId);
  }

  private put(row: DeliveryRow): void {
    this.session.tables.deliveries.set(keyOf(row.subscriberId, row.event.id), row);
  }
}

function destinationOf({ id, kind, url, secrets, headers }: SubscriberRow, at: Date): Destination {
  const valid = secrets.filter(({ until }) => until === null || until > at);
  return { subscriberId: id, kind, url, secrets: valid.map(({ secret }) => secret), headers };
}

/** Deliveries may be sent to it now. */
const isServed = ({ state }: SubscriberRow, at: Date): boolean =>
  state.status === 'active' && !(state.heldUntil && state.heldUntil > at);

const keyOf = (subscriberId: string, eventNumber: string): string => `${subscriberId} ${eventNumber}`;
const orderingKey = ({ event }: DeliveryRow): string => event.orderNumber ?? event.paymentNumber ?? event.id;
const isDue = ({ nextAttemptAt }: DeliveryRow, at: Date): boolean =>
  nextAttemptAt !== null && nextAttemptAt <= at;

function newDelivery(subscriberId: string, event: EventRow, type: PublishedType, at: Date): DeliveryRow {
  const { id, orderNumber, paymentNumber = null, data } = event;
  return {
    subscriberId,
    event: { id, type, at: event.at, orderNumber, paymentNumber, data: { ...data } },
    status: 'waiting',
    attempts: 0,
    attemptsBefore: 0,
    nextAttemptAt: at,
    lastAttemptAt: null,
    lastStatus: null,
    lastError: null,
    deliveredAt: null,
  };
}

export class MemoryDeliveryQueries extends DeliveryQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async endpoints(page: PageRequest): Promise<Page<EndpointView>> {
    const rows = [...this.tables().subscribers.values()].filter(({ kind }) => kind === 'webhook');
    return listPage(rows, endpointView, {}, page);
  }

  override async endpoint(id: string): Promise<EndpointView | null> {
    const row = this.tables().subscribers.get(id);
    return row ? endpointView(row) : null;
  }

  override async deliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryView>> {
    const rows = [...this.tables().deliveries.values()].filter((row) => row.subscriberId === endpointId);
    const numbered = rows.map((row) => ({ ...row, id: row.event.id }));
    return listPage(numbered, deliveryView, {}, page);
  }

  override async lags(): Promise<readonly SubscriberLag[]> {
    const { subscribers, deliveries } = this.tables();
    return [...subscribers.values()].map(({ id, kind, state }) => {
      const undone = [...deliveries.values()].find(
        (row) => row.subscriberId === id && row.nextAttemptAt !== null,
      );
      const seconds = undone ? Math.max(0, (Date.now() - undone.event.at.getTime()) / 1_000) : 0;
      return { subscriber: kind === 'nats' ? 'nats' : id, seconds, paused: state.status !== 'active' };
    });
  }

  override async work(at: Date): Promise<RelayWork> {
    const { events, relayed, deliveries, subscribers } = this.tables();
    const due = [...deliveries.values()].some((row) => {
      const subscriber = subscribers.get(row.subscriberId);
      return isDue(row, at) && subscriber !== undefined && isServed(subscriber, at);
    });
    const disableBefore = at.getTime() - DISABLE_AFTER_DAYS * 86_400_000;
    const toDisable = [...subscribers.values()].some(
      ({ state }) => state.status === 'paused' && state.pausedAt!.getTime() <= disableBefore,
    );
    return { toFanOut: events.length > relayed.count, due, toDisable };
  }
}

function deliveryView(row: DeliveryRow): DeliveryView {
  const { event, status, attempts, lastAttemptAt, lastStatus, lastError, nextAttemptAt, deliveredAt } = row;
  const { type, orderNumber } = event;
  const last = { lastAttemptAt, lastStatus, lastError };
  return {
    eventId: `evt_${event.id}`,
    type,
    orderNumber,
    status,
    attempts,
    ...last,
    nextAttemptAt,
    deliveredAt,
  };
}

function endpointView({ id, url, events, secrets, headers, state, createdAt }: SubscriberRow): EndpointView {
  const { status, ...health } = state;
  const oldSecretUntil = secrets[1]?.until ?? null;
  const shown = status === 'off' ? 'disabled' : status;
  const settings = { id, url: url!, events, headers: Object.keys(headers) };
  return { ...settings, status: shown, ...health, oldSecretUntil, createdAt };
}
