import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrder } from '../../src/application/create-order.js';
import {
  type IdempotencyScope,
  IdempotentWrite,
  type Answer,
} from '../../src/application/idempotent-write.js';
import type { Stores } from '../../src/application/ports.js';
import { Money } from '../../src/domain/money.js';
import { AT, freshNumber, type OpenStores } from './by-hand.js';

/** What an `Idempotency-Key` promises, over whatever keeps it. */
export function idempotentWrites(name: string, open: () => Promise<OpenStores>): void {
  describe(`writes with an Idempotency-Key, on ${name}`, () => {
    let stores: OpenStores;
    let now = AT;
    let write: IdempotentWrite;
    beforeAll(async () => {
      stores = await open();
      write = new IdempotentWrite(stores.unitOfWork, { now: () => now });
    });
    afterAll(() => stores.close());

    const scopeOf = (other: Partial<IdempotencyScope> = {}): IdempotencyScope => {
      return { tokenName: 'otto', method: 'POST', path: '/orders', key: freshNumber(), ...other };
    };
    const place =
      (orderNumber: string) =>
      async (stores: Stores): Promise<Answer> => {
        const order = { orderNumber, total: Money.of('1.00', 'CNY'), customerId: null };
        const created = await createOrder(stores, order, { actor: 'admin:otto', at: AT });
        return created === 'number_taken' ? { status: 409, body: created } : { status: 201, body: created };
      };
    const unexpected = (): Promise<Answer> => Promise.reject(new Error('a repeat must not write'));

    test('a repeat gets the first answer to the byte, and does nothing', async () => {
      const scope = scopeOf();
      const first = await write.run({ scope, bodyHash: 'a' }, place(freshNumber()));
      expect(first).toMatchObject({ status: 201 });
      expect(await write.run({ scope, bodyHash: 'a' }, unexpected)).toEqual(first);
    });

    test('a refusal is repeated too, even when it would be none by now', async () => {
      const scope = scopeOf();
      const refusal = { status: 409, body: { detail: 'NUL \0 and a lone \ud800 are held as well' } };
      const first = await write.run({ scope, bodyHash: 'a' }, () => Promise.resolve(refusal));
      expect(first).toEqual({ status: 409, text: JSON.stringify(refusal.body) });
      expect(await write.run({ scope, bodyHash: 'a' }, unexpected)).toEqual(first);
    });

    test('another body under the same key is refused and not written', async () => {
      const scope = scopeOf();
      await write.run({ scope, bodyHash: 'a' }, place(freshNumber()));
      expect(await write.run({ scope, bodyHash: 'b' }, unexpected)).toBe('key_reused');
    });

    test.each<Partial<IdempotencyScope>>([{ tokenName: 'olga' }, { method: 'PUT' }, { path: '/payments' }])(
      'a key is one of its token, method and path: %j is another',
      async (other) => {
        const scope = scopeOf();
        await write.run({ scope, bodyHash: 'a' }, place(freshNumber()));
        const answer = { status: 200, body: 'done' };
        const again = await write.run({ scope: { ...scope, ...other }, bodyHash: 'b' }, () =>
          Promise.resolve(answer),
        );
        expect(again).toEqual({ status: 200, text: '"done"' });
      },
    );

    test('what is thrown leaves neither the write nor its key', async () => {
      const scope = scopeOf();
      const orderNumber = freshNumber();
      const failing = async (stores: Stores): Promise<Answer> => {
        await place(orderNumber)(stores);
        throw new Error('a bug of ours');
      };
      await expect(write.run({ scope, bodyHash: 'a' }, failing)).rejects.toThrow('a bug of ours');
      expect(await write.run({ scope, bodyHash: 'a' }, place(orderNumber))).toMatchObject({ status: 201 });
    });

    test('without a key every request writes', async () => {
      const orderNumber = freshNumber();
      expect(await write.run({ scope: null, bodyHash: 'a' }, place(orderNumber))).toMatchObject({
        status: 201,
      });
      expect(await write.run({ scope: null, bodyHash: 'a' }, place(orderNumber))).toMatchObject({
        status: 409,
      });
    });

    test('of twenty requests with one key at once, one writes; the others get its answer or are told to wait', async () => {
      const scope = scopeOf();
      const orderNumber = freshNumber();
      const request = { scope, bodyHash: 'a' };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => write.run(request, place(orderNumber))),
      );
      const done = answers.filter((answer) => answer !== 'key_in_flight');
      expect(done.length).toBeGreaterThan(0);
      expect(new Set(done.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(done[0]).toMatchObject({ status: 201 });
    });

    test('a key is free again after a day', async () => {
      const scope = scopeOf();
      await write.run({ scope, bodyHash: 'a' }, place(freshNumber()));
      now = new Date(AT.getTime() + 24 * 60 * 60 * 1000 + 1);
      expect(await write.run({ scope, bodyHash: 'b' }, place(freshNumber()))).toMatchObject({ status: 201 });
      now = AT;
    });
  });
}
