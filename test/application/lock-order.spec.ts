import { expect, test } from '@jest/globals';
import { RETRY_DELAYS_SECONDS } from '../../src/application/callbacks/settle-pending.js';
import { Money } from '../../src/domain/money.js';
import { memoryWorld } from './fixtures/memory-world.js';
import { LATE, NOW, receipt, refundReceipt } from './fixtures/receipts.js';
import type { World } from './fixtures/world.js';
import type { MemoryUnitOfWork } from './memory/unit-of-work.js';

/** What transactions lock, in the one order that prevents deadlocks, and the calls that lock or insert it. */
const LOCKS = {
  key: /^IdempotencyKeyRepository\.claim$/,
  dispute: /^DisputeRepository\.lockNames$/,
  payment: /^PaymentRepository\.(reserve|lock|lockExpired)$/,
  order: /^OrderRepository\.(lock|lockByPayments|add)$/,
  piece: /^PieceRepository\.lock$/,
  callback: /^CallbackRepository\.(lock|lockUndecided|countCopies|add|leaseDue|postpone)$/,
  case: /^CaseRepository\.(lockOpen|lockNamed|lockBesideMoney|open|end|setAmounts|nameSuccessors)$/,
};
type Locked = keyof typeof LOCKS;
const ORDER = Object.keys(LOCKS) as Locked[];

type Prepare = (world: World, memory: MemoryUnitOfWork) => Promise<() => Promise<unknown>>;
const late = async (world: World) => {
  const { paymentNumber } = await world.placeOrder();
  await world.receive(receipt(paymentNumber, { receivedAt: LATE }));
  return world.openCase(paymentNumber);
};

