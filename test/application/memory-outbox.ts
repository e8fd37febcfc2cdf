import {
  DeliveryQueries,
  type DeliveryView,
  type EndpointView,
  type Outbox,
  type SubscriberLag,
  type Subscribers,
} from '../../src/application/outbox.js';
import type { LoggedEvent } from '../../src/application/ports.js';
import type { Page, PageRequest } from '../../src/application/queries.js';
import type { KeptEvent, PublishedType } from '../../src/domain/published-event.js';
import { Subscriber, type SubscriberKind, type SubscriberState } from '../../src/domain/subscriber.js';
import type { Base, Tables } from './memory-tables.js';

export interface SubscriberRow {
  readonly id: string;
  readonly kind: SubscriberKind;
  readonly url: string | null;
  readonly events: readonly PublishedType[] | null;
  readonly secrets: readonly { readonly secret: string; readonly until: Date | null }[];
  /** How many events the log had when it came. */
  readonly since: number;
  readonly state: SubscriberState;
  readonly createdAt: Date;
}

export interface DeliveryRow {
  readonly subscriberId: string;
  readonly event: KeptEvent;
  readonly status: DeliveryView['status'];
  readonly attempts: number;
  readonly attemptsBefore: number;
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly deliveredAt: Date | null;
}

const HEALTHY: SubscriberState = {
  status: 'active',
  failures: 0,
  failingSince: null,
  pausedBecause: null,
  pausedAt: null,
};
const keyOf = (subscriberId: string, eventNumber: string): string => `${subscriberId} ${eventNumber}`;
const laneOf = ({ event }: DeliveryRow): string => event.orderNumber ?? event.paymentNumber ?? event.id;

export function subscribers({ draft, nextId }: Base): Subscribers {
  const add = (row: Omit<SubscriberRow, 'id' | 'since' | 'state'>): string => {
    const id = nextId();
    draft.subscribers.set(id, { ...row, id, since: draft.events.length, state: HEALTHY });
    return id;
  };
  return {
    async addEndpoint({ url, events, secret, at }) {
      return add({ kind: 'webhook', url, events, secrets: [{ secret, until: null }], createdAt: at });
    },
    async keepStream(at) {
      if ([...draft.subscribers.values()].some(({ kind }) => kind === 'nats')) return;
      add({ kind: 'nats', url: null, events: null, secrets: [], createdAt: at });
    },
    async dropStream() {
      // Its three days are PostgreSQL's to count.
    },
    async lock(ids) {
      return ids.flatMap((id) => {
        const row = draft.subscribers.get(id);
        return row ? [new Subscriber(row.id, row.kind, row.state)] : [];
      });
    },
    async save(changed) {
      for (const { id, state } of changed)
        draft.subscribers.set(id, { ...draft.subscribers.get(id)!, state });
    },
    async changeSecret(id, secret, oldUntil) {
      const row = draft.subscribers.get(id)!;
      const old = { secret: row.secrets[0]!.secret, until: oldUntil };
      draft.subscribers.set(id, { ...row, secrets: [{ secret, until: null }, old] });
    },
    async remove(id) {
      draft.subscribers.delete(id);
      for (const [key, row] of draft.deliveries) if (row.subscriberId === id) draft.deliveries.delete(key);
    },
  };
}

export function outbox({ draft }: Base): Outbox {
  const rows = (subscriberId: string): DeliveryRow[] =>
    [...draft.deliveries.values()].filter((row) => row.subscriberId === subscriberId);
  const put = (row: DeliveryRow): void =>
    void draft.deliveries.set(keyOf(row.subscriberId, row.event.id), row);
  const isFirst = (row: DeliveryRow): boolean =>
    rows(row.subscriberId).every(
      (other) =>
        laneOf(other) !== laneOf(row) ||
        other.nextAttemptAt === null ||
        Number(other.event.id) >= Number(row.event.id),
    );
  return {
    async fanOut(types, at, limit) {
      const page = draft.events.slice(draft.relayed.count, draft.relayed.count + limit);
      page.forEach((event, offset) => {
        if (!(types as readonly string[]).includes(event.type)) return;
        for (const subscriber of draft.subscribers.values()) {
          const wants = subscriber.events?.includes(event.type as PublishedType) ?? true;
          if (wants && draft.relayed.count + offset >= subscriber.since)
            put(newDelivery(subscriber.id, event, at));
        }
      });
      draft.relayed.count += page.length;
      return page.length;
    },
    async lease(at, leaseSeconds, { most, taken }) {
      return [...draft.subscribers.values()].flatMap(({ id, kind, url, secrets, state }) => {
        const room = state.status === 'active' ? (most[kind] ?? 0) - (taken.get(id) ?? 0) : 0;
        const due = rows(id).filter((row) => row.nextAttemptAt && row.nextAttemptAt <= at && isFirst(row));
        return due.slice(0, Math.max(0, room)).map((row) => {
          const attempt = row.attempts + 1;
          const nextAttemptAt = new Date(at.getTime() + leaseSeconds * 1_000);
          put({ ...row, status: 'sending', attempts: attempt, lastAttemptAt: at, nextAttemptAt });
          const live = secrets.filter(({ until }) => until === null || until > at);
          const destination = { subscriberId: id, kind, url, secrets: live.map(({ secret }) => secret) };
          const attemptOfRound = attempt - row.attemptsBefore;
          return { destination, event: row.event, attempt, attemptOfRound, isFailing: state.failures > 0 };
        });
      });
    },
    async settle(results, at) {
      for (const { subscriberId, eventNumber, attempt, attempted, retryAt } of results) {
        const row = draft.deliveries.get(keyOf(subscriberId, eventNumber));
        if (row?.status !== 'sending' || row.attempts !== attempt) continue;
        put({
          ...row,
          status: attempted.delivered ? 'delivered' : retryAt ? 'waiting' : 'given_up',
          nextAttemptAt: retryAt,
          lastStatus: attempted.httpStatus,
          lastError: attempted.delivered ? null : attempted.error,
          deliveredAt: attempted.delivered ? at : null,
        });
      }
    },
    async redeliver(subscriberId, eventNumber, at) {
      const row = draft.deliveries.get(keyOf(subscriberId, eventNumber));
      if (!row) return 'unknown';
      if (row.status === 'sending') return 'sending';
      const again = { status: 'waiting' as const, nextAttemptAt: at, deliveredAt: null };
      put({ ...row, ...again, attemptsBefore: row.attempts });
      return deliveryView({ ...row, ...again });
    },
    async hasten(subscriberId, at) {
      for (const row of rows(subscriberId)) if (row.status === 'waiting') put({ ...row, nextAttemptAt: at });
    },
    async forget() {
      return 0;
    },
  };
}

