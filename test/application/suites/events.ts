import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeliverEvents } from '../../../src/application/events/deliver-events.js';
import type { DeliveryMonitor } from '../../../src/application/events/delivery-monitor.js';
import { DeliveryQueries, type DeliveryView } from '../../../src/application/events/delivery-queries.js';
import {
  DeliveryRepository,
  type Destination,
  type LeasedDelivery,
} from '../../../src/application/events/delivery-repository.js';
import { Publisher, type Publishers } from '../../../src/application/events/publisher.js';
import { RelayEvents } from '../../../src/application/events/relay-events.js';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../src/application/events/webhook-endpoints.js';
import type { PublishedEvent, PublishedType } from '../../../src/domain/events/published-event.js';
import type { AttemptResult, Subscriber } from '../../../src/domain/events/subscriber.js';
import { NOW, receipt } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

const FAILED: AttemptResult = { delivered: false, httpStatus: 500, error: 'HTTP 500' };
const DELIVERED: AttemptResult = { delivered: true, httpStatus: 200 };

/** A receiver that answers as the test decides, and remembers what it received. */
class Receiver extends Publisher {
  readonly kind = 'webhook';
  readonly concurrency = 4;
  readonly received: { event: PublishedEvent; destination: Destination }[] = [];
  answer: (event: PublishedEvent) => AttemptResult = () => DELIVERED;
  isReady = () => true;

  async publish(event: PublishedEvent, destination: Destination): Promise<AttemptResult> {
    this.received.push({ event, destination });
    return this.answer(event);
  }

  /** What this endpoint received, in order. */
  at(endpoint: string): PublishedEvent[] {
    return this.received
      .filter(({ destination }) => destination.subscriberId === endpoint)
      .map(({ event }) => event);
  }
}

class Reports implements DeliveryMonitor {
  readonly reported: string[] = [];
  failed = (): void => undefined;
  paused = ({ state }: Subscriber): void => void this.reported.push(`paused: ${state.pausedBecause}`);
  gaveUp = ({ event }: LeasedDelivery): void => void this.reported.push(`gave up ${event.type}`);
  stuck = (error: unknown): void => void this.reported.push(`stuck: ${(error as Error).message}`);
}

/** The way of an event from the log to one receiver. */
class EventWorld {
  readonly receiver = new Receiver();
  readonly reports = new Reports();
  private readonly relay: RelayEvents;
  private readonly deliver: DeliverEvents;

  constructor(readonly world: World) {
    const publishers: Publishers = { all: [this.receiver] };
    const { unitOfWork } = world.database;
    this.relay = new RelayEvents(unitOfWork, publishers, world.clock);
    this.deliver = new DeliverEvents(unitOfWork, publishers, world.clock, this.reports);
  }

  addEndpoint(events: readonly PublishedType[] | null = null): Promise<string> {
    const asked = { url: 'https://shop.example/hook', events };
    const at = this.world.clock.now();
    return this.world.run(async (tx) => (await addEndpoint(tx, asked, 'whsec_first', at))!);
  }

  /** A paid and then shipped order. */
  async shipOrder(): Promise<string> {
    const { orderNumber, paymentNumber } = await this.world.placeOrder();
    await this.world.receive(receipt(paymentNumber));
    await this.world.moveOrder(orderNumber, 'shipped');
    return orderNumber;
  }

  /** What a relay worker does until nothing is due. */
  async work(): Promise<void> {
    while ((await this.relay.fanOut()) > 0);
    await this.deliver.deliverDue();
    for (let before = -1; before < this.receiver.received.length;) {
      before = this.receiver.received.length;
      await this.deliver.flush();
    }
  }

  async workAfter(seconds: number): Promise<void> {
    this.world.clock.at += seconds * 1_000;
    await this.work();
  }

  stop(): Promise<void> {
    return this.deliver.stop();
  }

  typesOf(orderNumber: string): string[] {
    return this.receiver.received
      .filter(({ event }) => event.data.orderNumber === orderNumber)
      .map(({ event }) => event.type);
  }

  endpoint(id: string) {
    return this.world.run((tx) => tx.of(DeliveryQueries).endpoint(id));
  }

  /** Newest first. */
  async deliveries(endpoint: string): Promise<readonly DeliveryView[]> {
    const page = { limit: 500, before: null };
    return (await this.world.run((tx) => tx.of(DeliveryQueries).deliveries(endpoint, page))).items;
  }
}

