import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CaseRepository } from '../../src/application/cases/case-repository.js';
import { DeliveryRepository } from '../../src/application/events/delivery-repository.js';
import { Unavailable } from '../../src/application/transaction.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { receipt } from '../application/fixtures/receipts.js';
import { addCallback } from '../application/fixtures/world.js';
import { MemoryEvents } from '../application/memory/events.js';
import type { EventRow } from '../application/memory/tables.js';
import { CNY, type Call, type Reply, type Service, startService, uniqueNumber } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

/** A request that succeeds, and the type of the event that it leaves. */
interface Deed {
  readonly path: string;
  readonly body?: unknown;
  readonly event: string;
}

const GATEWAY = 'standard-webhooks';
const ENDPOINT = { url: 'https://shop.example/hooks' };

const post = async (path: string, body?: unknown): Promise<Reply['body']> =>
  (await service.call('POST', `/admin/v1${path}`, { body })).body;

async function newOrder(): Promise<string> {
  const orderNumber = uniqueNumber();
  await post('/orders', { orderNumber, total: CNY('1.00') });
  return orderNumber;
}

async function newCase(): Promise<string> {
  const about = { kind: 'foreign', gateway: GATEWAY, paymentNumber: null, orderNumber: null } as const;
  const opened = {
    ...about,
    transactionId: uniqueNumber('T'),
    callbackId: null,
    details: {},
    ownsMoney: true,
  };
  const [stored] = await service.memory.run((tx) => tx.of(CaseRepository).open([opened], new Date()));
  return stored!.id;
}

const newEndpoint = async (): Promise<string> => (await post('/webhook-endpoints', ENDPOINT)).id;

