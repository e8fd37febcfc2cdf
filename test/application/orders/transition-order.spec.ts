import { beforeEach, expect, test } from '@jest/globals';
import { memoryWorld } from '../fixtures/memory-world.js';
import { receipt } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

let memory: MemoryUnitOfWork;
let recording: RecordingUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, recording, world } = memoryWorld());
});

test('cancelling an unpaid order looks for no money', async () => {
  const { orderNumber } = await world.placeOrder();
  const calls = await recording.callsOf(() => world.moveOrder(orderNumber, 'cancelled'));
  expect(calls.filter((call) => /^(Payment|Case)/.test(call))).toEqual([]);
});

test('moving a paid order to another status than cancelled opens no case', async () => {
  const { orderNumber, paymentNumber } = await world.placeOrder();
  await world.receive(receipt(paymentNumber));
  await world.moveOrder(orderNumber, 'shipped');
  expect(memory.tables.cases.size).toBe(0);
});

test('cancelling a paid order opens a case for each payment that has succeeded, with the amount and the operator, and logs it', async () => {
  const { orderNumber, paymentNumbers } = await world.placeOrder({ payments: 2 });
  const [paid] = paymentNumbers as [string, string];
  await world.receive(receipt(paid));
  await world.moveOrder(orderNumber, 'cancelled');
  expect([...memory.tables.cases.values()]).toMatchObject([
    {
      kind: 'refund_due',
      paymentNumber: paid,
      orderNumber,
      callbackId: null,
      details: { paid: '100.00 CNY', reason: 'the paid order was cancelled' },
    },
  ]);
  expect(memory.tables.events.at(-1)).toMatchObject({ type: 'discrepancy.opened', actor: 'admin:otto' });
});
