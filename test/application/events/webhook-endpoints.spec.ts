import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryMonitor } from '../../../src/application/events/delivery-monitor.js';
import type { TestSender } from '../../../src/application/events/publisher.js';
import { RelayEvents } from '../../../src/application/events/relay-events.js';
import { ReplayEvents } from '../../../src/application/events/replay-events.js';
import { TestEndpoint, type TestAttempt } from '../../../src/application/events/test-endpoint.js';
import {
  addEndpoint,
  changeEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../src/application/events/webhook-endpoints.js';
import {
  Busy,
  Unavailable,
  type Transaction,
  type UnitOfWork,
} from '../../../src/application/transaction.js';
import { PUBLISHED_TYPES } from '../../../src/domain/events/published-event.js';
import type { AttemptResult } from '../../../src/domain/events/subscriber.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW } from '../fixtures/receipts.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const AT = new Date(NOW);
const ENDPOINT = {
  url: 'https://shop.example/hook/path-secret',
  events: null,
  headers: { 'X-Token': 'header-secret' },
};
const OPERATOR = { actor: 'admin:otto', at: AT };
const MONITOR: DeliveryMonitor = {
  failed: () => undefined,
  paused: () => undefined,
  disabled: () => undefined,
  gaveUp: () => undefined,
  stuck: () => undefined,
};

let memory: MemoryUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, world } = memoryWorld());
});
const add = (secret = 'whsec_old') =>
  world.run(async (tx) => (await addEndpoint(tx, { ...ENDPOINT, secret }, OPERATOR))!);

describe('a webhook endpoint', () => {
  test.each<[string, (tx: Transaction) => Promise<unknown>]>([
    ['removed', (tx) => removeEndpoint(tx, '404', OPERATOR)],
    ['changed', (tx) => changeEndpoint(tx, '404', { url: 'https://b.example' }, OPERATOR)],
    ['resumed', (tx) => resumeEndpoint(tx, '404', OPERATOR)],
    ['given a new secret', (tx) => changeEndpointSecret(tx, '404', 'whsec_new', OPERATOR)],
    ['sent an event again', (tx) => redeliver(tx, '404', 'evt_1', OPERATOR)],
  ])('that is unknown cannot be %s, and nothing changes', async (_how, operation) => {
    const before = memory.tables;
    expect(await world.run(operation)).toBe('endpoint_unknown');
    expect(memory.tables).toEqual(before);
  });

  test('asks for each type of event once', async () => {
    const asked = { ...ENDPOINT, events: ['order.paid', 'order.paid'] as const, secret: 'whsec_1' };
    const id = await world.run(async (tx) => (await addEndpoint(tx, asked, OPERATOR))!);
    expect(memory.tables.subscribers.get(id)!.events).toEqual(['order.paid']);
  });

  test('keeps its old secret for a day after a change', async () => {
    const id = await add();
    expect(await world.run((tx) => changeEndpointSecret(tx, id, 'whsec_new', OPERATOR))).toBe('done');
    expect(memory.tables.subscribers.get(id)!.secrets).toEqual([
      { secret: 'whsec_new', until: null },
      { secret: 'whsec_old', until: new Date(NOW + 86_400_000) },
    ]);
  });

  test('can be resumed and removed', async () => {
    const id = await add();
    expect(await world.run((tx) => resumeEndpoint(tx, id, OPERATOR))).toBe('done');
    expect(await world.run((tx) => removeEndpoint(tx, id, OPERATOR))).toBe('done');
  });

  test('cannot be sent an event whose id is malformed or unknown', async () => {
    const id = await add();
    for (const eventId of ['evt_x', 'evt_99'])
      expect(await world.run((tx) => redeliver(tx, id, eventId, OPERATOR))).toBe('delivery_unknown');
  });
});

