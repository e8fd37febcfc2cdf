import { beforeEach, expect, test } from '@jest/globals';
import { Money } from '../../src/domain/money.js';
import { asking, createPayment, DEED } from './by-hand.js';
import { NOW, receipt } from './callback-world.js';
import { CaseWorld } from './case-world.js';
import { MemoryUnitOfWork } from './memory-stores.js';

/** What operators and subscribers read of a callback, word by word. */

let memory: MemoryUnitOfWork;
let world: CaseWorld;
beforeEach(() => {
  memory = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  world = new CaseWorld({ unitOfWork: memory, close: async () => {} });
});

const told = (type: string) => memory.tables.events.filter((event) => event.type === type);

test('a case says what was expected beside what came', async () => {
  const { paymentNumber } = await world.given();
  await world.received(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
  expect((await world.openCase(paymentNumber)).details).toEqual({
    paid: '99.99 CNY',
    reason: null,
    due: '100.00 CNY',
    expiresAt: new Date(NOW + 1_800_000).toISOString(),
    judgedAt: new Date(NOW).toISOString(),
    settledBy: null,
  });
});

test('a case of money without a payment expects nothing', async () => {
  await world.received(receipt('NOBODY'));
  expect((await world.openCase('NOBODY')).details).toEqual({ paid: '100.00 CNY', reason: null });
});

test('a case that opens is told with the money and the callback that it is about, and with no reason', async () => {
  const { paymentNumber, orderNumber } = await world.given();
  const callbackId = await world.received(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
  const [opened] = told('discrepancy.opened');
  expect(opened).toMatchObject({ actor: 'gateway:stripe', orderNumber, paymentNumber, callbackId });
  expect(opened!.data).toEqual({
    kind: 'amount_mismatched',
    gateway: 'stripe',
    transactionId: `T-${paymentNumber}`,
  });
});

test('a case that closes by itself is told with the reason', async () => {
  const { orderNumber } = await world.given();
  await world.received(receipt('EARLY'));
  await memory.run((stores) =>
    createPayment.execute(stores, asking(orderNumber, { paymentNumber: 'EARLY' }), DEED),
  );
  const [resolved] = told('discrepancy.resolved');
  expect(resolved).toMatchObject({ actor: 'gateway:stripe', paymentNumber: 'EARLY' });
  expect(resolved!.data).toEqual({
    kind: 'unmatched',
    gateway: 'stripe',
    transactionId: 'T-EARLY',
    reason: 'the payment has come',
  });
});

test('a callback that is unmatched still has nothing new to tell', async () => {
  await world.received(receipt('NOBODY'));
  const before = memory.tables.events.length;
  await world.settleUnmatched.execute(null);
  expect(memory.tables.events).toHaveLength(before);
});

test('a success waits for an order that somebody holds, and a label, which needs none, does not', async () => {
  const { orderNumber, paymentNumber } = await world.given();
  memory.heldElsewhere.add(orderNumber);
  const label = receipt(paymentNumber, { kind: 'processing', transactionId: null });
  expect(await world.outcomes([label])).toEqual(['recorded']);
  expect(await world.outcomes([receipt(paymentNumber)])).toEqual(['pending']);
  expect(await world.outcomes([receipt('NOBODY')])).toEqual(['unmatched']);
});

test('money that was given back is explained as a duplicate, and a report of its refund as a report', async () => {
  const { paymentNumber } = await world.given();
  const money = { transactionId: 'T9' };
  await world.received(receipt(paymentNumber, { ...money, money: Money.of('99.99', 'CNY') }));
  await world.resolve(await world.openCase(paymentNumber), 'refunded_elsewhere', { reference: 'R1' });
  const again = await world.stored(receipt(paymentNumber, money));
  const report = await world.stored(receipt(paymentNumber, { ...money, kind: 'refund' }));
  expect(await world.explain(again)).toMatchObject({ outcome: 'duplicate' });
  expect(await world.explain(report)).toMatchObject({ outcome: 'refund_reported' });
});
