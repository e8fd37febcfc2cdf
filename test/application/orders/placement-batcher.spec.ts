import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PlacementBatcher } from '../../../src/application/orders/placement-batcher.js';
import type { Placement, PlacementResult } from '../../../src/application/orders/placement.js';
import { Busy, Contended, Unavailable } from '../../../src/application/transaction.js';
import { Money } from '../../../src/domain/money.js';
import { hashesOf } from '../fixtures/body-hashes.js';

/** A transaction that runs until the test ends it. */
interface Running {
  readonly orders: string;
  commit(...results: readonly (PlacementResult | 'alone')[]): Promise<void>;
  fail(fault: unknown): Promise<void>;
}

let batches: Running[];
let alone: Running[];
let answers: Map<string, unknown>;
let batcher: PlacementBatcher;
beforeEach(() => {
  jest.useFakeTimers();
  [batches, alone, answers] = [[], [], new Map()];
  batcher = new PlacementBatcher({
    execute: (placements) => run(batches, placements),
    executeAlone: async (placement) => (await run(alone, [placement]))[0] as PlacementResult,
  });
});
afterEach(() => {
  jest.useRealTimers();
});

const settle = () => jest.advanceTimersByTimeAsync(0);

function run(
  transactions: Running[],
  placements: readonly Placement[],
): Promise<(PlacementResult | 'alone')[]> {
  return new Promise((resolve, reject) => {
    transactions.push({
      orders: placements.map(({ orderNumber }) => orderNumber).join(' '),
      commit: async (...results) => {
        resolve(placements.map(({ orderNumber }, index) => results[index] ?? placed(orderNumber)));
        await settle();
      },
      fail: async (fault) => {
        reject(fault);
        await settle();
      },
    });
  });
}

const placed = (orderNumber: string) => ({ status: 201, text: orderNumber });
const order = { total: Money.of('1.00', 'CNY'), customerId: null };

function placement(
  orderNumber: string,
  { key, paymentNumber }: { key?: string; paymentNumber?: string } = {},
): Placement {
  const scope = { tokenName: 'otto', method: 'POST', path: '/orders', key: key! };
  const payment = { gateway: 'stripe', amount: null, expiresInSeconds: null, paymentNumber: paymentNumber! };
  return {
    orderNumber,
    actor: 'admin:otto',
    order,
    payment: paymentNumber ? payment : null,
    keyed: key ? { scope, ...hashesOf('a') } : null,
  };
}

function send(each: Placement, as = each.orderNumber, client?: AbortSignal): void {
  batcher.place(each, client).then(
    (result) => answers.set(as, result),
    (fault: unknown) => answers.set(as, fault),
  );
}

const sendAll = (...orderNumbers: readonly string[]): void =>
  orderNumbers.forEach((orderNumber) => send(placement(orderNumber)));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);
const ordersOf = (transactions: readonly Running[]) => transactions.map(({ orders }) => orders);

describe('batches', () => {
  test('a single placement begins at once, and those that arrive while it runs form the next batch, in order of arrival', async () => {
    sendAll('a', 'b', 'c');
    expect(ordersOf(batches)).toEqual(['a']);
    await batches[0]!.commit();
    expect(ordersOf(batches)).toEqual(['a', 'b c']);
    await batches[1]!.commit('order_number_taken');
    expect([...answers]).toEqual([
      ['a', placed('a')],
      ['b', 'order_number_taken'],
      ['c', placed('c')],
    ]);
  });

  test('a second batch runs beside the first when 32 placements wait, and a batch has 256 at most', async () => {
    sendAll('a', ...numbers(31));
    expect(batches).toHaveLength(1);
    sendAll('b');
    expect(batches).toHaveLength(2);
    sendAll(...numbers(300).map((number) => `second-${number}`));
    expect(batches).toHaveLength(2);
    await batches[0]!.commit();
    expect(batches[2]!.orders.split(' ')).toHaveLength(256);
  });

  test.each([
    ['order number', placement('same'), placement('same')],
    ['payment number', placement('a', { paymentNumber: 'P' }), placement('b', { paymentNumber: 'P' })],
    ['key', placement('a', { key: 'K' }), placement('b', { key: 'K' })],
  ])(
    'of two placements with one %s, the second waits for the first, and others do not wait for it',
    async (_what, first, second) => {
      sendAll('opener');
      send(first, 'first');
      send(second, 'second');
      sendAll('other');
      await batches[0]!.commit();
      expect(batches[1]!.orders).toBe(`${first.orderNumber} other`);
      sendAll(...numbers(40));
      expect(batches[2]!.orders).toBe(numbers(31).join(' '));
      await batches[2]!.commit();
      await batches[1]!.commit();
      expect(ordersOf(batches).join(' ')).toContain(second.orderNumber);
      for (const batch of batches.slice(3)) await batch.commit();
      expect([answers.has('first'), answers.has('second')]).toEqual([true, true]);
    },
  );
});

