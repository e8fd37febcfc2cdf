import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DeliverEvents } from '../../src/application/deliver-events.js';
import {
  Publisher,
  Publishers,
  type Destination,
  type DeliveryWatch,
  type LeasedDelivery,
} from '../../src/application/outbox.js';
import type { Stores } from '../../src/application/ports.js';
import { RelayEvents } from '../../src/application/relay-events.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { transitionPayment } from '../../src/application/transition-payment.js';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../src/application/webhook-endpoints.js';
import type { PublishedEvent, PublishedType } from '../../src/domain/published-event.js';
import type { Attempted, Subscriber } from '../../src/domain/subscriber.js';
import { AT, DEED, opened, paid, placed, type OpenStores, type Run } from './by-hand.js';

const FAILED: Attempted = { delivered: false, httpStatus: 500, error: 'HTTP 500' };
const DELIVERED: Attempted = { delivered: true, httpStatus: 200 };

/** A receiver that answers as it is told, and remembers. */
class Receiver extends Publisher {
  readonly kind = 'webhook';
  readonly concurrency = 4;
  readonly had: { event: PublishedEvent; destination: Destination }[] = [];
  answer: (event: PublishedEvent) => Attempted | Promise<Attempted> = () => DELIVERED;
  isReady = () => true;

  async publish(event: PublishedEvent, destination: Destination): Promise<Attempted> {
    this.had.push({ event, destination });
    return this.answer(event);
  }
}

class Reports implements DeliveryWatch {
  readonly told: string[] = [];
  failed = (): void => undefined;
  paused = ({ state }: Subscriber): void => void this.told.push(`paused: ${state.pausedBecause}`);
  gaveUp = ({ event }: LeasedDelivery): void => void this.told.push(`gave up ${event.type}`);
  stuck = (error: unknown): void => void this.told.push(`stuck: ${(error as Error).message}`);
}

/** The way of events from the log to one endpoint, and a clock that only moves when it is told to. */
class EventWorld {
  readonly clock = { at: AT.getTime(), now: () => new Date(this.clock.at) };
  readonly receiver = new Receiver();
  readonly reports = new Reports();
  private readonly relay: RelayEvents;
  private readonly deliver: DeliverEvents;

  constructor(
    readonly run: Run,
    unitOfWork: OpenStores['unitOfWork'],
  ) {
    const publishers: Publishers = { all: [this.receiver] };
    this.relay = new RelayEvents(unitOfWork, publishers, this.clock);
    this.deliver = new DeliverEvents(unitOfWork, publishers, this.clock, this.reports);
  }

  endpoint(events: readonly PublishedType[] | null = null): Promise<string> {
    const asked = { url: 'https://shop.example/hook', events };
    const at = this.clock.now();
    return this.run(async (stores) => (await addEndpoint(stores, asked, 'whsec_first', at))!);
  }

  /** What a worker does until there is nothing left to do now. */
  async work(): Promise<void> {
    while ((await this.relay.fanOut()) > 0);
    await this.deliver.take();
    // Everything that was sent has been answered, and what was behind it was taken.
    await settledDown(this.deliver, this.receiver);
  }

  stop(): Promise<void> {
    return this.deliver.stop();
  }

  after(seconds: number): Promise<void> {
    this.clock.at += seconds * 1_000;
    return this.work();
  }

  types(orderNumber: string): string[] {
    return this.receiver.had
      .filter(({ event }) => event.data.orderNumber === orderNumber)
      .map(({ event }) => event.type);
  }

  async deliveries(endpoint: string) {
    const page = { limit: 500, before: null };
    return (await this.run(({ deliveries }) => deliveries.deliveries(endpoint, page))).items;
  }
}

/** Where a round has sent nothing more, all that was under way has ended and is written down. */
async function settledDown(deliver: DeliverEvents, { had }: Receiver): Promise<void> {
  for (let before = -1; before < had.length;) {
    before = had.length;
    await deliver.writeDown();
  }
}

/** A paid and then shipped order. */
async function shipped(run: Run): Promise<string> {
  const { orderNumber } = await placed(run);
  await paid(run, await opened(run, orderNumber));
  await run((stores) => transitionOrder(stores, { orderNumber, to: 'shipped' }, DEED));
  return orderNumber;
}

/** What subscribers hear, over whatever keeps it. */
export function eventStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`events out, on ${name}`, () => {
    let stores: OpenStores;
    let world: EventWorld;
    beforeEach(async () => {
      stores ??= await open();
      const run = <Result>(work: (given: Stores) => Promise<Result>) => stores.unitOfWork.run(work);
      world = new EventWorld(run, stores.unitOfWork);
      const left = await run(({ deliveries }) => deliveries.endpoints({ limit: 50, before: null }));
      for (const { id } of left.items) await run((given) => removeEndpoint(given, id));
    });
    afterEach(() => world.stop());
    afterAll(() => stores.close());
    hearing(() => world);
    failing(() => world);
    operating(() => world);
  });
}

