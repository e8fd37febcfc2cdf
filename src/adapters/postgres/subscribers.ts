import { In, LessThan, Not } from 'typeorm';
import type { NewEndpoint, SubscriberRepository } from '../../application/events/subscriber-repository.js';
import { Subscriber } from '../../domain/events/subscriber.js';
import type { Orm } from './engine/transaction.js';
import { subscribers as table } from './entities.js';

/** Each round of deliveries examines every endpoint, and each endpoint may have its full number of deliveries in flight. */
const MAX_ENDPOINTS = 50;
const REASON_LENGTH = 1_000;

export class PostgresSubscribers implements SubscriberRepository {
  constructor(private readonly orm: Orm) {}

  addEndpoint({ url, events, secret, at }: NewEndpoint): Promise<string | null> {
    return this.orm.run(async (manager) => {
      const endpoints = await manager.countBy(table, { kind: 'webhook', status: Not('removed') });
      if (endpoints >= MAX_ENDPOINTS) return null;
      const added = { kind: 'webhook' as const, url, events, secret, createdAt: at };
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
    return rows.map(({ id, kind, status, failures, failingSince, pausedBecause, pausedAt }) => {
      if (status === 'removed') throw new Error(`Subscriber ${id} is removed and must not be loaded.`);
      return new Subscriber(id, kind, { status, failures, failingSince, pausedBecause, pausedAt });
    });
  }

  async save(changed: readonly Subscriber[]): Promise<void> {
    await this.orm.run(async (manager) => {
      for (const { id, state } of changed) {
        const pausedBecause = state.pausedBecause?.slice(0, REASON_LENGTH) ?? null;
        await manager.update(table, id, { ...state, pausedBecause });
      }
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