/** Every write of the API. A new one fails the first test below until it is here with its event. */
const DEEDS: Readonly<Record<string, () => Promise<Deed>>> = {
  'POST /admin/v1/orders': async () => ({
    path: '/orders',
    body: { orderNumber: uniqueNumber(), total: CNY('1.00') },
    event: 'order.created',
  }),
  'POST /admin/v1/orders/{orderNumber}/payments': async () => ({
    path: `/orders/${await newOrder()}/payments`,
    body: { gateway: GATEWAY },
    event: 'payment.created',
  }),
  'POST /admin/v1/orders/{orderNumber}/transitions': async () => ({
    path: `/orders/${await newOrder()}/transitions`,
    body: { to: 'cancelled' },
    event: 'order.cancelled',
  }),
  'POST /admin/v1/payments/{paymentNumber}/transitions': async () => {
    const { paymentNumber } = await post(`/orders/${await newOrder()}/payments`, { gateway: GATEWAY });
    return {
      path: `/payments/${paymentNumber}/transitions`,
      body: { to: 'processing' },
      event: 'payment.processing',
    };
  },
  'POST /admin/v1/discrepancies/{id}/resolve': async () => ({
    path: `/discrepancies/${await newCase()}/resolve`,
    body: { resolution: 'dismiss', note: 'a test of the gateway' },
    event: 'discrepancy.resolved',
  }),
  'POST /admin/v1/discrepancies/{id}/assign': async () => ({
    path: `/discrepancies/${await newCase()}/assign`,
    body: { assignee: 'olga' },
    event: 'discrepancy.assigned',
  }),
  'POST /admin/v1/discrepancies/{id}/notes': async () => ({
    path: `/discrepancies/${await newCase()}/notes`,
    body: { note: 'asked the customer' },
    event: 'discrepancy.noted',
  }),
  'POST /admin/v1/callbacks/{id}/replay': async () => {
    const stored = { receipt: receipt(uniqueNumber('P')), outcome: 'unmatched' as const, at: new Date() };
    const id = await service.memory.run((tx) => addCallback(tx, { ...stored, deliveries: 1 }));
    // It is unmatched again: a replay that changes nothing is a deed as well.
    return { path: `/callbacks/${id}/replay`, event: 'callback.replayed' };
  },
  'POST /admin/v1/webhook-endpoints': async () => ({
    path: '/webhook-endpoints',
    body: ENDPOINT,
    event: 'endpoint.created',
  }),
  'PATCH /admin/v1/webhook-endpoints/{id}': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}`,
    body: { events: ['order.paid'] },
    event: 'endpoint.changed',
  }),
  'POST /admin/v1/webhook-endpoints/{id}/test': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}/test`,
    event: 'endpoint.tested',
  }),
  'POST /admin/v1/webhook-endpoints/{id}/replay': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}/replay`,
    body: { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' },
    event: 'endpoint.replay_requested',
  }),
  'DELETE /admin/v1/webhook-endpoints/{id}': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}`,
    event: 'endpoint.deleted',
  }),
  'POST /admin/v1/webhook-endpoints/{id}/resume': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}/resume`,
    event: 'endpoint.resumed',
  }),
  'POST /admin/v1/webhook-endpoints/{id}/secret': async () => ({
    path: `/webhook-endpoints/${await newEndpoint()}/secret`,
    event: 'endpoint.secret_changed',
  }),
  'POST /admin/v1/webhook-endpoints/{id}/deliveries/{eventId}/redeliver': async () => {
    const id = await newEndpoint();
    await post(`/orders/${await newOrder()}/transitions`, { to: 'cancelled' });
    const event = service.memory.tables.events.at(-1)!;
    await service.memory.run((tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, new Date(), 10_000));
    return {
      path: `/webhook-endpoints/${id}/deliveries/evt_${event.id}/redeliver`,
      event: 'endpoint.redelivery_requested',
    };
  },
};

async function sendDeed(name: string): Promise<{ deed: Deed; status: number; events: EventRow[] }> {
  const deed = await DEEDS[name]!();
  const before = service.memory.tables.events.length;
  const { status } = await send(name, deed);
  return { deed, status, events: service.memory.tables.events.slice(before) };
}

function send(name: string, { path, body }: Deed): Promise<Reply> {
  const [method] = name.split(' ');
  const call: Call = body === undefined ? {} : { body };
  return service.call(method!, `/admin/v1${path}`, call);
}

describe('the deeds of operators', () => {
  test('are all writes of the API but the callbacks, which gateways send', () => {
    const writes = Object.entries(service.document.paths).flatMap(([path, item]) =>
      Object.keys(item).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
    );
    const byGateways = 'POST /callbacks/{gateway}';
    expect(writes.filter((each) => each !== byGateways).toSorted()).toEqual(Object.keys(DEEDS).toSorted());
  });

  test.each(Object.keys(DEEDS))('%s leaves an event that names the operator', async (name) => {
    const { deed, status, events } = await sendDeed(name);
    expect(status).toBeLessThan(300);
    const left = events.map(({ type, actor }) => `${type} by ${actor}`);
    expect(left).toContain(`${deed.event} by admin:otto`);
    expect(events.every(({ actor }) => actor === 'admin:otto')).toBe(true);
  });

  test.each(Object.keys(DEEDS))('%s is not done if its event cannot be written', async (name) => {
    const deed = await DEEDS[name]!();
    const before = service.memory.tables;
    const append = jest.spyOn(MemoryEvents.prototype, 'append');
    append.mockRejectedValue(new Unavailable('the disk is full'));
    const { status } = await send(name, deed);
    append.mockRestore();
    expect(status).toBe(503);
    expect(service.memory.tables).toBe(before);
  });

  test('that are refused leave no event', async () => {
    const before = service.memory.tables.events.length;
    for (const [path, body] of [
      ['/orders', { orderNumber: 'X', total: CNY('-1') }],
      ['/orders/none/transitions', { to: 'cancelled' }],
      ['/discrepancies/999999/notes', { note: 'n' }],
      ['/callbacks/999999/replay', undefined],
    ] as const)
      expect((await service.call('POST', `/admin/v1${path}`, { body })).status).toBeGreaterThanOrEqual(400);
    expect(service.memory.tables.events).toHaveLength(before);
  });
});
