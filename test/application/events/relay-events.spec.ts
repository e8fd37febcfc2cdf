import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Publisher } from '../../../src/application/events/publisher.js';
import { RelayEvents } from '../../../src/application/events/relay-events.js';
import { SubscriberRepository } from '../../../src/application/events/subscriber-repository.js';
import { addEndpoint } from '../../../src/application/events/webhook-endpoints.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW } from '../fixtures/receipts.js';
import type { World } from '../fixtures/world.js';
import type { DeliveryRow } from '../memory/tables.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const DAY_MS = 86_400_000;

let memory: MemoryUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, world } = memoryWorld());
});

/** One run of maintenance by a process with publishers of these kinds. Returns whether there may be more to prune. */
function runMaintenance(...kinds: readonly Publisher['kind'][]): Promise<boolean> {
  const publishers = kinds.map((kind) => ({
    kind,
    concurrency: 1,
    isReady: () => true,
    publish: () => Promise.reject(new Error('maintenance publishes nothing')),
  }));
  return new RelayEvents(memory, { all: publishers }, world.clock).runMaintenance();
}

describe('maintenance and the stream', () => {
  const stream = () => [...memory.tables.subscribers.values()].find(({ kind }) => kind === 'nats');
  const registerStream = (at: number) =>
    world.run((tx) => tx.of(SubscriberRepository).registerStream(new Date(at)));

  test('a process that publishes to the stream registers it, whatever else it publishes to', async () => {
    await runMaintenance('webhook', 'nats');
    expect(stream()).toMatchObject({ state: { status: 'active' }, seenAt: new Date(NOW) });
    world.clock.at = NOW + DAY_MS;
    await runMaintenance('nats', 'webhook');
    expect(stream()).toMatchObject({ seenAt: new Date(NOW + DAY_MS) });
  });

  test('a process that does not publish to the stream registers none', async () => {
    await runMaintenance('webhook');
    expect(stream()).toBeUndefined();
  });

  test('a stream that no process has published to for three days is switched off', async () => {
    await registerStream(NOW - 3 * DAY_MS);
    await runMaintenance('webhook');
    expect(stream()).toMatchObject({ state: { status: 'active' } });
    world.clock.at = NOW + 1;
    await runMaintenance('webhook');
    expect(stream()).toMatchObject({ state: { status: 'off' } });
  });
});

describe('maintenance and deliveries', () => {
  /** So many deliveries that were completed at this time. */
  async function storeDelivered(count: number, at: number): Promise<void> {
    const endpoint = { url: 'https://shop.example', events: null };
    const subscriberId = await world.run(
      async (tx) => (await addEndpoint(tx, endpoint, 'whsec_1', new Date(NOW)))!,
    );
    const done = { status: 'delivered', nextAttemptAt: null, lastAttemptAt: new Date(at) } as const;
    const rows = Array.from({ length: count }, (_, nth): [string, DeliveryRow] => {
      const event = { id: String(nth), type: 'order.paid' as const, at: new Date(at), data: {} };
      const about = { subscriberId, event: { ...event, orderNumber: 'O1', paymentNumber: null } };
      const last = { lastStatus: 200, lastError: null, deliveredAt: new Date(at) };
      return [`${subscriberId} ${nth}`, { ...about, ...done, ...last, attempts: 1, attemptsBefore: 0 }];
    });
    memory.tables = { ...memory.tables, deliveries: new Map(rows) };
  }

  test('completed deliveries are removed after 30 days', async () => {
    await storeDelivered(3, NOW - 30 * DAY_MS);
    await runMaintenance('webhook');
    expect(memory.tables.deliveries.size).toBe(3);
    world.clock.at = NOW + 1;
    await runMaintenance('webhook');
    expect(memory.tables.deliveries.size).toBe(0);
  });

  test.each([
    [999, false, 0],
    [1_000, true, 0],
    [1_500, true, 500],
  ])(
    'of %i old deliveries a run removes at most 1000: there may be more is %j',
    async (count, more, left) => {
      await storeDelivered(count, NOW - 31 * DAY_MS);
      expect(await runMaintenance('webhook')).toBe(more);
      expect(memory.tables.deliveries.size).toBe(left);
    },
  );
});
