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
import { ReplayEvents } from '../../../src/application/events/replay-events.js';
import type { EndpointChange, HeaderValues } from '../../../src/application/events/subscriber-repository.js';
import {
  addEndpoint,
  changeEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../src/application/events/webhook-endpoints.js';
import type { Transaction } from '../../../src/application/transaction.js';
import type { Attribution } from '../../../src/domain/attribution.js';
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
  disabled = ({ state }: Subscriber): void => void this.reported.push(`disabled: ${state.pausedBecause}`);
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
    this.relay = new RelayEvents(unitOfWork, publishers, world.clock, this.reports);
    this.deliver = new DeliverEvents(unitOfWork, publishers, world.clock, this.reports);
  }

  addEndpoint(events: readonly PublishedType[] | null = null, headers: HeaderValues = {}): Promise<string> {
    const asked = { url: 'https://shop.example/hook', events, headers, secret: 'whsec_first' };
    return this.world.run(async (tx) => (await addEndpoint(tx, asked, this.world.operator()))!);
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
      for (const { id } of left.items)
        await database.unitOfWork.run((tx) => removeEndpoint(tx, id, events.world.operator()));
    });
    afterEach(() => events.stop());
    afterAll(() => database.close());
    receiving(() => events);
    retrying(() => events);
    holding(() => events);
    pausing(() => events);
    leasing(() => events);
    operating(() => events);
    changing(() => events);
    replaying(() => events);
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
    expect(event.data).toMatchObject({
      amount: { amount: '100.00', currency: 'CNY' },
      transactionId: expect.any(String),
      gateway: 'stripe',
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

function holding(events: () => EventWorld): void {
  test('an endpoint that asks for a pause is sent nothing before its end, also no other order, and then everything', async () => {
    const endpoint = await events().addEndpoint(['order.paid']);
    const { world, receiver } = events();
    receiver.answer = () => ({
      delivered: false,
      httpStatus: 429,
      error: 'HTTP 429',
      retryAfterSeconds: 600,
    });
    await events().shipOrder();
    await events().work();
    const heldUntil = new Date(world.clock.at + 600_000);
    const [failed] = await events().deliveries(endpoint);
    expect(failed).toMatchObject({ status: 'waiting', lastStatus: 429, nextAttemptAt: heldUntil });
    await events().shipOrder();
    await events().workAfter(599);
    expect(receiver.at(endpoint)).toHaveLength(1);
    receiver.answer = () => DELIVERED;
    await events().workAfter(2);
    expect(receiver.at(endpoint)).toHaveLength(3);
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test.each<[string, (tx: Transaction, id: string, by: Attribution) => Promise<unknown>]>([
    ['resumes it', resumeEndpoint],
    ['gives it another address', (tx, id, by) => changeEndpoint(tx, id, { url: 'https://b.example' }, by)],
  ])('an endpoint that asked for a pause is served again when an operator %s', async (_how, deed) => {
    const endpoint = await events().addEndpoint(['order.paid']);
    const { world, receiver } = events();
    receiver.answer = () => ({
      delivered: false,
      httpStatus: 503,
      error: 'HTTP 503',
      retryAfterSeconds: 9_000,
    });
    await events().shipOrder();
    await events().work();
    expect(await events().endpoint(endpoint)).toMatchObject({ status: 'active' });
    receiver.answer = () => DELIVERED;
    await world.run((tx) => deed(tx, endpoint, world.operator()));
    const other = await events().shipOrder();
    await events().work();
    expect(events().typesOf(other)).toEqual(['order.paid']);
    await world.run((tx) => resumeEndpoint(tx, endpoint, world.operator()));
    await events().work();
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });
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
    await world.run((tx) => resumeEndpoint(tx, endpoint, world.operator()));
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
    await world.run((tx) => redeliver(tx, endpoint, eventId, world.operator()));
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
    await world.run((tx) => changeEndpointSecret(tx, endpoint, 'whsec_second', world.operator()));
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
    const operator = world.operator();
    expect(await world.run((tx) => redeliver(tx, endpoint, eventId, operator))).toMatchObject({
      eventId,
      status: 'waiting',
      attempts: 1,
    });
    await events().work();
    expect(receiver.at(endpoint).map(({ id }) => id)).toEqual([eventId, eventId]);
    expect(await events().deliveries(endpoint)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    for (const unknown of ['evt_999999999', 'evt_x', '12'])
      expect(await world.run((tx) => redeliver(tx, endpoint, unknown, operator))).toBe('delivery_unknown');
    expect(await world.run((tx) => redeliver(tx, '999999', eventId, operator))).toBe('endpoint_unknown');
  });

  test('a removed endpoint receives nothing more and cannot be found', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    expect(await world.run((tx) => removeEndpoint(tx, endpoint, world.operator()))).toBe('done');
    await events().shipOrder();
    await events().work();
    expect(receiver.at(endpoint)).toEqual([]);
    expect(await events().endpoint(endpoint)).toBeNull();
    expect(await world.run((tx) => removeEndpoint(tx, endpoint, world.operator()))).toBe('endpoint_unknown');
    expect(await world.run((tx) => resumeEndpoint(tx, endpoint, world.operator()))).toBe('endpoint_unknown');
  });
}

function changing(events: () => EventWorld): void {
  test('what waits for an endpoint is sent to its new address, with its new headers', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid'], { 'X-Old': '1' });
    receiver.answer = () => FAILED;
    await events().shipOrder();
    await events().work();
    expect(receiver.received.at(-1)!.destination.headers).toEqual({ 'X-Old': '1' });
    const moved = { url: 'https://moved.example/hook', headers: { 'X-New': '2' } };
    expect(await world.run((tx) => changeEndpoint(tx, endpoint, moved, world.operator()))).toBe('done');
    receiver.answer = () => DELIVERED;
    await events().workAfter(6);
    expect(receiver.received.at(-1)!.destination).toMatchObject({ ...moved, subscriberId: endpoint });
    expect(await events().endpoint(endpoint)).toMatchObject({
      url: moved.url,
      headers: ['X-New'],
      events: ['order.paid'],
    });
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered']);
  });

  test('an endpoint whose types are changed receives the new ones from then on, and what is not changed stays', async () => {
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid'], { 'X-Old': '1' });
    const change = (to: EndpointChange) =>
      world.run((tx) => changeEndpoint(tx, endpoint, to, world.operator()));
    await change({ events: ['order.shipped', 'order.shipped'] });
    await events().shipOrder();
    await events().work();
    expect(receiver.at(endpoint).map(({ type }) => type)).toEqual(['order.shipped']);
    expect(await events().endpoint(endpoint)).toMatchObject({
      url: 'https://shop.example/hook',
      headers: ['X-Old'],
      events: ['order.shipped'],
    });
    await change({ events: null, headers: {} });
    expect(await events().endpoint(endpoint)).toMatchObject({ headers: [], events: null });
  });
}

function replaying(events: () => EventWorld): void {
  const replay = (endpointId: string, range: { from?: number; to?: number } = {}) => {
    const { world } = events();
    const { at } = world.clock;
    const from = new Date(range.from ?? at - 1_000).toISOString();
    const to = new Date(range.to ?? at + 1_000).toISOString();
    const request = { endpointId, from, to, after: null };
    return new ReplayEvents(world.database.unitOfWork, world.clock).run(request, 'admin:otto');
  };
  /** An hour of the log that no other test uses. */
  const begin = () => {
    const { clock } = events().world;
    clock.at = NOW + 3_600_000 * (hours += 1);
    return clock.at;
  };
  let hours = 1_000;

  test('a replay sends a new endpoint the events of its types that happened before it was added, in order', async () => {
    begin();
    const before = await events().shipOrder();
    await events().work();
    const endpoint = await events().addEndpoint(['order.paid', 'order.shipped']);
    expect(await replay(endpoint)).toEqual({ queued: 2, next: null });
    await events().work();
    expect(events().typesOf(before)).toEqual(['order.paid', 'order.shipped']);
  });

  test('a replay sends what was delivered again under the same id, and queues nothing twice that waits', async () => {
    begin();
    const endpoint = await events().addEndpoint(['order.paid']);
    await events().shipOrder();
    await events().work();
    const { receiver } = events();
    expect(receiver.at(endpoint)).toHaveLength(1);
    expect(await replay(endpoint)).toEqual({ queued: 1, next: null });
    expect(await replay(endpoint)).toEqual({ queued: 0, next: null });
    await events().work();
    const ids = receiver.at(endpoint).map(({ id }) => id);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(await events().deliveries(endpoint)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  });

  test('a replay queues an event before the relay has read it, and the relay does not send it again', async () => {
    begin();
    const endpoint = await events().addEndpoint(['order.paid']);
    await events().shipOrder();
    expect(await replay(endpoint)).toEqual({ queued: 1, next: null });
    await events().work();
    expect(events().receiver.at(endpoint)).toHaveLength(1);
  });

  test('a replay is of the events from its first moment on and before its last one', async () => {
    const at = begin();
    await events().shipOrder();
    await events().work();
    const endpoint = await events().addEndpoint(['order.paid']);
    expect(await replay(endpoint, { from: at - 9_000, to: at })).toMatchObject({ queued: 0 });
    expect(await replay(endpoint, { from: at + 1, to: at + 9_000 })).toMatchObject({ queued: 0 });
    expect(await replay(endpoint, { from: at, to: at + 1 })).toMatchObject({ queued: 1 });
  });

  test('a replay for a paused endpoint is sent when it is resumed, and one for an unknown endpoint is refused', async () => {
    const at = begin();
    await events().shipOrder();
    await events().work();
    begin();
    const { world, receiver } = events();
    const endpoint = await events().addEndpoint(['order.paid']);
    receiver.answer = () => ({ delivered: false, httpStatus: 410, error: 'HTTP 410', gone: true });
    await events().shipOrder();
    await events().work();
    expect(await events().endpoint(endpoint)).toMatchObject({ status: 'paused' });
    receiver.answer = () => DELIVERED;
    expect(await replay(endpoint, { from: at, to: at + 1 })).toEqual({ queued: 1, next: null });
    await events().work();
    expect(receiver.at(endpoint)).toHaveLength(1);
    await world.run((tx) => resumeEndpoint(tx, endpoint, world.operator()));
    await events().work();
    const deliveries = await events().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
    expect(await replay('999999')).toBe('endpoint_unknown');
  });
}
