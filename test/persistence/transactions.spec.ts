import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/persistence/data-source.js';
import { TypeormUnitOfWork } from '../../src/adapters/persistence/typeorm-unit-of-work.js';
import { KeyTaken, type NewCallback, type Receipt, type Stores } from '../../src/application/ports.js';
import { NOW, receipt, Tally } from '../application/callback-world.js';
import { addOne } from '../application/memory-inbox.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

/** What is only written is not waited for before the commit; these are the ways in which that could go wrong. */

let database: FreshDatabase;
let pools: DataSource[];
let unitOfWork: TypeormUnitOfWork;
beforeAll(async () => {
  database = await freshDatabase();
  pools = [2, 1].map((poolSize) => new DataSource(dataSourceOptions(database.url, poolSize)));
  await Promise.all(pools.map((pool) => pool.initialize()));
  unitOfWork = new TypeormUnitOfWork(pools[0]!, pools[1]!, new Tally());
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
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