describe('every deed of an operator on an endpoint', () => {
  const logged = () => memory.tables.events.map(({ type, actor, at, data }) => ({ type, actor, at, data }));

  test('is an event of the log, written with the deed, with its actor and without secrets', async () => {
    const id = await add();
    const change = { url: 'https://new.example/hook/path-secret', headers: { 'X-Other': 'header-secret' } };
    await world.run((tx) => changeEndpoint(tx, id, change, OPERATOR));
    await world.run((tx) => changeEndpoint(tx, id, { events: ['order.paid', 'order.paid'] }, OPERATOR));
    await world.run((tx) => changeEndpointSecret(tx, id, 'whsec_new', OPERATOR));
    await world.run((tx) => resumeEndpoint(tx, id, OPERATOR));
    await world.run((tx) => removeEndpoint(tx, id, OPERATOR));
    const by = { actor: 'admin:otto', at: AT };
    const created = { origin: 'https://shop.example', events: null, headerNames: ['X-Token'] };
    expect(logged()).toEqual([
      { type: 'endpoint.created', ...by, data: { endpointId: id, ...created } },
      {
        type: 'endpoint.changed',
        ...by,
        data: { endpointId: id, origin: 'https://new.example', headerNames: ['X-Other'] },
      },
      { type: 'endpoint.changed', ...by, data: { endpointId: id, events: ['order.paid'] } },
      { type: 'endpoint.secret_changed', ...by, data: { endpointId: id } },
      { type: 'endpoint.resumed', ...by, data: { endpointId: id } },
      { type: 'endpoint.deleted', ...by, data: { endpointId: id } },
    ]);
    expect(JSON.stringify(logged())).not.toMatch(/path-secret|header-secret|whsec_/);
  });

  test('that sends an event again names the event', async () => {
    const id = await add();
    const { orderNumber } = await world.placeOrder({ payments: 0 });
    await world.moveOrder(orderNumber, 'cancelled');
    const relay = new RelayEvents(memory, { all: [] }, world.clock, MONITOR);
    while ((await relay.fanOut()) > 0);
    const eventId = `evt_${memory.tables.events.at(-1)!.id}`;
    await world.run((tx) => redeliver(tx, id, eventId, OPERATOR));
    expect(logged().at(-1)).toMatchObject({
      type: 'endpoint.redelivery_requested',
      actor: 'admin:otto',
      data: { endpointId: id, eventId },
    });
  });

  test('is published to no subscriber, so that no endpoint receives events about itself', () => {
    expect(PUBLISHED_TYPES.filter((type) => type.startsWith('endpoint.'))).toEqual([]);
  });
});

describe('a test of an endpoint', () => {
  const result: AttemptResult = { delivered: false, httpStatus: 503, error: 'HTTP 503' };

  test('is sent to its address with its headers and secrets, after its event is committed', async () => {
    const id = await add();
    const sent: unknown[] = [];
    const sender: TestSender = {
      sendTest: async (message, destination) => {
        expect(memory.tables.events.at(-1)).toMatchObject({
          type: 'endpoint.tested',
          actor: 'admin:otto',
          data: { endpointId: id },
        });
        sent.push({ message, destination });
        return result;
      },
    };
    const attempt = await new TestEndpoint(memory, sender, world.clock).run(id, 'admin:otto');
    expect(attempt).toEqual({
      eventId: expect.stringMatching(/^evt_test_[0-9a-f]{32}$/),
      sentAt: AT,
      durationMs: expect.any(Number),
      delivered: false,
      status: 503,
      error: 'HTTP 503',
    });
    const { url, headers } = ENDPOINT;
    expect(sent).toEqual([
      {
        message: {
          id: (attempt as TestAttempt).eventId,
          type: 'endpoint.test',
          at: AT,
          data: { endpointId: id },
        },
        destination: { subscriberId: id, kind: 'webhook', url, secrets: ['whsec_old'], headers },
      },
    ]);
    expect(memory.tables.deliveries.size).toBe(0);
    expect(memory.tables.subscribers.get(id)!.state).toMatchObject({ failures: 0 });
  });

  test('runs four at once, and more than eight others are refused', async () => {
    const id = await add();
    const answers: (() => void)[] = [];
    const sender: TestSender = {
      sendTest: () => new Promise((resolve) => answers.push(() => resolve(result))),
    };
    const tester = new TestEndpoint(memory, sender, world.clock);
    const all = Array.from({ length: 13 }, () => tester.run(id, 'admin:otto'));
    await expect(all.at(-1)).rejects.toThrow(Busy);
    for (let answered = 0; answered < 12; answered += 4) {
      while (answers.length < answered + 4) await new Promise(setImmediate);
      await new Promise(setImmediate);
      expect(answers).toHaveLength(answered + 4);
      answers.slice(answered).forEach((answer) => answer());
    }
    expect(await Promise.all(all.slice(0, 12))).toHaveLength(12);
  });
});