function newDelivery(subscriberId: string, event: LoggedEvent & { id: string }, at: Date): DeliveryRow {
  const { id, type, orderNumber, paymentNumber = null, data } = event;
  const kept = { id, type: type as PublishedType, at: event.at, orderNumber, paymentNumber, data };
  const nothing = { lastAttemptAt: null, lastStatus: null, lastError: null, deliveredAt: null };
  const counts = { attempts: 0, attemptsBefore: 0, nextAttemptAt: at };
  return { subscriberId, event: kept, status: 'waiting', ...counts, ...nothing };
}

function deliveryView({ event, subscriberId: _s, attemptsBefore: _a, ...row }: DeliveryRow): DeliveryView {
  return { eventId: `evt_${event.id}`, type: event.type, orderNumber: event.orderNumber, ...row };
}

export class MemoryDeliveryQueries extends DeliveryQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async endpoints(page: PageRequest): Promise<Page<EndpointView>> {
    const rows = [...this.tables().subscribers.values()].filter(({ kind }) => kind === 'webhook').reverse();
    return pageOf(rows.map(endpointView), page, ({ id }) => id);
  }

  override async endpoint(id: string): Promise<EndpointView | null> {
    const row = this.tables().subscribers.get(id);
    return row ? endpointView(row) : null;
  }

  override async deliveries(endpointId: string, page: PageRequest): Promise<Page<DeliveryView>> {
    const rows = [...this.tables().deliveries.values()].filter((row) => row.subscriberId === endpointId);
    return pageOf(rows.map(deliveryView).reverse(), page, ({ eventId }) => eventId.slice('evt_'.length));
  }

  override async lags(): Promise<readonly SubscriberLag[]> {
    return [...this.tables().subscribers.values()].map(({ id, kind, state }) => {
      const undone = [...this.tables().deliveries.values()].find(
        (row) => row.subscriberId === id && row.nextAttemptAt !== null,
      );
      const seconds = undone ? Math.max(0, (Date.now() - undone.event.at.getTime()) / 1_000) : 0;
      return { subscriber: kind === 'nats' ? 'nats' : id, seconds, paused: state.status === 'paused' };
    });
  }

  override async work(at: Date): Promise<{ toFanOut: boolean; due: boolean }> {
    const { events, relayed, deliveries, subscribers: all } = this.tables();
    const due = [...deliveries.values()].some(
      ({ subscriberId, nextAttemptAt }) =>
        nextAttemptAt !== null && nextAttemptAt <= at && all.get(subscriberId)?.state.status === 'active',
    );
    return { toFanOut: events.length > relayed.count, due };
  }
}

function endpointView({ id, url, events, secrets, state, createdAt }: SubscriberRow): EndpointView {
  const { status, ...health } = state;
  const oldSecretUntil = secrets[1]?.until ?? null;
  const shown = status === 'paused' ? status : 'active';
  return { id, url: url!, events, status: shown, ...health, oldSecretUntil, createdAt };
}

function pageOf<View>(
  views: readonly View[],
  { limit, before }: PageRequest,
  idOf: (view: View) => string,
): Page<View> {
  const rest = views.filter((view) => before === null || Number(idOf(view)) < Number(before));
  const items = rest.slice(0, limit);
  return { items, next: rest.length > limit ? idOf(items.at(-1)!) : null };
}
