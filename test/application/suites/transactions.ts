import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrderQueries } from '../../../src/application/orders/order-queries.js';
import { OrderRepository } from '../../../src/application/orders/order-repository.js';
import type { Transaction } from '../../../src/application/transaction.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import { freshNumber } from '../fixtures/receipts.js';
import type { TestDatabase } from '../fixtures/world.js';

/** What a unit of work promises to the use cases. */
export function transactionSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`transactions, on ${name}`, () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(() => database.close());

    const add = (tx: Transaction, number: string) =>
      tx.of(OrderRepository).add([new Order(number, Money.of('1.00', 'CNY'), 'pending')]);
    const exists = async (number: string) =>
      (await database.unitOfWork.run((tx) => tx.of(OrderQueries).find(number))) !== null;

    test('queries inside a transaction see what it has written, and others see it after the commit', async () => {
      const number = freshNumber();
      const seen = await database.unitOfWork.run(async (tx) => {
        await add(tx, number);
        return tx.of(OrderQueries).find(number);
      });
      expect(seen).toMatchObject({ orderNumber: number });
      expect(await exists(number)).toBe(true);
    });

    test('work that throws leaves nothing behind', async () => {
      const number = freshNumber();
      const work = database.unitOfWork.run(async (tx) => {
        await add(tx, number);
        throw new Error('a bug');
      });
      await expect(work).rejects.toThrow('a bug');
      expect(await exists(number)).toBe(false);
    });

    test.each(['commit', 'rollback'])(
      'after a %s the transaction gives no port, and its ports fail',
      async (end) => {
        let ended!: Transaction;
        let queries!: OrderQueries;
        let orders!: OrderRepository;
        const work = database.unitOfWork.run(async (tx) => {
          [ended, queries, orders] = [tx, tx.of(OrderQueries), tx.of(OrderRepository)];
          if (end === 'rollback') throw new Error('rolled back');
        });
        await work.catch(() => undefined);
        expect(() => ended.of(OrderQueries)).toThrow('the transaction has ended');
        expect(() => ended.of(OrderRepository)).toThrow('the transaction has ended');
        await expect(queries.find('any')).rejects.toThrow('the transaction has ended');
        await expect(orders.lock(['any'], 'skip')).rejects.toThrow('the transaction has ended');
      },
    );
  });
}
