import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/persistence/data-source.js';
import { TypeormUnitOfWork } from '../../src/adapters/persistence/typeorm-unit-of-work.js';
import { KeyTaken, type NewCallback, type Receipt, type Stores } from '../../src/application/ports.js';
import { Money } from '../../src/domain/money.js';
import { Order } from '../../src/domain/order.js';
import { NOW, receipt, Tally } from '../application/callback-world.js';
import { addOne } from '../application/memory-inbox.js';
import { TcpProxy } from '../../chaos/tcp-proxy.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

/** BEGIN travels with the first reads, and the COMMIT with the writes; these are the ways in which that could go wrong. */

let database: FreshDatabase;
let proxy: TcpProxy;
let pools: DataSource[];
let unitOfWork: TypeormUnitOfWork;
beforeAll(async () => {
  database = await freshDatabase();
  const proxied = await TcpProxy.before(database.url);
  proxy = proxied.proxy;
  pools = [1, 1].map((poolSize) => new DataSource(dataSourceOptions(proxied.url, poolSize)));
  await Promise.all(pools.map((pool) => pool.initialize()));
  unitOfWork = new TypeormUnitOfWork(pools[0]!, pools[1]!, new Tally());
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await proxy.close();
  await database.drop();
});

const ignored = (eventId: string): Receipt =>
  receipt('', { eventId, kind: 'ignored', paymentNumber: null, transactionId: null, money: null });
const asNew = (of: Receipt): Omit<NewCallback, 'id'> => ({
  receipt: of,
  outcome: 'ignored',
  at: new Date(NOW),
  deliveries: 1,
});
const add = ({ callbacks }: Stores, eventId: string) => addOne(callbacks, asNew(ignored(eventId)));
const stored = (eventId: string) =>
  unitOfWork.run(async ({ callbacks }) => (await callbacks.find([{ gateway: 'stripe', eventId }])).length);

beforeEach(async () => {
  if ((await stored('taken')) === 0) await unitOfWork.run((stores) => add(stores, 'taken'));
});

test('a write that fails after its work has ended fails the transaction, by what failed', async () => {
  const work = unitOfWork.run(async (stores) => {
    await add(stores, 'beside 1');
    await add(stores, 'taken');
  });
  await expect(work).rejects.toThrow(KeyTaken);
  expect(await stored('beside 1')).toBe(0);
});

test('what fails because a write has failed before it does not hide what that was', async () => {
  const work = unitOfWork.run(async (stores) => {
    await add(stores, 'taken');
    await add(stores, 'beside 2');
    return stores.callbacks.find([{ gateway: 'stripe', eventId: 'taken' }]);
  });
  await expect(work).rejects.toThrow(KeyTaken);
  expect(await stored('beside 2')).toBe(0);
});

test('work that goes on as if nothing had failed commits nothing and is told so', async () => {
  const work = unitOfWork.run(async (stores) => {
    await add(stores, 'beside 3');
    await stores.callbacks.lockUndecided(['no number'], 'skip').catch(() => []);
    return 'all is well';
  });
  await expect(work).rejects.toThrow('invalid input syntax for type bigint');
  expect(await stored('beside 3')).toBe(0);
});

test('a connection on which a transaction failed serves the next', async () => {
  for (let round = 0; round < 4; round += 1) {
    await expect(unitOfWork.run((stores) => add(stores, 'taken'))).rejects.toThrow(KeyTaken);
    await unitOfWork.run((stores) => add(stores, `after ${round}`));
    expect(await stored(`after ${round}`)).toBe(1);
  }
});

describe('where BEGIN alone fails, nothing is written outside of a transaction', () => {
  test.each<[string, (stores: Stores) => Promise<unknown>]>([
    [
      'by work that read first',
      async (stores) => {
        await stores.callbacks.find([{ gateway: 'stripe', eventId: 'torn' }]);
        await add(stores, 'torn');
      },
    ],
    [
      'by a change that is the first to be said',
      ({ orders }) => orders.add(new Order('torn', Money.of('1.00', 'CNY'), 'pending')),
    ],
    [
      'by what nobody waits for',
      ({ callbacks }) => callbacks.add([{ id: '4711', ...asNew(ignored('torn')) }]),
    ],
    ['by statements that are not prepared', ({ subscribers }) => subscribers.keepStream(new Date(NOW))],
  ])('%s', async (_how, work) => {
    proxy.garble = 'BEGIN';
    await expect(unitOfWork.run(work)).rejects.toThrow('syntax error');
    expect(await stored('torn')).toBe(0);
    for (const table of ['orders', 'subscribers']) {
      expect(await pools[1]!.query(`SELECT FROM ${table}`)).toHaveLength(0);
    }
  });
});

test('a connection whose transaction could not be ended is given to nobody', async () => {
  const pidOf = async () =>
    (await pools[0]!.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid'))[0]!.pid;
  const before = await pidOf();
  proxy.garble = 'ROLLBACK';
  await expect(unitOfWork.run((stores) => add(stores, 'taken'))).rejects.toThrow(KeyTaken);
  await expect(pools[0]!.query('SELECT 1')).resolves.toBeDefined();
  expect(await pidOf()).not.toBe(before);
});
