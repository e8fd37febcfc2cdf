import { beforeEach, describe, expect, test } from '@jest/globals';
import { ExpirePayments } from '../../src/application/expire-payments.js';
import { asking, createPayment, DEED } from './by-hand.js';
import { NOW, receipt, Tally } from './callback-world.js';
import { CaseWorld, LATE, unreadable } from './case-world.js';
import { MemoryUnitOfWork } from './memory-stores.js';
import { RecordedUnitOfWork } from './recorded-stores.js';

/** Each line is a statement to a real database, and on the way of a callback each costs: what has nothing to ask or to write is left out. */

let memory: MemoryUnitOfWork;
let recorded: RecordedUnitOfWork;
let world: CaseWorld;
beforeEach(() => {
  memory = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  recorded = new RecordedUnitOfWork(memory);
  world = new CaseWorld({ unitOfWork: recorded, close: async () => {} });
});
/** What this has asked for, without the reads of the answer. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  recorded.lines();
  await work();
  return recorded.lines().filter((line) => !line.startsWith('queries.'));
}

const PLACED = ['callbacks.newIds', 'callbacks.find'];
const HELD = ['payments.settledBy', 'payments.lock skip', 'orders.lockOf skip', 'payments.givenBack'];

describe('a callback', () => {
  test('that settles asks ten things, and nothing about cases or stored rows', async () => {
    const { paymentNumber } = await world.given();
    expect(await asked(() => world.receive([receipt(paymentNumber)]))).toEqual([
      ...PLACED,
      ...HELD,
      'callbacks.add',
      'payments.save',
      'orders.save',
      'events.append',
    ]);
  });

  test('that only labels its payment asks for no order, and saves none', async () => {
    const { paymentNumber } = await world.given();
    const labelled = receipt(paymentNumber, { kind: 'processing', transactionId: null });
    expect(await asked(() => world.receive([labelled]))).toEqual([
      ...PLACED,
      'payments.lock skip',
      'callbacks.add',
      'payments.save',
      'events.append',
    ]);
  });

  test('that moves nothing saves nothing but itself and its entry in the log', async () => {
    const ignored = receipt('', { kind: 'ignored', paymentNumber: null, transactionId: null, money: null });
    expect(await asked(() => world.receive([ignored]))).toEqual([
      ...PLACED,
      'payments.lock skip',
      'callbacks.add',
      'events.append',
    ]);
  });

  test('that is a copy of a settled one asks in the same round trip, is counted, and nothing is decided for it', async () => {
    const { paymentNumber } = await world.given();
    const copy = receipt(paymentNumber);
    await world.receive([copy]);
    expect(await asked(() => world.receive([copy, copy]))).toEqual([
      ...PLACED,
      ...HELD,
      'callbacks.countCopies',
    ]);
    expect([...memory.tables.callbacks.values()]).toMatchObject([{ deliveries: 3 }]);
  });

  test('over another content asks once more, for its own key, and opens a case', async () => {
    const { paymentNumber } = await world.given();
    const first = receipt(paymentNumber, { eventId: 'e1' });
    await world.receive([first]);
    const other = { ...first, fingerprint: '0123456789abcdef-and-more' };
    expect(await asked(() => world.receive([other]))).toEqual([
      ...PLACED,
      ...HELD,
      'callbacks.find',
      'callbacks.add',
      'discrepancies.open',
      'events.append',
    ]);
    const eventIds = [...memory.tables.callbacks.values()].map((row) => row.receipt.eventId);
    expect(eventIds).toEqual(['e1', 'e1~0123456789abcdef']);
  });

  test('that settles when its payment comes closes its case, under the lock of its own row', async () => {
    const { orderNumber } = await world.given();
    await world.receive([receipt('EARLY')]);
    const opening = () =>
      recorded.run((stores) =>
        createPayment.execute(stores, asking(orderNumber, { paymentNumber: 'EARLY' }), DEED),
      );
    expect(await asked(opening)).toEqual([
      'payments.reserve',
      'orders.lock wait',
      'payments.add',
      'events.append',
      'backlog.waitingFor',
      'payments.settledBy',
      'payments.lock wait',
      'orders.lockOf wait',
      'payments.givenBack',
      'callbacks.lockUndecided wait',
      'callbacks.decide',
      'payments.save',
      'orders.save',
      'discrepancies.resolveUnmatched',
      'events.append',
    ]);
  });

  test('nothing is decided for a payment for which nothing waits', async () => {
    const { orderNumber } = await world.given();
    const opening = () => recorded.run((stores) => createPayment.execute(stores, asking(orderNumber), DEED));
    expect((await asked(opening)).at(-1)).toBe('backlog.waitingFor');
  });
});

describe('a replay', () => {
  test('writes its decision, closes the case and opens none where all is well', async () => {
    const { paymentNumber } = await world.given();
    const id = await world.stored(receipt(paymentNumber), 'undeliverable');
    expect((await asked(() => world.replay(id))).slice(-5)).toEqual([
      'payments.save',
      'orders.save',
      'callbacks.decide',
      'resolutions.closeCaseOf',
      'events.append',
    ]);
  });

  test('of what only waited has no case to close', async () => {
    const { paymentNumber } = await world.given();
    const id = await world.stored(receipt(paymentNumber));
    expect(await asked(() => world.replay(id))).not.toContain('resolutions.closeCaseOf');
  });

  test('of what was understood reads nothing anew, and of what was not keeps what it says now', async () => {
    const { paymentNumber } = await world.given();
    const [understood, not] = [
      await world.stored(receipt(paymentNumber)),
      await world.received(unreadable(`pays ${paymentNumber}`)),
    ];
    expect(await asked(() => world.replay(understood))).not.toContain('storedCallbacks.reread');
    expect(await asked(() => world.replay(not))).toContain('storedCallbacks.reread');
  });

  test('asks whether money was given back where a success names it, and nowhere else', async () => {
    const { paymentNumber } = await world.given();
    const ask = async (said: Parameters<typeof receipt>[1]) => {
      const id = await world.stored(receipt(paymentNumber, said));
      return (await asked(() => world.replay(id))).includes('resolutions.isRefunded');
    };
    expect(await ask({ kind: 'processing' })).toBe(false);
    expect(await ask({ kind: 'refund', transactionId: null })).toBe(false);
    expect(await ask({})).toBe(true);
  });
});

test('a sweep that finds nothing due asks once and writes nothing', async () => {
  const sweep = new ExpirePayments(recorded, { now: () => new Date(NOW) }, new Tally(), true);
  await world.given();
  expect(await asked(() => sweep.execute())).toEqual(['duePayments.lock']);
});

test('a sweep leaves a payment whose order somebody holds, and waits for nobody', async () => {
  const sweep = new ExpirePayments(recorded, { now: () => LATE_ENOUGH }, new Tally(), true);
  const { orderNumber } = await world.given();
  memory.heldElsewhere.add(orderNumber);
  expect(await asked(() => sweep.execute())).toEqual(['duePayments.lock', 'orders.lock skip']);
  memory.heldElsewhere.clear();
  expect(await asked(() => sweep.execute())).toEqual([
    'duePayments.lock',
    'orders.lock skip',
    'payments.save',
    'duePayments.ordersWithOpenOnes',
    'orders.save',
    'events.append',
  ]);
});
const LATE_ENOUGH = new Date(LATE.getTime() + 60_000);

test('a full batch of which every order is held is not tried again at once', async () => {
  const sweep = new ExpirePayments(recorded, { now: () => LATE_ENOUGH }, new Tally(), true);
  const { orderNumber } = await world.given({ payments: 256 });
  memory.heldElsewhere.add(orderNumber);
  expect(await sweep.execute()).toMatchObject({ expired: [], more: false });
  memory.heldElsewhere.clear();
  expect(await sweep.execute()).toMatchObject({ expired: { length: 256 }, more: true });
});
