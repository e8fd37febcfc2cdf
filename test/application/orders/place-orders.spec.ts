import { expect, test } from '@jest/globals';
import { Contended } from '../../../src/application/transaction.js';
import { hashesOf } from '../fixtures/body-hashes.js';
import { memoryWorld } from '../fixtures/memory-world.js';

test('opening a payment for which no callback waits decides nothing and locks no inbox row', async () => {
  const { world, recording } = memoryWorld();
  const { orderNumber } = await world.placeOrder({ payments: 0 });
  const calls = await recording.callsOf(() => world.openPayment(orderNumber));
  expect(calls.filter((call) => /lock|save/.test(call))).toEqual(['OrderRepository.lock']);
});

test('a batch writes each table once, and reads back nothing that it has written', async () => {
  const { world, recording } = memoryWorld();
  const { orderNumber } = await world.place();
  const placements = [
    world.placement({ payment: { paymentNumber: 'P1' }, keyed: world.keyed() }),
    world.placement({ payment: {}, keyed: world.keyed() }),
    world.placement({ orderNumber, order: null, payment: { paymentNumber: 'P2' } }),
  ];
  expect(await recording.callsOf(() => world.placeBatch(placements))).toEqual([
    'IdempotencyKeyRepository.claim',
    'PaymentRepository.reserve',
    'CallbackRepository.findUnmatched',
    'OrderRepository.lock',
    'OrderRepository.add',
    'PaymentRepository.add',
    'EventRepository.append',
    'IdempotencyKeyRepository.store',
  ]);
  expect(recording.options.at(-1)).toEqual({ attempts: 1, pipelined: true });
});

test('an order without a payment number of its own is placed without a look at other rows', async () => {
  const { world, recording } = memoryWorld();
  const calls = await recording.callsOf(() => world.placeBatch([world.placement({ payment: {} })]));
  expect(calls).toEqual(['OrderRepository.add', 'PaymentRepository.add', 'EventRepository.append']);
});

test('a member whose order or payment number another transaction has locked is left out of its batch; alone it waits', async () => {
  const { world, memory } = memoryWorld();
  const { orderNumber } = await world.place();
  memory.lockedElsewhere.add(orderNumber).add('P-locked').add('K-locked');
  const locked = world.placement({ orderNumber, order: null, payment: {} });
  const reserved = world.placement({ payment: { paymentNumber: 'P-locked' } });
  const scope = { ...world.keyed().scope, key: 'K-locked' };
  const inFlight = world.placement({ keyed: { scope, ...hashesOf('a') } });
  const free = world.placement({ payment: { paymentNumber: 'P-free' } });
  expect(await world.placeBatch([locked, reserved, inFlight, free])).toMatchObject([
    'alone',
    'alone',
    'key_in_flight',
    { status: 201 },
  ]);
  await expect(world.placeAlone(locked)).rejects.toThrow(Contended);
  await expect(world.placeAlone(reserved)).rejects.toThrow(Contended);
  memory.lockedElsewhere.clear();
  for (const each of [locked, reserved]) expect(await world.placeAlone(each)).toMatchObject({ status: 201 });
});

test('a placement that was carried out before is answered although its rows are locked now', async () => {
  const { world, memory } = memoryWorld();
  const { orderNumber } = await world.place();
  const placement = world.placement({ orderNumber, order: null, payment: {}, keyed: world.keyed() });
  const reply = await world.placeAlone(placement);
  memory.lockedElsewhere.add(orderNumber);
  expect(await world.placeBatch([placement])).toEqual([reply]);
  expect(await world.placeAlone(placement)).toEqual(reply);
});

test('a placement that has waited for a lock is not carried out if its client has left', async () => {
  const { world } = memoryWorld();
  const placement = world.placement();
  const client = AbortSignal.abort(new Error('the client has left'));
  await expect(world.placeOrders.executeAlone(placement, client)).rejects.toThrow('the client has left');
  expect(await world.order(placement.orderNumber)).toBeNull();
});
