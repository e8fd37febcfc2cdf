import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import {
  CallbackRepository,
  type NewCallback,
  type Receipt,
} from '../../src/application/callbacks/callback-repository.js';
import { SubscriberRepository } from '../../src/application/events/subscriber-repository.js';
import { OrderRepository } from '../../src/application/orders/order-repository.js';
import { KeyTaken, type Transaction } from '../../src/application/transaction.js';
import { Money } from '../../src/domain/money.js';
import { Order } from '../../src/domain/orders/order.js';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { NOW, receipt } from '../application/fixtures/receipts.js';
import { addCallback } from '../application/fixtures/world.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { openPools, unitOfWorkOn, type OpenedPools } from './open-postgres.js';

/** BEGIN may travel with the first reads, and COMMIT travels with the last writes. These are the ways in which that could go wrong. */

let database: FreshDatabase;
let proxy: TcpProxy;
let pools: OpenedPools;
let engine: PostgresUnitOfWork;
beforeAll(async () => {
  database = await freshDatabase();
  const proxied = await TcpProxy.before(database.url);
  proxy = proxied.proxy;
  pools = await openPools(proxied.url, { main: 1 });
  engine = unitOfWorkOn(pools);
});
afterAll(async () => {
  await pools.close();
  await proxy.close();
  await database.drop();
});

const ignored = (eventId: string): Receipt =>
  receipt('', { eventId, kind: 'ignored', paymentNumber: null, transactionId: null, money: null });
const asNew = (eventId: string): Omit<NewCallback, 'id'> => ({
  receipt: ignored(eventId),
  outcome: 'ignored',
  at: new Date(NOW),
  deliveries: 1,
});
const add = (tx: Transaction, eventId: string) => addCallback(tx, asNew(eventId));
const find = (tx: Transaction, eventId: string) =>
  tx.of(CallbackRepository).findByKeys([{ gateway: 'stripe', eventId }]);
const stored = async (eventId: string) => (await engine.run((tx) => find(tx, eventId))).length;

beforeEach(async () => {
  if ((await stored('taken')) === 0) await engine.run((tx) => add(tx, 'taken'));
});

describe.each([
  ['whose BEGIN travels with the first reads', true, 'BEGIN'],
  ['that TypeORM begins', false, 'START TRANSACTION'],
])('a transaction %s:', (_how, pipelined, begin) => {
  const unitOfWork: Pick<PostgresUnitOfWork, 'run'> = {
    run: (work, options) => engine.run(work, { pipelined, ...options }),
  };
  const mark = pipelined ? 'p' : 't';

  test('a write that fails after the work has returned fails the transaction with its own error', async () => {
    const work = unitOfWork.run(async (tx) => {
      await add(tx, `beside 1 ${mark}`);
      await add(tx, 'taken');
    });
    await expect(work).rejects.toThrow(KeyTaken);
    expect(await stored(`beside 1 ${mark}`)).toBe(0);
  });

  test('the transaction fails with the error of the first statement, not with those that follow from it', async () => {
    const work = unitOfWork.run(async (tx) => {
      await add(tx, 'taken');
      await add(tx, `beside 2 ${mark}`);
      return find(tx, 'taken');
    });
    await expect(work).rejects.toThrow(KeyTaken);
    expect(await stored(`beside 2 ${mark}`)).toBe(0);
  });

  test('work that ignores a failed statement commits nothing and gets its error', async () => {
    const work = unitOfWork.run(async (tx) => {
      await add(tx, `beside 3 ${mark}`);
      await tx
        .of(CallbackRepository)
        .lockUndecided(['no number'], 'skip')
        .catch(() => []);
      return 'no error';
    });
    await expect(work).rejects.toThrow('invalid input syntax for type bigint');
    expect(await stored(`beside 3 ${mark}`)).toBe(0);
  });

  test('a connection whose transaction failed serves the next transaction', async () => {
    for (let round = 0; round < 4; round += 1) {
      await expect(unitOfWork.run((tx) => add(tx, 'taken'))).rejects.toThrow(KeyTaken);
      await unitOfWork.run((tx) => add(tx, `after ${round} ${mark}`));
      expect(await stored(`after ${round} ${mark}`)).toBe(1);
    }
  });

  describe('if only the BEGIN fails, nothing is written outside a transaction', () => {
    test.each<[string, (tx: Transaction) => Promise<unknown>]>([
      [
        'by work that reads first',
        async (tx) => {
          await find(tx, 'torn');
          await add(tx, 'torn');
        },
      ],
      [
        'by a change that is called first',
        (tx) => tx.of(OrderRepository).add([new Order('torn', Money.of('1.00', 'CNY'), 'pending')]),
      ],
      [
        'by a write that is not awaited',
        (tx) => tx.of(CallbackRepository).add([{ id: '4711', ...asNew('torn') }]),
      ],
      [
        'by a statement that is not prepared',
        (tx) => tx.of(SubscriberRepository).registerStream(new Date(NOW)),
      ],
    ])('%s', async (_how, work) => {
      proxy.corrupt = begin;
      await expect(unitOfWork.run(work)).rejects.toThrow('syntax error');
      expect(await stored('torn')).toBe(0);
      for (const table of ['orders', 'subscribers']) {
        expect(await pools.reserve.query(`SELECT FROM ${table}`)).toHaveLength(0);
      }
    });
  });

  test('a connection whose transaction could not be ended is not used again, not even by one that waits for it', async () => {
    const pidOf = async () => {
      const [row] = await pools.main.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
      return row!.pid;
    };
    const before = await pidOf();
    proxy.corrupt = 'ROLLBACK';
    const [failed, waiting] = await Promise.allSettled([unitOfWork.run((tx) => add(tx, 'taken')), pidOf()]);
    expect(failed).toMatchObject({ status: 'rejected', reason: expect.any(KeyTaken) });
    expect(waiting).toMatchObject({ status: 'fulfilled' });
    expect(waiting).not.toMatchObject({ value: before });
  });
});
