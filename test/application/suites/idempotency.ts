import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  IdempotencyKeyRepository,
  type IdempotencyScope,
} from '../../../src/application/idempotency/idempotency-key-repository.js';
import { IdempotentWrite, type WriteResult } from '../../../src/application/idempotency/idempotent-write.js';
import { RemoveExpiredReplies } from '../../../src/application/idempotency/remove-expired-replies.js';
import { OrderRepository } from '../../../src/application/orders/order-repository.js';
import type { Transaction } from '../../../src/application/transaction.js';
import { Money } from '../../../src/domain/money.js';
import { Order } from '../../../src/domain/orders/order.js';
import { hashesOf } from '../fixtures/body-hashes.js';
import { freshNumber, NOW } from '../fixtures/receipts.js';
import type { TestDatabase } from '../fixtures/world.js';

/** What an `Idempotency-Key` promises. */
export function idempotencySuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`writes with an Idempotency-Key, on ${name}`, () => {
    let database: TestDatabase;
    let now = new Date(NOW);
    let write: IdempotentWrite;
    beforeAll(async () => {
      database = await open();
      write = new IdempotentWrite(database.unitOfWork, { now: () => now });
    });
    afterAll(() => database.close());

    repeating(() => write);
    failing(() => write);
    racing(() => write);

    test('replies are removed after 24 hours, the others stay', async () => {
      const [old, young] = [newScope(), newScope()];
      await write.run({ keyed: { scope: old, ...hashesOf('a') } }, place(freshNumber()));
      now = new Date(NOW + 60_000);
      const reply = await write.run({ keyed: { scope: young, ...hashesOf('a') } }, place(freshNumber()));
      now = new Date(NOW + 24 * 60 * 60 * 1_000);
      const remove = (limit: number) =>
        database.unitOfWork.run((tx) => tx.of(IdempotencyKeyRepository).removeExpired(limit, now));
      expect(await remove(1)).toBe(1);
      expect(await new RemoveExpiredReplies(database.unitOfWork, { now: () => now }).execute()).toBe(false);
      expect(await remove(1)).toBe(0);
      expect(await write.run({ keyed: { scope: young, ...hashesOf('a') } }, unexpected)).toEqual(reply);
      now = new Date(NOW);
      expect(
        await write.run({ keyed: { scope: old, ...hashesOf('b') } }, place(freshNumber())),
      ).toMatchObject({
        status: 201,
      });
    });

    test('a key is free again after 24 hours', async () => {
      const scope = newScope();
      await write.run({ keyed: { scope, ...hashesOf('a') } }, place(freshNumber()));
      now = new Date(NOW + 24 * 60 * 60 * 1_000 + 1);
      expect(await write.run({ keyed: { scope, ...hashesOf('b') } }, place(freshNumber()))).toMatchObject({
        status: 201,
      });
      now = new Date(NOW);
    });
  });
}

const newScope = (): IdempotencyScope => {
  return { tokenName: 'otto', method: 'POST', path: '/orders', key: freshNumber() };
};

/** A write that places an order under this number. */
const place =
  (orderNumber: string) =>
  async (tx: Transaction): Promise<WriteResult> => {
    const order = new Order(orderNumber, Money.of('1.00', 'CNY'), 'pending');
    const created = await tx.of(OrderRepository).add([order]);
    return { status: created.size === 0 ? 409 : 201, body: { orderNumber } };
  };

const unexpected = (): Promise<WriteResult> => Promise.reject(new Error('a repeat must not write'));

