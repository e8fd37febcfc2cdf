import type {
  NewEndpoint,
  SubscriberRepository,
} from '../../../src/application/events/subscriber-repository.js';
import { Subscriber, type SubscriberState } from '../../../src/domain/events/subscriber.js';
import type { Session } from './session.js';
import type { SubscriberRow } from './tables.js';

const HEALTHY: SubscriberState = {
  status: 'active',
  failures: 0,
  failingSince: null,
  pausedBecause: null,
  pausedAt: null,
};

export class MemorySubscribers implements SubscriberRepository {
  constructor(private readonly session: Session) {}

  async addEndpoint({ url, events, secret, at }: NewEndpoint): Promise<string> {
    const secrets = [{ secret, until: null }];
    return this.add({ kind: 'webhook', url, events, secrets, seenAt: null, createdAt: at });
  }

  async registerStream(at: Date): Promise<void> {
    const stream = this.stream();
    if (!stream) {
      this.add({ kind: 'nats', url: null, events: null, secrets: [], seenAt: at, createdAt: at });
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
    for (const { id, state } of subscribers) this.put({ ...this.row(id), state });
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
