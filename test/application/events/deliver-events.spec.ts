import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DeliverEvents } from '../../../src/application/events/deliver-events.js';
import type { DeliveryMonitor } from '../../../src/application/events/delivery-monitor.js';
import { Publisher } from '../../../src/application/events/publisher.js';
import { RelayEvents } from '../../../src/application/events/relay-events.js';
import { SubscriberRepository } from '../../../src/application/events/subscriber-repository.js';
import { addEndpoint } from '../../../src/application/events/webhook-endpoints.js';
import type { PublishedEvent } from '../../../src/domain/events/published-event.js';
import type { AttemptResult, SubscriberKind } from '../../../src/domain/events/subscriber.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const DELIVERED: AttemptResult = { delivered: true, httpStatus: 200 };
const FAILED: AttemptResult = { delivered: false, httpStatus: 500, error: 'HTTP 500' };

/** A delivery that is in flight until the test answers it. */
interface InFlight {
  readonly event: PublishedEvent;
  readonly subscriberId: string;
  answer(result: AttemptResult | Error): Promise<void>;
}

class ScriptedPublisher extends Publisher {
  readonly concurrency = 2;
  ready = true;
  readonly sent: InFlight[] = [];

  constructor(readonly kind: SubscriberKind) {
    super();
  }

  isReady = () => this.ready;

  publish(event: PublishedEvent, { subscriberId }: { subscriberId: string }): Promise<AttemptResult> {
    return new Promise((resolve, reject) => {
      const answer = async (result: AttemptResult | Error): Promise<void> => {
        if (result instanceof Error) reject(result);
        else resolve(result);
        await jest.advanceTimersByTimeAsync(0);
      };
      this.sent.push({ event, subscriberId, answer });
    });
  }
}