// prettier-ignore
const USE_CASES: readonly [name: string, locked: Locked[], prepare: Prepare][] = [
  ['settling a new success', ['payment', 'order', 'piece', 'callback'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    return () => world.receive(receipt(paymentNumber));
  }],
  ['settling new successes and copies together', ['payment', 'order', 'piece', 'callback'], async (world) => {
    const [known, other] = [await world.placeOrder(), await world.placeOrder()];
    const copy = receipt(known.paymentNumber);
    await world.receive(copy);
    return () => world.process([copy, receipt(other.paymentNumber)]);
  }],
  ['opening a case for new money', ['payment', 'order', 'piece', 'callback', 'case'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    return () => world.receive(receipt(paymentNumber, { money: Money.of('1.00', 'CNY') }));
  }],
  ['a report of a refund that fails', ['payment', 'order', 'piece', 'callback', 'case'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    await world.receive(receipt(paymentNumber));
    return () => world.receive(refundReceipt(paymentNumber, { status: 'failed' }));
  }],
  ['opening the case of a refund whose money does not come', ['piece', 'case'], async (world) => {
    await world.receive(refundReceipt('P-none'));
    return () => world.openOverdueCasesAt(NOW + 600_001);
  }],
  ['retrying a pending callback', ['payment', 'order', 'piece', 'callback'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    const stored = { ...receipt(paymentNumber), outcome: 'pending' as const, attempts: 1 };
    const id = await world.store(stored);
    const options = { mode: 'skip' as const, deadline: performance.now() + 3_000 };
    return () => world.processPaymentSuccess.executeStored([{ ...stored, id }], options);
  }],
  ['creating a payment and settling its early callbacks', ['payment', 'order', 'piece', 'callback', 'case'], async (world) => {
    await world.receive(receipt('EARLY'));
    const { orderNumber } = await world.placeOrder({ payments: 0 });
    return () => world.openPayment(orderNumber, { paymentNumber: 'EARLY' });
  }],
  ['replaying a callback', ['payment', 'order', 'piece', 'callback', 'case'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    const id = await world.store(receipt(paymentNumber), 'undeliverable');
    return () => world.replay(id);
  }],
  ['accepting money', ['payment', 'order', 'piece', 'case'], async (world) => {
    const found = await late(world);
    return () => world.resolve(found, 'accept');
  }],
  ['attaching money to another payment', ['payment', 'order', 'piece', 'case'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    await world.receive(receipt('P-none'));
    const found = await world.openCase('P-none');
    return () => world.resolve(found, 'attach', { paymentNumber });
  }],
  ['resolving money as refunded elsewhere', ['payment', 'order', 'piece', 'case'], async (world) => {
    const found = await late(world);
    return () => world.resolve(found, 'refunded_elsewhere', { reference: 'R-1' });
  }],
  ['dismissing a case', ['piece', 'case'], async (world) => {
    const found = await late(world);
    return () => world.resolve(found, 'dismiss');
  }],
  ['cancelling a paid order', ['order', 'piece', 'case'], async (world) => {
    const { orderNumber, paymentNumber } = await world.placeOrder();
    await world.receive(receipt(paymentNumber));
    return () => world.moveOrder(orderNumber, 'cancelled');
  }],
  ['cancelling a payment', ['payment'], async (world) => {
    const { paymentNumber } = await world.placeOrder();
    return () => world.movePayment(paymentNumber, 'cancelled');
  }],
  ['expiring a payment and cancelling its order', ['payment', 'order'], async (world) => {
    await world.placeOrder();
    return () => world.expireAt(LATE.getTime() + 60_000, { cancelsUnpaidOrders: true });
  }],
  ['giving up a callback', ['callback', 'case'], async (world, memory) => {
    const id = await world.store(receipt('P-none'));
    const spent = { ...memory.tables.callbacks.get(id)!, attempts: RETRY_DELAYS_SECONDS.length };
    memory.tables = { ...memory.tables, callbacks: new Map([[id, spent]]) };
    world.clock.at = NOW + 86_400_000;
    return () => world.settlePending.execute();
  }],
  ['placing an order with its payment, whose callback came before, under an idempotency key', ['key', 'payment', 'order', 'piece', 'callback', 'case'], async (world) => {
    await world.receive(receipt('EARLY'));
    return () => world.placeAlone(world.placement({ payment: { paymentNumber: 'EARLY' }, keyed: world.keyed() }));
  }],
  ['placing a batch with idempotency keys', ['key', 'payment', 'order'], async (world) => {
    const { orderNumber } = await world.placeOrder();
    return () => world.placeBatch([
      world.placement({ payment: { paymentNumber: 'P1' }, keyed: world.keyed() }),
      world.placement({ orderNumber, order: null, payment: { paymentNumber: 'P2' }, keyed: world.keyed() }),
      world.placement({ keyed: world.keyed() }),
    ]);
  }],
];

test.each(USE_CASES)(
  '%s locks %j, each kind of row after the ones before it',
  async (_name, locked, prepare) => {
    const { world, recording, memory } = memoryWorld();
    const useCase = await prepare(world, memory);
    const calls = await recording.callsOf(useCase);
    const kinds = calls.flatMap((call) => ORDER.find((kind) => LOCKS[kind].test(call)) ?? []);
    expect([...new Set(kinds)]).toEqual(locked);
    expect(locked).toEqual(locked.toSorted((left, right) => ORDER.indexOf(left) - ORDER.indexOf(right)));
  },
);

test('a batch locks its stored callbacks before it inserts new ones, so that two batches with both cannot wait for each other', async () => {
  const { world, recording } = memoryWorld();
  const [known, other] = [await world.placeOrder(), await world.placeOrder()];
  const copy = receipt(known.paymentNumber);
  await world.receive(copy);
  const calls = await recording.callsOf(() => world.process([receipt(other.paymentNumber), copy]));
  const [counted, added] = ['CallbackRepository.countCopies', 'CallbackRepository.add'];
  expect(calls).toEqual(expect.arrayContaining([counted, added]));
  expect(calls.indexOf(counted)).toBeLessThan(calls.indexOf(added));
});
