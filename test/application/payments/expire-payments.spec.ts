import { beforeEach, expect, test } from '@jest/globals';
import { memoryWorld } from '../fixtures/memory-world.js';
import { LATE, NOW } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const cancels = { cancelsUnpaidOrders: true };
const AFTER = LATE.getTime() + 60_000;

let memory: MemoryUnitOfWork;
let recording: RecordingUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, recording, world } = memoryWorld());
});

test('a run that finds no expired payment locks no order and writes nothing', async () => {
  await world.placeOrder();
  const before = memory.tables;
  const calls = await recording.callsOf(() => world.expireAt(NOW, cancels));
  expect(calls.filter((call) => call.startsWith('Order'))).toEqual([]);
  expect(memory.tables).toEqual(before);
});

test('a payment whose order another transaction has locked is left for the next run, without waiting', async () => {
  const { orderNumber, paymentNumber } = await world.placeOrder();
  memory.lockedElsewhere.add(orderNumber);
  expect(await world.expireAt(AFTER, cancels)).toMatchObject({ expired: [], cancelledOrders: [] });
  expect(await world.state(paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
  memory.lockedElsewhere.clear();
  expect(await world.expireAt(AFTER, cancels)).toMatchObject({
    expired: [paymentNumber],
    cancelledOrders: [orderNumber],
  });
});

test('without cancelling, an order that another transaction has locked does not delay the expiry of its payment', async () => {
  const { orderNumber, paymentNumber } = await world.placeOrder();
  memory.lockedElsewhere.add(orderNumber);
  expect((await world.expireAt(AFTER)).expired).toEqual([paymentNumber]);
});

test('a full batch whose order another transaction has locked is not repeated at once', async () => {
  const { orderNumber } = await world.placeOrder({ payments: 256 });
  memory.lockedElsewhere.add(orderNumber);
  expect(await world.expireAt(AFTER, cancels)).toMatchObject({ expired: [], more: false });
  memory.lockedElsewhere.clear();
  expect(await world.expireAt(AFTER, cancels)).toMatchObject({ expired: { length: 256 }, more: true });
});