function hearing(world: () => EventWorld): void {
  test('an endpoint hears of every move of an order after it was added, in order, and of nothing before', async () => {
    const { run, receiver } = world();
    const before = await shipped(run);
    const endpoint = await world().endpoint();
    const orderNumber = await shipped(run);
    await world().work();
    expect(world().types(before)).toEqual([]);
    expect(world().types(orderNumber)).toEqual(['payment.succeeded', 'order.paid', 'order.shipped']);
    const { event, destination } = receiver.had.find((each) => each.event.type === 'order.paid')!;
    expect(event).toMatchObject({
      id: expect.stringMatching(/^evt_\d+$/),
      at: AT,
      data: { orderNumber, paymentNumber: expect.any(String), from: 'pending', to: 'paid', move: 'pay' },
    });
    expect(event.data).not.toHaveProperty('note');
    expect(destination).toMatchObject({ subscriberId: endpoint, secrets: ['whsec_first'] });
    const statuses = (await world().deliveries(endpoint)).map(({ status, attempts }) => [status, attempts]);
    expect(statuses).toEqual(Array.from({ length: 3 }, () => ['delivered', 1]));
  });

  test('an endpoint hears only of the types that it asked for', async () => {
    const { run } = world();
    await world().endpoint(['payment.cancelled']);
    const { orderNumber } = await placed(run);
    const { paymentNumber } = await opened(run, orderNumber);
    for (const to of ['processing', 'cancelled'] as const)
      await run((stores) => transitionPayment(stores, { paymentNumber, to }, DEED));
    await world().work();
    const mine = world().receiver.had.filter(({ event }) => event.data.orderNumber === orderNumber);
    const wanting = mine.map(({ destination, event }) => `${destination.secrets.length} ${event.type}`);
    expect(new Set(wanting)).toEqual(new Set(['1 payment.cancelled']));
  });
}

function failing(world: () => EventWorld): void {
  test('a failing event holds back what comes later of its own order, and of no other', async () => {
    const { run, receiver } = world();
    await world().endpoint(['order.paid', 'order.shipped']);
    const [bad, good] = [await shipped(run), await shipped(run)];
    let isDown = true;
    receiver.answer = ({ data }) => (isDown && data.orderNumber === bad ? FAILED : DELIVERED);
    await world().work();
    expect(new Set(world().types(bad))).toEqual(new Set(['order.paid']));
    expect(world().types(good)).toContain('order.shipped');
    isDown = false;
    await world().after(4);
    expect(world().types(bad)).not.toContain('order.shipped');
    await world().after(2);
    expect(world().types(bad).at(-1)).toBe('order.shipped');
  });

  test('what an endpoint never takes is tried for three days, then given up, and what waited behind it goes out', async () => {
    const { run, receiver, reports } = world();
    const endpoint = await world().endpoint(['order.paid', 'order.shipped']);
    const orderNumber = await shipped(run);
    receiver.answer = ({ type, data }) =>
      type === 'order.paid' && data.orderNumber === orderNumber ? FAILED : DELIVERED;
    const from = world().clock.at;
    // Another order keeps succeeding, so that the endpoint as a whole is not taken for dead.
    for (let attempt = 0; attempt < 100 && !reports.told.length; attempt += 1) {
      await shipped(run);
      await world().after(3_961);
    }
    expect(reports.told).toEqual(['gave up order.paid']);
    expect((world().clock.at - from) / 86_400_000).toBeGreaterThan(3);
    expect(world().types(orderNumber).at(-1)).toBe('order.shipped');
    const mine = (await world().deliveries(endpoint)).filter((each) => each.status === 'given_up');
    expect(mine).toMatchObject([
      { attempts: 81, lastStatus: 500, lastError: 'HTTP 500', nextAttemptAt: null },
    ]);
  }, 60_000);

  test('an endpoint that keeps failing is paused and reported; resumed, it gets everything that gathered', async () => {
    const { run, receiver, reports } = world();
    const endpoint = await world().endpoint(['order.paid']);
    receiver.answer = ({ data }) => (orders.includes(data.orderNumber!) ? FAILED : DELIVERED);
    const orders: string[] = [];
    for (let round = 0; round < 7; round += 1) {
      orders.push(await shipped(run), await shipped(run), await shipped(run));
      await world().after(60);
    }
    const state = () => run(({ deliveries }) => deliveries.endpoint(endpoint));
    expect(await state()).toMatchObject({ status: 'paused', pausedAt: expect.any(Date) });
    expect(reports.told).toContainEqual(
      expect.stringMatching(/^paused: \d+ attempts in a row failed.*HTTP 500$/),
    );

    const had = receiver.had.length;
    orders.push(await shipped(run));
    await world().after(7_200);
    expect(receiver.had.filter(({ destination }) => destination.subscriberId === endpoint)).toHaveLength(
      receiver.had.slice(0, had).filter(({ destination }) => destination.subscriberId === endpoint).length,
    );

    receiver.answer = () => DELIVERED;
    await run((stores) => resumeEndpoint(stores, endpoint, world().clock.now()));
    await world().work();
    expect(await state()).toMatchObject({ status: 'active', failures: 0, pausedBecause: null });
    const deliveries = await world().deliveries(endpoint);
    expect(deliveries.map(({ status }) => status)).toEqual(orders.map(() => 'delivered'));
  });

  test('an endpoint that says 410 Gone is paused at once', async () => {
    const { run, receiver, reports } = world();
    const endpoint = await world().endpoint(['order.paid']);
    receiver.answer = (event) =>
      event.data.orderNumber === orderNumber ? { ...FAILED, httpStatus: 410, gone: true } : DELIVERED;
    const orderNumber = await shipped(run);
    await world().work();
    expect(reports.told).toContain('paused: it answered 410 Gone');
    expect(await run(({ deliveries }) => deliveries.endpoint(endpoint))).toMatchObject({ status: 'paused' });
  });

  test('a process that is gone with its leases loses them after half a minute, and never speaks for them again', async () => {
    const { run } = world();
    const endpoint = await world().endpoint(['order.paid']);
    const orderNumber = await shipped(run);
    await world().work();
    world().receiver.had.length = 0;
    const lastId = (await world().deliveries(endpoint))[0]!.eventId;
    await run((stores) => redeliver(stores, endpoint, lastId, world().clock.now()));
    const room = { most: { webhook: 100 }, taken: new Map<string, number>() };
    const lost = (await run(({ outbox }) => outbox.lease(world().clock.now(), 30, room))).find(
      ({ destination }) => destination.subscriberId === endpoint,
    )!;
    await world().after(29);
    expect(world().types(orderNumber)).toEqual([]);
    await world().after(2);
    expect(world().types(orderNumber)).toEqual(['order.paid']);
    const late = {
      ...lost.destination,
      eventNumber: lost.event.id,
      attempt: lost.attempt,
      attempted: FAILED,
    };
    const result = { ...late, retryAt: AT, at: AT, changesHealth: false };
    await run(({ outbox }) => outbox.settle([result], AT));
    expect(await world().deliveries(endpoint)).toMatchObject([{ status: 'delivered' }]);
  });
}

