import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DeliverEvents } from '../../src/application/deliver-events.js';
import { Publisher, type DeliveryWatch } from '../../src/application/outbox.js';
import { RelayEvents } from '../../src/application/relay-events.js';
import { addEndpoint } from '../../src/application/webhook-endpoints.js';
import type { PublishedEvent } from '../../src/domain/published-event.js';
import type { Attempted, SubscriberKind } from '../../src/domain/subscriber.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { AT, DEED, placed, type Run } from './by-hand.js';
import { MemoryUnitOfWork } from './memory-stores.js';
import { RecordedUnitOfWork } from './recorded-stores.js';

const DELIVERED: Attempted = { delivered: true, httpStatus: 200 };
const FAILED: Attempted = { delivered: false, httpStatus: 500, error: 'HTTP 500' };

/** Each delivery is under way until the test answers it. */
class Held extends Publisher {
  readonly concurrency = 2;
  ready = true;
  readonly had: {
    event: PublishedEvent;
    subscriberId: string;
    answer(attempted: Attempted | Error): Promise<void>;
  }[] = [];

  constructor(readonly kind: SubscriberKind) {
    super();
  }

  isReady = () => this.ready;

  publish(event: PublishedEvent, { subscriberId }: { subscriberId: string }): Promise<Attempted> {
    return new Promise((resolve, reject) => {
      const answer = async (attempted: Attempted | Error): Promise<void> => {
        if (attempted instanceof Error) reject(attempted);
        else resolve(attempted);
        await jest.advanceTimersByTimeAsync(0);
      };
      this.had.push({ event, subscriberId, answer });
    });
  }
}

