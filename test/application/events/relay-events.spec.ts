import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryMonitor } from '../../../src/application/events/delivery-monitor.js';
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
let reported: string[];
beforeEach(() => {
  reported = [];
  ({ memory, world } = memoryWorld());
});

const monitor: DeliveryMonitor = {
  failed: () => undefined,
  paused: () => undefined,
  disabled: ({ id }) => void reported.push(`disabled ${id}`),
  gaveUp: () => undefined,
  stuck: () => undefined,
};
const relayWith = (all: readonly Publisher[]) => new RelayEvents(memory, { all }, world.clock, monitor);

const endpoint = (): Promise<string> =>
  world.run(async (tx) => {
    const asked = { url: 'https://shop.example', events: null, secret: 'whsec_1' };
    return (await addEndpoint(tx, asked, world.operator()))!;
  });

/** One run of maintenance by a process with publishers of these kinds. Returns whether there may be more to prune. */
function runMaintenance(...kinds: readonly Publisher['kind'][]): Promise<boolean> {
  const publishers = kinds.map((kind) => ({
    kind,
    concurrency: 1,
    isReady: () => true,
    publish: () => Promise.reject(new Error('maintenance publishes nothing')),
  }));
  return relayWith(publishers).runMaintenance();
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
    const subscriberId = await endpoint();
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

describe('an endpoint that is paused', () => {
  const pausedAt = (id: string, at: number) => {
    const row = memory.tables.subscribers.get(id)!;
    const state = {
      ...row.state,
      status: 'paused' as const,
      pausedAt: new Date(at),
      pausedBecause: 'it failed',
    };
    memory.tables = {
      ...memory.tables,
      subscribers: new Map(memory.tables.subscribers).set(id, { ...row, state }),
    };
  };
  const toDisable = async () => (await relayWith([]).findWork()).toDisable;
  const statusOf = (id: string) => memory.tables.subscribers.get(id)!.state.status;

  test('for less than seven days is not disabled', async () => {
    const id = await endpoint();
    pausedAt(id, NOW - 7 * DAY_MS + 1);
    expect(await toDisable()).toBe(false);
    await relayWith([]).disablePaused();
    expect(statusOf(id)).toBe('paused');
    expect(reported).toEqual([]);
  });

  test('for seven days is disabled once, with an event and a report, and what waits for it is dropped', async () => {
    const [id, other] = [await endpoint(), await endpoint()];
    const order = async () => {
      const { orderNumber } = await world.placeOrder({ payments: 0 });
      await world.moveOrder(orderNumber, 'cancelled');
      while ((await relayWith([]).fanOut()) > 0);
    };
    await order();
    pausedAt(id, NOW - 7 * DAY_MS);
    expect(await toDisable()).toBe(true);
    await Promise.all([relayWith([]).disablePaused(), relayWith([]).disablePaused()]);
    expect(await toDisable()).toBe(false);
    expect(statusOf(id)).toBe('off');
    expect(reported).toEqual([`disabled ${id}`]);
    const announced = memory.tables.events.filter(({ type }) => type === 'endpoint.disabled');
    expect(announced).toMatchObject([
      {
        actor: 'clock',
        data: {
          endpointId: id,
          pausedAt: new Date(NOW - 7 * DAY_MS).toISOString(),
          pausedBecause: 'it failed',
        },
      },
    ]);
    expect(await relayWith([]).dropWaiting()).toBe(false);
    const waiting = () => [...memory.tables.deliveries.values()].map(({ subscriberId }) => subscriberId);
    expect(waiting()).toEqual([other]);
    await order();
    expect(waiting()).toEqual([other, other]);
  });

  test('for seven days and had more waiting than one transaction drops is asked for again', async () => {
    const id = await endpoint();
    const about = { type: 'order.shipped', at: new Date(NOW), actor: 'a', paymentNumber: null, data: {} };
    const events = Array.from({ length: 1_500 }, (_, nth) => ({
      ...about,
      id: `${nth}`,
      orderNumber: `O${nth}`,
    }));
    memory.tables = { ...memory.tables, events: [...memory.tables.events, ...events] };
    while ((await relayWith([]).fanOut()) > 0);
    pausedAt(id, NOW - 7 * DAY_MS);
    await relayWith([]).disablePaused();
    expect(await relayWith([]).dropWaiting()).toBe(true);
    expect(await relayWith([]).dropWaiting()).toBe(false);
    expect(memory.tables.deliveries.size).toBe(0);
  });
});
