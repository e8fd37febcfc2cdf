import type {
  EndpointChange,
  NewEndpoint,
  SubscriberRepository,
} from '../../../src/application/events/subscriber-repository.js';
import { Subscriber, type SubscriberState } from '../../../src/domain/events/subscriber.js';
import type { Session } from './session.js';
import type { SubscriberRow } from './tables.js';

const DAY_MS = 86_400_000;

const HEALTHY: SubscriberState = {
  status: 'active',
  failures: 0,
  failingSince: null,
  pausedBecause: null,
  pausedAt: null,
  heldUntil: null,
};

export class MemorySubscribers implements SubscriberRepository {
  constructor(private readonly session: Session) {}

  async addEndpoint({ url, events, secret, headers, at }: NewEndpoint): Promise<string> {
    const secrets = [{ secret, until: null }];
    return this.add({ kind: 'webhook', url, events, secrets, headers, seenAt: null, createdAt: at });
  }

  async registerStream(at: Date): Promise<void> {
    const stream = this.stream();
    if (!stream) {
      const stream = { kind: 'nats', url: null, events: null, secrets: [], headers: {} } as const;
      this.add({ ...stream, seenAt: at, createdAt: at });
      return;
    }
    const since = stream.state.status === 'off' ? this.session.tables.events.length : stream.since;
    this.put({ ...stream, since, seenAt: at, state: { ...stream.state, status: 'active' } });
  }

  async retireStream(before: Date): Promise<void> {
    const stream = this.stream();
    if (stream && stream.seenAt! < before) this.put({ ...stream, state: { ...stream.state, status: 'off' } });
  }

  async lock(ids: readonly string[]): Promise<Subscriber[]> {
    return ids.flatMap((id) => {
      const row = this.session.tables.subscribers.get(id);
      return row ? [new Subscriber(row.id, row.kind, row.state)] : [];
    });
  }

  async save(subscribers: readonly Subscriber[]): Promise<void> {
    for (const { id, state } of subscribers) {
      const row = this.row(id);
      const isBack = row.state.status === 'off' && state.status === 'active';
      this.put({ ...row, state, since: isBack ? this.session.tables.events.length : row.since });
    }
  }

  async change(id: string, change: EndpointChange): Promise<void> {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    const row = this.row(id);
    const state = change.url === undefined ? row.state : { ...row.state, heldUntil: null };
    this.put({ ...row, state, ...Object.fromEntries(given) });
  }

  async disablePaused(days: number): Promise<Subscriber[]> {
    const before = this.session.now().getTime() - days * DAY_MS;
    const paused = [...this.session.tables.subscribers.values()].filter(
      ({ kind, state }) =>
        kind === 'webhook' && state.status === 'paused' && state.pausedAt!.getTime() <= before,
    );
    for (const row of paused) this.put({ ...row, state: { ...row.state, status: 'off' } });
    return paused.map(({ id, kind, state }) => new Subscriber(id, kind, state));
  }

  async changeSecret(id: string, secret: string, oldUntil: Date): Promise<void> {
    const row = this.row(id);
    const old = { secret: row.secrets[0]!.secret, until: oldUntil };
    this.put({ ...row, secrets: [{ secret, until: null }, old] });
  }

  async remove(id: string): Promise<void> {
    const { subscribers, deliveries } = this.session.tables;
    subscribers.delete(id);
    for (const [key, row] of deliveries) if (row.subscriberId === id) deliveries.delete(key);
  }

  private add(row: Omit<SubscriberRow, 'id' | 'since' | 'state'>): string {
    const id = this.session.nextId();
    this.put({ ...row, id, since: this.session.tables.events.length, state: HEALTHY });
    return id;
  }

  private stream(): SubscriberRow | undefined {
    return [...this.session.tables.subscribers.values()].find(({ kind }) => kind === 'nats');
  }

  private row(id: string): SubscriberRow {
    return this.session.tables.subscribers.get(id)!;
  }

  private put(row: SubscriberRow): void {
    this.session.tables.subscribers.set(row.id, row);
  }
}