/** What subscribers receive. Needs a server of its own, because any open transaction on it delays the events. */
export function eventSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`delivering events, on ${name}`, () => {
    let database: TestDatabase;
    let events: EventWorld;
    beforeEach(async () => {
      database ??= await open();
      events = new EventWorld(new World(database));
      const page = { limit: 50, before: null };
      const left = await database.unitOfWork.run((tx) => tx.of(DeliveryQueries).endpoints(page));
      for (const { id } of left.items) await database.unitOfWork.run((tx) => removeEndpoint(tx, id));
    });
    afterEach(() => events.stop());
    afterAll(() => database.close());
    receiving(() => events);
    retrying(() => events);
    pausing(() => events);
    leasing(() => events);
    operating(() => events);
  });
}

function receiving(events: () => EventWorld): void {
  test('an endpoint receives every transition of an order after it was added, in order, and nothing from before', async () => {
    const before = await events().shipOrder();
    const endpoint = await events().addEndpoint();
    const orderNumber = await events().shipOrder();
    await events().work();
    expect(events().typesOf(before)).toEqual([]);
    expect(events().typesOf(orderNumber)).toEqual(['payment.succeeded', 'order.paid', 'order.shipped']);
    const { received } = events().receiver;
    const { event, destination } = received.find((each) => each.event.type === 'order.paid')!;
    expect(event).toMatchObject({
      id: expect.stringMatching(/^evt_\d+$/),
      at: new Date(NOW),
      data: { orderNumber, paymentNumber: expect.any(String), from: 'pending', to: 'paid', move: 'pay' },
    });
    expect(event.data).not.toHaveProperty('note');
    expect(destination).toMatchObject({ subscriberId: endpoint, secrets: ['whsec_first'] });
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status, attempts }) => [status, attempts])).toEqual(
      Array.from({ length: 3 }, () => ['delivered', 1]),
    );
  });

  test('an endpoint receives only the types that it asked for', async () => {
    const endpoint = await events().addEndpoint(['payment.cancelled']);
    const { world, receiver } = events();
    const { paymentNumber } = await world.placeOrder();
    for (const to of ['processing', 'cancelled'] as const) await world.movePayment(paymentNumber, to);
    await events().work();
    expect(receiver.at(endpoint).map(({ type }) => type)).toEqual(['payment.cancelled']);
  });
}

function retrying(events: () => EventWorld): void {
  test('a failing event delays the later events of its order, and of no other order', async () => {
    await events().addEndpoint(['order.paid', 'order.shipped']);
    const [bad, good] = [await events().shipOrder(), await events().shipOrder()];
    let isDown = true;
    events().receiver.answer = ({ data }) => (isDown && data.orderNumber === bad ? FAILED : DELIVERED);
    await events().work();
    expect(new Set(events().typesOf(bad))).toEqual(new Set(['order.paid']));
    expect(events().typesOf(good)).toContain('order.shipped');
    isDown = false;
    await events().workAfter(4);
    expect(events().typesOf(bad)).not.toContain('order.shipped');
    await events().workAfter(2);
    expect(events().typesOf(bad).at(-1)).toBe('order.shipped');
  });

  test('an event that an endpoint never accepts is retried for three days and then given up, and the events behind it are sent', async () => {
    const endpoint = await events().addEndpoint(['order.paid', 'order.shipped']);
    const orderNumber = await events().shipOrder();
    const { receiver, reports, world } = events();
    receiver.answer = ({ type, data }) =>
      type === 'order.paid' && data.orderNumber === orderNumber ? FAILED : DELIVERED;
    // Deliveries of other orders succeed in between, so that the endpoint is not paused.
    for (let attempt = 0; attempt < 100 && !reports.reported.length; attempt += 1) {
      await events().shipOrder();
      await events().workAfter(3_961);
    }
    expect(reports.reported).toEqual(['gave up order.paid']);
    expect((world.clock.at - NOW) / 86_400_000).toBeGreaterThan(3);
    expect(events().typesOf(orderNumber).at(-1)).toBe('order.shipped');
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.filter(({ status }) => status === 'given_up')).toMatchObject([
      { attempts: 81, lastStatus: 500, lastError: 'HTTP 500', nextAttemptAt: null },
    ]);
  }, 60_000);
}

