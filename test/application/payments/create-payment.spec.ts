import { expect, test } from '@jest/globals';
import { memoryWorld } from '../fixtures/memory-world.js';

test('opening a payment for which no callback waits decides nothing and locks no inbox row', async () => {
  const { world, recording } = memoryWorld();
  const { orderNumber } = await world.placeOrder({ payments: 0 });
  const calls = await recording.callsOf(() => world.openPayment(orderNumber));
  expect(calls.filter((call) => /lock|save/.test(call))).toEqual(['OrderRepository.lock']);
});
