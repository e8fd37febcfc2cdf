import { In, LessThan, Not, Raw } from 'typeorm';
import type {
  EndpointChange,
  NewEndpoint,
  SubscriberRepository,
} from '../../application/events/subscriber-repository.js';
import { Subscriber } from '../../domain/events/subscriber.js';
import type { Orm } from './engine/transaction.js';
import { subscribers as table, type SubscriberRow } from './entities.js';

/** Each round of deliveries examines every endpoint, and each endpoint may have its full number of deliveries in flight. */
const MAX_ENDPOINTS = 50;
const REASON_LENGTH = 1_000;

const PAUSED_AT = `CASE WHEN status = 'paused' THEN paused_at ELSE now() END`;
const SINCE = `CASE WHEN status = 'off' THEN pg_current_snapshot() ELSE since END`;

export class PostgresSubscribers implements SubscriberRepository {
  constructor(private readonly orm: Orm) {}

  addEndpoint({ url, events, secret, headers, at }: NewEndpoint): Promise<string | null> {
    return this.orm.run(async (manager) => {
      const endpoints = await manager.countBy(table, { kind: 'webhook', status: Not('removed') });
      if (endpoints >= MAX_ENDPOINTS) return null;
      const added = { kind: 'webhook' as const, url, events, secret, headers, createdAt: at };
      const { identifiers } = await manager.insert(table, added);
      return identifiers[0]!.id as string;
    });
  }

  registerStream(at: Date): Promise<void> {
    return this.orm.run(async (manager) => {
      const stream = { kind: 'nats' as const, seenAt: at, createdAt: at };
      await manager.createQueryBuilder().insert().into(table).values(stream).orIgnore().execute();
      const { id, status, seenAt } = await manager.findOneOrFail(table, {
        where: { kind: 'nats' },
        lock: { mode: 'for_no_key_update' },
      });
      await manager.update(table, id, {
        status: 'active',
        seenAt: seenAt && seenAt > at ? seenAt : at,
        // A stream that was off has collected nothing since, and gets what is committed from now on.
        ...(status === 'off' ? { since: () => 'pg_current_snapshot()' } : {}),
      });
    });
  }

  async retireStream(before: Date): Promise<void> {
    const unused = { kind: 'nats' as const, status: 'active' as const, seenAt: LessThan(before) };
    await this.orm.run((manager) => manager.update(table, unused, { status: 'off' }));
  }

  async lock(ids: readonly string[]): Promise<Subscriber[]> {
    const rows = await this.orm.run((manager) =>
      manager.find(table, {
        where: { id: In(ids), status: Not('removed') },
        order: { id: 'ASC' },
        // Not `pessimistic_write`: the relay holds FOR KEY SHARE on the same rows, and neither changes the key.
        lock: { mode: 'for_no_key_update' },
      }),
    );
    return rows.map(subscriberFrom);
  }

  async save(changed: readonly Subscriber[]): Promise<void> {
    await this.orm.run(async (manager) => {
      for (const { id, state } of changed) {
        const pausedBecause = state.pausedBecause?.slice(0, REASON_LENGTH) ?? null;
        await manager.update(table, id, {
          ...state,
          pausedBecause,
          // How long a pause lasts is measured by one clock, whichever process has begun it.
          ...(state.status === 'paused' ? { pausedAt: () => PAUSED_AT } : {}),
          ...(state.status === 'active' ? { since: () => SINCE } : {}),
        });
      }
    });
  }

  async change(id: string, { url, events, headers }: EndpointChange): Promise<void> {
    // The receiver at the old address has asked for the pause.
    const heldUntil = url === undefined ? undefined : null;
    await this.orm.run((manager) => manager.update(table, id, { url, events, headers, heldUntil }));
  }

  disablePaused(days: number): Promise<Subscriber[]> {
    return this.orm.run(async (manager) => {
      const paused = await manager.find(table, {
        where: {
          kind: 'webhook',
          status: 'paused',
          pausedAt: Raw((pausedAt) => `${pausedAt} <= now() - make_interval(days => :days)`, { days }),
        },
        order: { id: 'ASC' },
        lock: { mode: 'for_no_key_update', onLocked: 'skip_locked' },
      });
      if (paused.length > 0)
        await manager.update(table, { id: In(paused.map(({ id }) => id)) }, { status: 'off' });
      return paused.map(subscriberFrom);
    });
  }

  async changeSecret(id: string, secret: string, oldUntil: Date): Promise<void> {
    await this.orm.run((manager) =>
      manager.update(table, id, { secret, oldSecret: () => 'secret', oldSecretUntil: oldUntil }),
    );
  }

  async remove(id: string): Promise<void> {
    await this.orm.run((manager) => manager.update(table, id, { status: 'removed' }));
  }
}

function subscriberFrom({ id, kind, status, ...row }: SubscriberRow): Subscriber {
  if (status === 'removed') throw new Error(`Subscriber ${id} is removed and must not be loaded.`);
  const { failures, failingSince, pausedBecause, pausedAt, heldUntil } = row;
  return new Subscriber(id, kind, { status, failures, failingSince, pausedBecause, pausedAt, heldUntil });
}