function operating(world: () => EventWorld): void {
  test('for a day after a change of secret both sign, and after it the new one alone', async () => {
    const { run, receiver } = world();
    const endpoint = await world().endpoint(['order.paid']);
    await run((stores) => changeEndpointSecret(stores, endpoint, 'whsec_second', world().clock.now()));
    const secretsFor = async () => {
      const orderNumber = await shipped(run);
      await world().work();
      return receiver.had.find(
        ({ event, destination }) =>
          event.data.orderNumber === orderNumber && destination.subscriberId === endpoint,
      )?.destination.secrets;
    };
    expect(await secretsFor()).toEqual(['whsec_second', 'whsec_first']);
    world().clock.at += 24 * 60 * 60 * 1_000;
    expect(await secretsFor()).toEqual(['whsec_second']);
  });

  test('what was delivered can be sent again, and what does not exist cannot', async () => {
    const { run, receiver } = world();
    const endpoint = await world().endpoint(['order.paid']);
    const orderNumber = await shipped(run);
    await world().work();
    const [{ eventId } = { eventId: '' }] = await world().deliveries(endpoint);
    const at = world().clock.now();
    expect(await run((stores) => redeliver(stores, endpoint, eventId, at))).toMatchObject({
      eventId,
      status: 'waiting',
      attempts: 1,
    });
    await world().work();
    const ids = receiver.had
      .filter(
        ({ event, destination }) =>
          event.data.orderNumber === orderNumber && destination.subscriberId === endpoint,
      )
      .map(({ event }) => event.id);
    expect(ids).toEqual([eventId, eventId]);
    expect(await world().deliveries(endpoint)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
    for (const unknown of ['evt_999999999', 'evt_x', '12'])
      expect(await run((stores) => redeliver(stores, endpoint, unknown, at))).toBe('delivery_unknown');
    expect(await run((stores) => redeliver(stores, '999999', eventId, at))).toBe('endpoint_unknown');
  });

  test('a removed endpoint gets nothing more and is not there any more', async () => {
    const { run, receiver } = world();
    const endpoint = await world().endpoint(['order.paid']);
    expect(await run((stores) => removeEndpoint(stores, endpoint))).toBe('done');
    await shipped(run);
    await world().work();
    expect(receiver.had.some(({ destination }) => destination.subscriberId === endpoint)).toBe(false);
    expect(await run(({ deliveries }) => deliveries.endpoint(endpoint))).toBeNull();
    expect(await run((stores) => removeEndpoint(stores, endpoint))).toBe('endpoint_unknown');
    expect(await run((stores) => resumeEndpoint(stores, endpoint, AT))).toBe('endpoint_unknown');
  });
}