describe('a disabled endpoint', () => {
  test('is sent no event again and gets no replay before it is resumed, and what was refused is not in the log', async () => {
    const id = await add();
    const row = memory.tables.subscribers.get(id)!;
    const off = { ...row, state: { ...row.state, status: 'off' as const } };
    memory.tables = { ...memory.tables, subscribers: new Map([[id, off]]) };
    const events = memory.tables.events.length;
    expect(await world.run((tx) => redeliver(tx, id, 'evt_1', OPERATOR))).toBe('endpoint_disabled');
    const range = { from: '2026-11-01T00:00:00Z', to: '2026-11-30T00:00:00Z', after: null };
    const replay = new ReplayEvents(memory, world.clock);
    expect(await replay.run({ endpointId: id, ...range }, 'admin:otto')).toBe('endpoint_disabled');
    expect(memory.tables.events).toHaveLength(events);
    await world.run((tx) => resumeEndpoint(tx, id, OPERATOR));
    expect(await replay.run({ endpointId: id, ...range }, 'admin:otto')).toMatchObject({ queued: 0 });
    expect(memory.tables.events.at(-1)).toMatchObject({
      type: 'endpoint.replay_requested',
      actor: 'admin:otto',
      data: { endpointId: id, from: range.from, to: range.to },
    });
  });
});

describe('a replay', () => {
  /** So many events of the log that every endpoint receives. */
  function storeEvents(count: number): void {
    const about = { type: 'order.shipped', at: AT, actor: 'admin:otto', paymentNumber: null, data: {} };
    const events = Array.from({ length: count }, (_, nth) => ({
      ...about,
      id: String(nth + 1),
      orderNumber: `O${nth}`,
    }));
    memory.tables = { ...memory.tables, events };
  }
  const RANGE = { from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z', after: null };

  test('reads 1000 events in a transaction, and its request is in the log once', async () => {
    const id = await add();
    storeEvents(2_500);
    const replay = new ReplayEvents(memory, world.clock);
    expect(await replay.run({ endpointId: id, ...RANGE }, 'admin:otto')).toEqual({
      queued: 2_500,
      next: null,
    });
    const requests = memory.tables.events.filter(({ type }) => type === 'endpoint.replay_requested');
    expect(requests).toHaveLength(1);
    expect(memory.tables.deliveries.size).toBe(2_500);
  });

  test('whose client has left stops after the page that runs, and what is queued stays queued', async () => {
    const id = await add();
    storeEvents(2_500);
    const client = new AbortController();
    const clock = {
      now: () => {
        client.abort(new Error('the client has left'));
        return AT;
      },
    };
    const replay = new ReplayEvents(memory, clock);
    const run = replay.run({ endpointId: id, ...RANGE }, 'admin:otto', client.signal);
    await expect(run).rejects.toThrow('the client has left');
    expect(memory.tables.deliveries.size).toBe(1_000);
  });

  test('that the database interrupts says where the next request continues, and nothing is queued twice', async () => {
    const id = await add();
    storeEvents(2_500);
    let runs = 0;
    const run: UnitOfWork['run'] = (work) => {
      runs += 1;
      return runs === 3 ? Promise.reject(new Unavailable('the database is away')) : memory.run(work);
    };
    const replay = new ReplayEvents({ run }, world.clock);
    const first = await replay.run({ endpointId: id, ...RANGE }, 'admin:otto');
    expect(first).toEqual({ queued: 2_000, next: '2000' });
    const second = await replay.run({ endpointId: id, ...RANGE, after: '2000' }, 'admin:otto');
    expect(second).toEqual({ queued: 500, next: null });
    const away = new ReplayEvents({ run: () => Promise.reject(new Unavailable('away')) }, world.clock);
    await expect(away.run({ endpointId: id, ...RANGE }, 'admin:otto')).rejects.toThrow(Unavailable);
  });
});