function repeating(write: () => IdempotentWrite): void {
  test('a repeated request gets the same reply byte for byte, and writes nothing', async () => {
    const scope = newScope();
    const first = await write().run({ keyed: { scope, ...hashesOf('a') } }, place(freshNumber()));
    expect(first).toMatchObject({ status: 201 });
    expect(await write().run({ keyed: { scope, ...hashesOf('a') } }, unexpected)).toEqual(first);
  });

  test('a reply is repeated with whatever characters it contains', async () => {
    const scope = newScope();
    const reply = { status: 200, body: { detail: 'NUL \0 and a lone surrogate \ud800' } };
    const first = await write().run({ keyed: { scope, ...hashesOf('a') } }, () => Promise.resolve(reply));
    expect(first).toEqual({ status: 200, text: JSON.stringify(reply.body) });
    expect(await write().run({ keyed: { scope, ...hashesOf('a') } }, unexpected)).toEqual(first);
  });

  test('the same JSON in another notation is the same body', async () => {
    const scope = newScope();
    const first = await write().run({ keyed: { scope, ...hashesOf('a') } }, place(freshNumber()));
    const again = { keyed: { scope, ...hashesOf('a', 'with white space') } };
    expect(await write().run(again, unexpected)).toEqual(first);
  });

  test('another body under the same key is refused and writes nothing', async () => {
    const scope = newScope();
    await write().run({ keyed: { scope, ...hashesOf('a') } }, place(freshNumber()));
    expect(await write().run({ keyed: { scope, ...hashesOf('b') } }, unexpected)).toBe('key_reused');
  });

  test.each<Partial<IdempotencyScope>>([{ tokenName: 'olga' }, { method: 'PUT' }, { path: '/payments' }])(
    'the same key with another token, method or path is another key: %j',
    async (other) => {
      const scope = newScope();
      await write().run({ keyed: { scope, ...hashesOf('a') } }, place(freshNumber()));
      const reply = { status: 200, body: 'done' };
      const again = await write().run({ keyed: { scope: { ...scope, ...other }, ...hashesOf('b') } }, () =>
        Promise.resolve(reply),
      );
      expect(again).toEqual({ status: 200, text: '"done"' });
    },
  );
}

function failing(write: () => IdempotentWrite): void {
  test('a write that throws leaves neither its effects nor its key', async () => {
    const scope = newScope();
    const orderNumber = freshNumber();
    const fails = async (tx: Transaction): Promise<WriteResult> => {
      await place(orderNumber)(tx);
      throw new Error('a bug');
    };
    await expect(write().run({ keyed: { scope, ...hashesOf('a') } }, fails)).rejects.toThrow('a bug');
    expect(await write().run({ keyed: { scope, ...hashesOf('a') } }, place(orderNumber))).toMatchObject({
      status: 201,
    });
  });

  test.each([null, newScope()])(
    'a write that is refused leaves neither what it wrote before nor its key: %j',
    async (scope) => {
      const orderNumber = freshNumber();
      const refused = async (tx: Transaction): Promise<WriteResult> => {
        await place(orderNumber)(tx);
        return { status: 409, body: 'refused' };
      };
      const asked = (content: string) => ({ keyed: scope && { scope, ...hashesOf(content) } });
      expect(await write().run(asked('a'), refused)).toEqual({ status: 409, text: '"refused"' });
      expect(await write().run(asked('b'), place(orderNumber))).toMatchObject({
        status: 201,
      });
    },
  );

  test('a write whose client leaves before the commit leaves neither its effects nor its key', async () => {
    const request = { keyed: { scope: newScope(), ...hashesOf('a') } };
    const orderNumber = freshNumber();
    const client = new AbortController();
    const left = new Error('the client has left');
    const abandoned = async (tx: Transaction): Promise<WriteResult> => {
      client.abort(left);
      return place(orderNumber)(tx);
    };
    await expect(write().run({ ...request, signal: client.signal }, abandoned)).rejects.toBe(left);
    expect(await write().run(request, place(orderNumber))).toMatchObject({ status: 201 });
  });

  test('without a key every request writes', async () => {
    const request = { keyed: null };
    const orderNumber = freshNumber();
    expect(await write().run(request, place(orderNumber))).toMatchObject({ status: 201 });
    expect(await write().run(request, place(orderNumber))).toMatchObject({ status: 409 });
  });
}

function racing(write: () => IdempotentWrite): void {
  test('of twenty simultaneous requests with one key, one writes, and the others get its reply or are in flight', async () => {
    const request = { keyed: { scope: newScope(), ...hashesOf('a') } };
    const orderNumber = freshNumber();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => write().run(request, place(orderNumber))),
    );
    const replies = answers.filter((answer) => answer !== 'key_in_flight');
    expect(replies.length).toBeGreaterThan(0);
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(replies[0]).toMatchObject({ status: 201 });
  });
}
