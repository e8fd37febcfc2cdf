import { describe, expect, test } from '@jest/globals';
import type { Publishers } from '../../src/application/outbox.js';
import type { Stores, UnitOfWork } from '../../src/application/ports.js';
import { RelayEvents } from '../../src/application/relay-events.js';

const AT = new Date('2026-11-23T08:00:00.000Z');
const daysBefore = (days: number) => new Date(AT.getTime() - days * 86_400_000);

/** A round of house-keeping, and what it has asked for. */
async function keptHouse(kinds: readonly ('webhook' | 'nats')[], forgotten = 0) {
  const asked: unknown[][] = [];
  const stores = {
    subscribers: {
      keepStream: async (at: Date) => void asked.push(['keep the stream', at]),
      dropStream: async (before: Date) => void asked.push(['drop a stream unused since', before]),
    },
    outbox: {
      forget: async (before: Date, limit: number) => {
        asked.push(['forget', before, limit]);
        return forgotten;
      },
    },
  } as unknown as Stores;
  const unitOfWork = { run: (work: (stores: Stores) => unknown) => work(stores) } as unknown as UnitOfWork;
  const publishers = { all: kinds.map((kind) => ({ kind })) } as unknown as Publishers;
  const more = await new RelayEvents(unitOfWork, publishers, { now: () => AT }).keepHouse();
  return { asked, more };
}

describe('keeping house', () => {
  test('a process that publishes to the stream keeps it, among whatever other publishers', async () => {
    const { asked } = await keptHouse(['webhook', 'nats']);
    expect(asked).toEqual([
      ['keep the stream', AT],
      ['forget', daysBefore(30), 1_000],
    ]);
  });

  test('one that does not drops a stream that nobody has used for three days', async () => {
    const { asked } = await keptHouse(['webhook']);
    expect(asked[0]).toEqual(['drop a stream unused since', daysBefore(3)]);
  });

  test.each([
    [0, false],
    [999, false],
    [1_000, true],
    [2_000, true],
  ])('where it has forgotten %i deliveries, there may be more: %j', async (forgotten, more) => {
    expect((await keptHouse(['webhook'], forgotten)).more).toBe(more);
  });
});