describe('delivering events', () => {
  let memory: MemoryUnitOfWork;
  let recording: RecordingUnitOfWork;
  let world: World;
  let webhook: ScriptedPublisher;
  let nats: ScriptedPublisher;
  let deliver: DeliverEvents;
  let relay: RelayEvents;
  let reported: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    ({ memory, recording, world } = memoryWorld());
    [webhook, nats] = [new ScriptedPublisher('webhook'), new ScriptedPublisher('nats')];
    reported = [];
    const monitor: DeliveryMonitor = {
      failed: (_delivery, error) => void reported.push(`failed: ${error}`),
      paused: ({ id }) => void reported.push(`paused ${id}`),
      disabled: ({ id }) => void reported.push(`disabled ${id}`),
      gaveUp: ({ event }) => void reported.push(`gave up ${event.type}`),
      stuck: (error) => void reported.push(`stuck: ${(error as Error).message}`),
    };
    const publishers = { all: [webhook, nats] };
    relay = new RelayEvents(memory, publishers, world.clock, monitor);
    deliver = new DeliverEvents(recording, publishers, world.clock, monitor);
  });
  afterEach(() => void jest.useRealTimers());

  const endpoint = (): Promise<string> =>
    world.run(async (tx) => {
      const asked = { url: 'https://shop.example', events: null, secret: 'whsec_1' };
      return (await addEndpoint(tx, asked, world.operator()))!;
    });

  /** Announces so many events, each of an order of its own, so that none waits for another. */
  async function announce(count: number): Promise<void> {
    for (let each = 0; each < count; each += 1) {
      const { orderNumber } = await world.placeOrder({ payments: 0 });
      await world.moveOrder(orderNumber, 'cancelled');
    }
    while ((await relay.fanOut()) > 0);
  }

  const failuresOf = (id: string) => memory.tables.subscribers.get(id)!.state.failures;
  const statuses = () => [...memory.tables.deliveries.values()].map(({ status }) => status);
  /** The ports that this work uses. */
  const portsOf = async (work: () => Promise<unknown>): Promise<Set<string>> =>
    new Set((await recording.callsOf(work)).map((call) => call.split('.')[0]!));

  describe('a round', () => {
    test('without results stores nothing, and reports nothing', async () => {
      const before = memory.tables;
      await deliver.deliverDue();
      await deliver.deliverDue();
      expect(memory.tables).toEqual(before);
      expect(reported).toEqual([]);
    });

    test('of successful deliveries locks no subscriber, so that processes do not wait for the row of a busy one', async () => {
      await endpoint();
      await announce(1);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(DELIVERED);
      expect(await portsOf(() => deliver.deliverDue())).not.toContain('SubscriberRepository');
      expect(statuses()).toEqual(['delivered']);
    });

    test('counts a failure for the subscriber that failed, and for no other', async () => {
      const [first, second, third] = [await endpoint(), await endpoint(), await endpoint()];
      await announce(1);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(FAILED);
      await webhook.sent[1]!.answer(FAILED);
      await webhook.sent[2]!.answer(DELIVERED);
      await deliver.deliverDue();
      expect([first, second, third].map(failuresOf)).toEqual([1, 1, 0]);
      expect(reported).toEqual(['failed: HTTP 500', 'failed: HTTP 500']);
    });

    test('saves no subscriber that was removed while its delivery was in flight', async () => {
      const id = await endpoint();
      await announce(1);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(FAILED);
      await world.run((tx) => tx.of(SubscriberRepository).remove(id));
      await deliver.deliverDue();
      expect(memory.tables.subscribers.size).toBe(0);
    });

    test('starts by itself 10 ms after a result, stores all results since then and leases what waits behind them', async () => {
      await endpoint();
      await announce(3);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(DELIVERED);
      await jest.advanceTimersByTimeAsync(9);
      expect(statuses()).toEqual(['sending', 'sending', 'waiting']);
      await webhook.sent[1]!.answer(DELIVERED);
      await jest.advanceTimersByTimeAsync(1);
      expect(statuses()).toEqual(['delivered', 'delivered', 'sending']);
      await webhook.sent[2]!.answer(DELIVERED);
      await jest.advanceTimersByTimeAsync(10);
      expect(statuses()).toEqual(['delivered', 'delivered', 'delivered']);
      expect(jest.getTimerCount()).toBe(0);
    });

    test('that fails reports why, and the next one stores its results', async () => {
      await endpoint();
      await announce(1);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(DELIVERED);
      const working = recording.run.bind(recording);
      recording.run = () => Promise.reject(new Error('the database is away'));
      await deliver.deliverDue();
      expect(reported).toEqual(['stuck: the database is away']);
      expect(statuses()).toEqual(['sending']);
      recording.run = working;
      await deliver.deliverDue();
      expect(statuses()).toEqual(['delivered']);
    });
  });

  describe('the deliveries in flight', () => {
    test("of one subscriber are never more than its publisher's concurrency", async () => {
      await endpoint();
      await announce(5);
      await deliver.deliverDue();
      await deliver.deliverDue();
      expect(webhook.sent).toHaveLength(2);
      await webhook.sent[0]!.answer(DELIVERED);
      await deliver.deliverDue();
      await deliver.deliverDue();
      expect(webhook.sent).toHaveLength(3);
      await webhook.sent[1]!.answer(DELIVERED);
      await webhook.sent[2]!.answer(DELIVERED);
      await deliver.deliverDue();
      expect(webhook.sent).toHaveLength(5);
    });

    test("are sent by the publisher of their subscriber's kind", async () => {
      await world.run((tx) => tx.of(SubscriberRepository).registerStream(new Date(NOW)));
      await endpoint();
      await announce(1);
      await deliver.deliverDue();
      expect([webhook.sent.length, nats.sent.length]).toEqual([1, 1]);
      expect(nats.sent[0]!.subscriberId).not.toBe(webhook.sent[0]!.subscriberId);
    });

    test('are none of a publisher that is not ready', async () => {
      await endpoint();
      await announce(1);
      webhook.ready = false;
      await deliver.deliverDue();
      expect(webhook.sent).toEqual([]);
      webhook.ready = true;
      await deliver.deliverDue();
      expect(webhook.sent).toHaveLength(1);
    });

    test('fail and are reported if the publisher throws', async () => {
      const id = await endpoint();
      await announce(1);
      await deliver.deliverDue();
      await webhook.sent[0]!.answer(new TypeError('no such thing'));
      await deliver.deliverDue();
      expect(reported).toEqual(['stuck: no such thing', 'failed: it could not be sent']);
      expect(failuresOf(id)).toBe(1);
      const [row] = memory.tables.deliveries.values();
      expect(row).toMatchObject({ status: 'waiting', lastStatus: null, lastError: 'it could not be sent' });
    });

    test('end and are stored when the service stops, and no more are leased', async () => {
      await endpoint();
      await announce(3);
      await deliver.deliverDue();
      let hasStopped = false;
      const stopped = deliver.stop().then(() => (hasStopped = true));
      await jest.advanceTimersByTimeAsync(5);
      expect(hasStopped).toBe(false);
      for (const each of webhook.sent) await each.answer(DELIVERED);
      await stopped;
      expect(statuses()).toEqual(['delivered', 'delivered', 'waiting']);
      expect(webhook.sent).toHaveLength(2);
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
