import { beforeEach, describe, expect, test } from '@jest/globals';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../../src/application/events/webhook-endpoints.js';
import type { Transaction } from '../../../src/application/transaction.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW } from '../fixtures/receipts.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const AT = new Date(NOW);
const ENDPOINT = { url: 'https://shop.example/hook', events: null };

let memory: MemoryUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, world } = memoryWorld());
});
const add = (secret = 'whsec_old') => world.run(async (tx) => (await addEndpoint(tx, ENDPOINT, secret, AT))!);

describe('a webhook endpoint', () => {
  test.each<[string, (tx: Transaction) => Promise<unknown>]>([
    ['removed', (tx) => removeEndpoint(tx, '404')],
    ['resumed', (tx) => resumeEndpoint(tx, '404', AT)],
    ['given a new secret', (tx) => changeEndpointSecret(tx, '404', 'whsec_new', AT)],
    ['sent an event again', (tx) => redeliver(tx, '404', 'evt_1', AT)],
  ])('that is unknown cannot be %s, and nothing changes', async (_how, operation) => {
    const before = memory.tables;
    expect(await world.run(operation)).toBe('endpoint_unknown');
    expect(memory.tables).toEqual(before);
  });

  test('asks for each type of event once', async () => {
    const asked = { ...ENDPOINT, events: ['order.paid', 'order.paid'] as const };
    const id = await world.run(async (tx) => (await addEndpoint(tx, asked, 'whsec_1', AT))!);
    expect(memory.tables.subscribers.get(id)!.events).toEqual(['order.paid']);
  });

  test('keeps its old secret for a day after a change', async () => {
    const id = await add();
    expect(await world.run((tx) => changeEndpointSecret(tx, id, 'whsec_new', AT))).toBe('done');
    expect(memory.tables.subscribers.get(id)!.secrets).toEqual([
      { secret: 'whsec_new', until: null },
      { secret: 'whsec_old', until: new Date(NOW + 86_400_000) },
    ]);
  });

  test('can be resumed and removed', async () => {
    const id = await add();
    expect(await world.run((tx) => resumeEndpoint(tx, id, AT))).toBe('done');
    expect(await world.run((tx) => removeEndpoint(tx, id))).toBe('done');
  });

  test('cannot be sent an event whose id is malformed or unknown', async () => {
    const id = await add();
    for (const eventId of ['evt_x', 'evt_99'])
      expect(await world.run((tx) => redeliver(tx, id, eventId, AT))).toBe('delivery_unknown');
  });
});