describe('a placement that is not begun', () => {
  test('is refused as busy at once if 1024 others wait, and after five seconds if its turn has not come', async () => {
    sendAll('a', ...numbers(31));
    sendAll('b');
    sendAll(...numbers(1_024).map((number) => `waiting-${number}`));
    sendAll('beyond');
    await settle();
    expect(answers.get('beyond')).toBeInstanceOf(Busy);
    expect(answers.size).toBe(1);
    await jest.advanceTimersByTimeAsync(4_999);
    expect(answers.size).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(answers.size).toBe(1_025);
    await batches[0]!.commit();
    expect(batches).toHaveLength(2);
  });

  test('is not carried out if its client has left', async () => {
    const client = new AbortController();
    sendAll('a');
    send(placement('b'), 'b', client.signal);
    sendAll('c');
    const left = new Error('the client has left');
    client.abort(left);
    await batches[0]!.commit();
    expect(ordersOf(batches)).toEqual(['a', 'c']);
    expect(answers.get('b')).toBe(left);
  });
});

describe('a placement that has to run alone', () => {
  test('holds up no batch, and keeps its numbers until it is done', async () => {
    sendAll('a', 'locked', 'c');
    await batches[0]!.commit();
    await batches[1]!.commit('alone');
    expect(ordersOf(alone)).toEqual(['locked']);
    expect([...answers.keys()]).toEqual(['a', 'c']);
    send(placement('locked'), 'again');
    sendAll('d');
    expect(ordersOf(batches)).toEqual(['a', 'locked c', 'd']);
    await batches[2]!.commit();
    await alone[0]!.commit();
    expect(answers.get('locked')).toEqual(placed('locked'));
    expect(ordersOf(batches)).toEqual(['a', 'locked c', 'd', 'locked']);
  });

  test('takes turns with others that have to, and is refused as busy after five seconds', async () => {
    sendAll('a', 'b', 'c');
    await batches[0]!.commit('alone');
    await batches[1]!.commit('alone', 'alone');
    expect(ordersOf(alone)).toEqual(['a']);
    await jest.advanceTimersByTimeAsync(5_000);
    expect([answers.get('b'), answers.get('c')]).toEqual([expect.any(Busy), expect.any(Busy)]);
    await alone[0]!.fail(new Contended('locked'));
    expect(answers.get('a')).toBeInstanceOf(Contended);
    sendAll('b');
    expect(ordersOf(batches)).toEqual(['a', 'b c', 'b']);
  });
});

describe('a batch that fails', () => {
  const startBatch = async (): Promise<Running> => {
    sendAll('first', 'bad', 'good');
    await batches[0]!.commit();
    return batches[1]!;
  };

  test.each([
    ['by a bug', new Error('a bug')],
    ['because it had to wait for a lock', new Contended('locked')],
  ])('%s is carried out one by one, so that one member does not harm the others', async (_why, fault) => {
    await (await startBatch()).fail(fault);
    await alone[0]!.fail(fault);
    await alone[1]!.commit();
    expect(answers.get('bad')).toBe(fault);
    expect(answers.get('good')).toEqual(placed('good'));
  });

  test('by a fault of the whole database fails for each of its members', async () => {
    const fault = new Unavailable('the database is gone');
    await (await startBatch()).fail(fault);
    expect(alone).toEqual([]);
    expect([answers.get('bad'), answers.get('good')]).toEqual([fault, fault]);
    sendAll('bad');
    expect(batches.at(-1)!.orders).toBe('bad');
  });
});