describe('delivering', () => {
  let memory: MemoryUnitOfWork;
  let recorded: RecordedUnitOfWork;
  let webhook: Held;
  let nats: Held;
  let deliver: DeliverEvents;
  let relay: RelayEvents;
  let told: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    const clock = { now: () => AT };
    memory = new MemoryUnitOfWork(clock);
    recorded = new RecordedUnitOfWork(memory);
    [webhook, nats] = [new Held('webhook'), new Held('nats')];
    told = [];
    const watch: DeliveryWatch = {
      failed: (_delivery, error) => void told.push(`failed: ${error}`),
      paused: ({ id }) => void told.push(`paused ${id}`),
      gaveUp: ({ event }) => void told.push(`gave up ${event.type}`),
      stuck: (error) => void told.push(`stuck: ${(error as Error).message}`),
    };
    const publishers = { all: [webhook, nats] };
    relay = new RelayEvents(memory, publishers, clock);
    deliver = new DeliverEvents(recorded, publishers, clock, watch);
  });
  afterEach(() => void jest.useRealTimers());

  const run: Run = (work) => memory.run(work);
  const endpoint = () =>
    run(
      async (stores) => (await addEndpoint(stores, { url: 'https://shop.example', events: null }, 's', AT))!,
    );
  /** So many events, each of an order of its own, so that none waits for another. */
  async function events(count: number): Promise<void> {
    for (let each = 0; each < count; each += 1) {
      const { orderNumber } = await placed(run);
      await run((stores) => transitionOrder(stores, { orderNumber, to: 'cancelled' }, DEED));
    }
    while ((await relay.fanOut()) > 0);
  }
  const failuresOf = (id: string) => memory.tables.subscribers.get(id)!.state.failures;

  describe('a round', () => {
    test('without results only asks what is due, and tells nobody anything', async () => {
      await deliver.take();
      await deliver.take();
      expect(recorded.lines()).toEqual(['outbox.lease', 'outbox.lease']);
      expect(told).toEqual([]);
    });

    test('of deliveries that went well touches no subscriber, so that nobody queues for the row of a busy one', async () => {
      await endpoint();
      await events(1);
      await deliver.take();
      await webhook.had[0]!.answer(DELIVERED);
      recorded.lines();
      await deliver.take();
      expect(recorded.lines()).toEqual(['outbox.settle', 'outbox.lease']);
      await deliver.take();
      expect(recorded.lines()).toEqual(['outbox.lease']);
    });

    test('counts a failure against the subscriber that failed, and against no other', async () => {
      const [first, second] = [await endpoint(), await endpoint()];
      await events(1);
      await deliver.take();
      for (const each of webhook.had) await each.answer(FAILED);
      recorded.lines();
      await deliver.take();
      expect(recorded.lines()).toEqual([
        'subscribers.lock',
        'subscribers.save',
        'outbox.settle',
        'outbox.lease',
      ]);
      expect([failuresOf(first), failuresOf(second)]).toEqual([1, 1]);
      expect(told).toEqual(['failed: HTTP 500', 'failed: HTTP 500']);
    });

    test('leaves the count of a healthy one alone when another fails in the same round', async () => {
      const [first, second] = [await endpoint(), await endpoint()];
      await events(1);
      await deliver.take();
      await webhook.had[0]!.answer(FAILED);
      await webhook.had[1]!.answer(DELIVERED);
      await deliver.take();
      expect([failuresOf(first), failuresOf(second)]).toEqual([1, 0]);
    });

    test('saves no subscriber that was removed while its delivery was under way', async () => {
      const id = await endpoint();
      await events(1);
      await deliver.take();
      await webhook.had[0]!.answer(FAILED);
      await run(({ subscribers }) => subscribers.remove(id));
      recorded.lines();
      await deliver.take();
      expect(recorded.lines()).toEqual(['subscribers.lock', 'outbox.settle', 'outbox.lease']);
    });

    test('comes by itself ten milliseconds after a result, and takes what was behind it', async () => {
      await endpoint();
      await events(3);
      await deliver.take();
      await webhook.had[0]!.answer(DELIVERED);
      recorded.lines();
      await jest.advanceTimersByTimeAsync(9);
      expect(recorded.lines()).toEqual([]);
      await webhook.had[1]!.answer(DELIVERED);
      await jest.advanceTimersByTimeAsync(1);
      expect(recorded.lines()).toEqual(['outbox.settle', 'outbox.lease']);
      expect(webhook.had).toHaveLength(3);
      await webhook.had[2]!.answer(DELIVERED);
      await jest.advanceTimersByTimeAsync(10);
      expect(recorded.lines()).toEqual(['outbox.settle', 'outbox.lease']);
      expect(jest.getTimerCount()).toBe(0);
    });

    test('that fails keeps its results for the next one, and says what was in the way', async () => {
      await endpoint();
      await events(1);
      await deliver.take();
      await webhook.had[0]!.answer(DELIVERED);
      const working = recorded.run.bind(recorded);
      recorded.run = () => Promise.reject(new Error('the database is away'));
      await deliver.take();
      expect(told).toEqual(['stuck: the database is away']);
      recorded.run = working;
      await deliver.take();
      expect([...memory.tables.deliveries.values()].map(({ status }) => status)).toEqual(['delivered']);
    });
  });

  describe('what is under way', () => {
    test('is never more than a subscriber’s publisher can do at once', async () => {
      await endpoint();
      await events(5);
      await deliver.take();
      await deliver.take();
      expect(webhook.had).toHaveLength(2);
      await webhook.had[0]!.answer(DELIVERED);
      await deliver.take();
      await deliver.take();
      expect(webhook.had).toHaveLength(3);
      await webhook.had[1]!.answer(DELIVERED);
      await webhook.had[2]!.answer(DELIVERED);
      await deliver.take();
      expect(webhook.had).toHaveLength(5);
    });

    test('goes by the publisher of its subscriber’s kind', async () => {
      await run(({ subscribers }) => subscribers.keepStream(AT));
      await endpoint();
      await events(1);
      await deliver.take();
      expect([webhook.had.length, nats.had.length]).toEqual([1, 1]);
      expect(nats.had[0]!.subscriberId).not.toBe(webhook.had[0]!.subscriberId);
    });

    test('is nothing of a publisher that could not send it now', async () => {
      await endpoint();
      await events(1);
      webhook.ready = false;
      await deliver.take();
      expect(webhook.had).toEqual([]);
      webhook.ready = true;
      await deliver.take();
      expect(webhook.had).toHaveLength(1);
    });

    test('and breaks by a bug of a publisher counts as failed, and somebody is told', async () => {
      const id = await endpoint();
      await events(1);
      await deliver.take();
      await webhook.had[0]!.answer(new TypeError('no such thing'));
      await deliver.take();
      expect(told).toEqual(['stuck: no such thing', 'failed: it could not be sent']);
      expect(failuresOf(id)).toBe(1);
      const [row] = memory.tables.deliveries.values();
      expect(row).toMatchObject({ status: 'waiting', lastStatus: null, lastError: 'it could not be sent' });
    });

    test('is waited for and written down when the service stops, and nothing more is taken', async () => {
      await endpoint();
      await events(3);
      await deliver.take();
      const stopped = deliver.stop().then(() => told.push('stopped'));
      await jest.advanceTimersByTimeAsync(5);
      expect(told).toEqual([]);
      recorded.lines();
      for (const each of webhook.had) await each.answer(DELIVERED);
      await stopped;
      expect(recorded.lines()).toEqual(['outbox.settle']);
      expect(webhook.had).toHaveLength(2);
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