function pausing(events: () => EventWorld): void {
  test('an endpoint that keeps failing is paused and reported, and after it is resumed it receives everything', async () => {
    const { world, receiver, reports } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    const orders: string[] = [];
    receiver.answer = ({ data }) => (orders.includes(data.orderNumber!) ? FAILED : DELIVERED);
    for (let round = 0; round < 7; round += 1) {
      for (let each = 0; each < 3; each += 1) orders.push(await events().shipOrder());
      await events().workAfter(60);
    }
    expect(await events().endpoint(endpoint)).toMatchObject({
      status: 'paused',
      pausedAt: expect.any(Date),
    });
    expect(reports.reported).toContainEqual(
      expect.stringMatching(/^paused: \d+ attempts in a row failed.*HTTP 500$/),
    );

    const before = receiver.at(endpoint).length;
    orders.push(await events().shipOrder());
    await events().workAfter(7_200);
    expect(receiver.at(endpoint)).toHaveLength(before);

    receiver.answer = () => DELIVERED;
    await world.run((tx) => resumeEndpoint(tx, endpoint, world.clock.now()));
    await events().work();
    expect(await events().endpoint(endpoint)).toMatchObject({
      status: 'active',
      failures: 0,
      pausedBecause: null,
    });
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(orders.map(() => 'delivered'));
  });

  test('an endpoint that answers 410 Gone is paused at once', async () => {
    const endpoint = await events().addEndpoint(['order.paid']);
    events().receiver.answer = () => ({ delivered: false, httpStatus: 410, error: 'HTTP 410', gone: true });
    await events().shipOrder();
    await events().work();
    expect(events().reports.reported).toContain('paused: it answered 410 Gone');
    expect(await events().endpoint(endpoint)).toMatchObject({ status: 'paused' });
  });
}

function leasing(events: () => EventWorld): void {
  test('a process that is killed loses its leases after 30 seconds, and a late result of it is dropped', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    await events().shipOrder();
    await events().work();
    const [{ eventId } = { eventId: '' }] = await events().deliveries(endpoint);
    await world.run((tx) => redeliver(tx, endpoint, eventId, world.clock.now()));
    receiver.received.length = 0;

    const capacity = { limits: { webhook: 100 }, inFlight: new Map<string, number>() };
    const leased = await world.run((tx) => tx.of(DeliveryRepository).lease(world.clock.now(), 30, capacity));
    const lost = leased.find(({ destination }) => destination.subscriberId === endpoint)!;
    await events().workAfter(29);
    expect(receiver.at(endpoint)).toEqual([]);
    await events().workAfter(2);
    expect(receiver.at(endpoint).map(({ type }) => type)).toEqual(['order.paid']);

    const at = new Date(NOW);
    const { attempt, event } = lost;
    const late = { subscriberId: endpoint, eventNumber: event.id, attempt, result: FAILED, retryAt: at, at };
    await world.run((tx) => tx.of(DeliveryRepository).record([{ ...late, changesHealth: false }], at));
    expect(await events().deliveries(endpoint)).toMatchObject([{ status: 'delivered' }]);
  });
}

function operating(events: () => EventWorld): void {
  test('for a day after a change of secret both secrets sign, and then only the new one', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    await world.run((tx) => changeEndpointSecret(tx, endpoint, 'whsec_second', world.clock.now()));
    const secretsNow = async () => {
      await events().shipOrder();
      await events().work();
      return receiver.received.at(-1)?.destination.secrets;
    };
    expect(await secretsNow()).toEqual(['whsec_second', 'whsec_first']);
    world.clock.at += 24 * 60 * 60 * 1_000;
    expect(await secretsNow()).toEqual(['whsec_second']);
  });

  test('a delivered event can be delivered again, and an unknown one cannot', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    await events().shipOrder();
    await events().work();
    const [{ eventId } = { eventId: '' }] = await events().deliveries(endpoint);
    const at = world.clock.now();
    expect(await world.run((tx) => redeliver(tx, endpoint, eventId, at))).toMatchObject({
      eventId,
      status: 'waiting',
      attempts: 1,
    });
    await events().work();
    expect(receiver.at(endpoint).map(({ id }) => id)).toEqual([eventId, eventId]);
    expect(await events().deliveries(endpoint)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    for (const unknown of ['evt_999999999', 'evt_x', '12'])
      expect(await world.run((tx) => redeliver(tx, endpoint, unknown, at))).toBe('delivery_unknown');
    expect(await world.run((tx) => redeliver(tx, '999999', eventId, at))).toBe('endpoint_unknown');
  });

  test('a removed endpoint receives nothing more and cannot be found', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    expect(await world.run((tx) => removeEndpoint(tx, endpoint))).toBe('done');
    await events().shipOrder();
    await events().work();
    expect(receiver.at(endpoint)).toEqual([]);
    expect(await events().endpoint(endpoint)).toBeNull();
    expect(await world.run((tx) => removeEndpoint(tx, endpoint))).toBe('endpoint_unknown');
    expect(await world.run((tx) => resumeEndpoint(tx, endpoint, new Date(NOW)))).toBe('endpoint_unknown');
  });
}
