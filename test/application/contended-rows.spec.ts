import { beforeEach, expect, test } from '@jest/globals';
import { transactionKey } from '../../src/application/payments/payment-repository.js';
import { Contended } from '../../src/application/transaction.js';
import { Money } from '../../src/domain/money.js';
import { memoryWorld } from './fixtures/memory-world.js';
import { receipt } from './fixtures/receipts.js';
import type { World } from './fixtures/world.js';
import type { MemoryUnitOfWork } from './memory/unit-of-work.js';

/** Operators and the shop wait for locked rows. In memory that wait times out at once. */

let memory: MemoryUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, world } = memoryWorld());
});
const lockElsewhere = (key: string) => void memory.lockedElsewhere.add(key);

test('a transition of an order waits for the order', async () => {
  const { orderNumber } = await world.placeOrder();
  lockElsewhere(orderNumber);
  await expect(world.moveOrder(orderNumber, 'cancelled')).rejects.toThrow(Contended);
});

test('a transition of a payment waits for the payment', async () => {
  const { paymentNumber } = await world.placeOrder();
  lockElsewhere(paymentNumber);
  await expect(world.movePayment(paymentNumber, 'cancelled')).rejects.toThrow(Contended);
});

test('opening a payment waits for its order, and for the callbacks that came before it', async () => {
  const { orderNumber } = await world.placeOrder();
  lockElsewhere(await world.receive(receipt('EARLY')));
  await expect(world.openPayment(orderNumber, { paymentNumber: 'EARLY' })).rejects.toThrow(Contended);
  expect(await world.openPayment(orderNumber, { paymentNumber: 'OTHER' })).toMatchObject({ status: 'init' });
  lockElsewhere(orderNumber);
  await expect(world.openPayment(orderNumber, { paymentNumber: 'THIRD' })).rejects.toThrow(Contended);
});

test('a replay waits for the payment of its callback', async () => {
  const { paymentNumber } = await world.placeOrder();
  const id = await world.store(receipt(paymentNumber));
  lockElsewhere(paymentNumber);
  await expect(world.replay(id)).rejects.toThrow(Contended);
});

test('accepting the money of a case waits for its payment, and every ending waits for the money itself', async () => {
  const { paymentNumber } = await world.placeOrder();
  await world.receive(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
  const found = await world.openCase(paymentNumber);
  lockElsewhere(paymentNumber);
  await expect(world.resolve(found, 'accept')).rejects.toThrow(Contended);
  lockElsewhere(transactionKey('stripe', `T-${paymentNumber}`));
  const refund = world.resolve(found, 'refunded_elsewhere', { reference: 'R1' });
  await expect(refund).rejects.toThrow(Contended);
  await expect(world.resolve(found, 'dismiss')).rejects.toThrow(Contended);
});

test('a callback whose money another transaction has locked waits, and the others of its batch do not', async () => {
  const [first, second] = [await world.placeOrder(), await world.placeOrder()];
  lockElsewhere(transactionKey('stripe', `T-${first.paymentNumber}`));
  const entries = await world.process([receipt(first.paymentNumber), receipt(second.paymentNumber)]);
  expect(entries.map(({ outcome }) => outcome)).toEqual(['pending', 'settled']);
});
