import { beforeEach, describe, expect, test } from '@jest/globals';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import { Money } from '../../../src/domain/money.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { LATE, NOW, receipt } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

let memory: MemoryUnitOfWork;
let recording: RecordingUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, recording, world } = memoryWorld());
});

describe('the event of a resolution', () => {
  test('names the case, its money and the reference of a refund, and nothing more for a dismissal', async () => {
    const [first, second] = [await world.placeOrder(), await world.placeOrder()];
    for (const { paymentNumber } of [first, second])
      await world.receive(receipt(paymentNumber, { money: Money.of('1.00', 'CNY') }));
    const before = memory.tables.events.length;
    const refunded = await world.openCase(first.paymentNumber);
    await world.resolve(refunded, 'refunded_elsewhere', { reference: 'R-1' });
    const dismissed = await world.openCase(second.paymentNumber);
    await world.resolve(dismissed, 'dismiss');
    const events = memory.tables.events.slice(before).filter(({ type }) => type.startsWith('discrepancy.'));
    const by = { type: 'discrepancy.resolved', actor: 'admin:otto' };
    expect(events).toMatchObject([by, by]);
    const amount = { amount: '1.00', currency: 'CNY' };
    const about = { kind: 'amount_mismatched', gateway: 'stripe', amount };
    expect(events.map(({ data }) => data)).toStrictEqual([
      {
        ...about,
        id: refunded.id,
        transactionId: `T-${first.paymentNumber}`,
        resolution: 'refunded_elsewhere',
        reference: 'R-1',
        endedBy: { by: 'refunds', refundNumber: `case-${refunded.id}-1` },
      },
      {
        ...about,
        id: dismissed.id,
        transactionId: `T-${second.paymentNumber}`,
        resolution: 'dismiss',
        endedBy: { by: 'decision' },
      },
    ]);
  });

  test('follows the events of accepted money and names the outcome', async () => {
    const { paymentNumber, orderNumber } = await world.placeOrder();
    await world.receive(receipt(paymentNumber, { receivedAt: LATE }));
    await world.moveOrder(orderNumber, 'cancelled');
    const before = memory.tables.events.length;
    await world.resolve(await world.openCase(paymentNumber), 'accept');
    expect(memory.tables.events.slice(before).map(({ type }) => type)).toEqual([
      'payment.succeeded',
      'callback.order_not_payable',
      'discrepancy.resolved',
      'discrepancy.opened',
    ]);
    const successor = await world.openCase(paymentNumber);
    expect(memory.tables.events.at(-2)!.data).toMatchObject({
      resolution: 'accept',
      reason: 'order_not_payable',
      endedBy: { by: 'successor', discrepancyId: successor.id },
    });
    expect(memory.tables.cases.size).toBe(2);
  });
});

describe('the money of a case', () => {
  test('opens no further case if it is accepted and settles', async () => {
    const { paymentNumber } = await world.placeOrder();
    await world.receive(receipt(paymentNumber, { receivedAt: LATE }));
    await world.resolve(await world.openCase(paymentNumber), 'accept');
    expect(memory.tables.cases.size).toBe(1);
  });

  test('can be refunded elsewhere without a callback, and never accepted without one', async () => {
    const { orderNumber, paymentNumber } = await world.placeOrder();
    const details = { paid: '100.00 CNY' };
    const about = { gateway: 'stripe', transactionId: 'T1', details, paymentNumber, orderNumber };
    await world.run((tx) =>
      tx
        .of(CaseRepository)
        .open([{ ...about, callbackId: null, kind: 'paid_late', ownsMoney: true }], new Date(NOW)),
    );
    const found = await world.openCase(paymentNumber);
    await expect(world.resolve(found, 'accept')).rejects.toThrow(
      `discrepancy ${found.id} is about money and names no callback`,
    );
    const refund = () => world.resolve(found, 'refunded_elsewhere', { reference: 'R-1' });
    const calls = await recording.callsOf(refund);
    expect(calls.filter((call) => call.startsWith('Callback'))).toEqual([]);
    expect(await world.cases(paymentNumber)).toMatchObject([{ resolution: 'refunded_elsewhere' }]);
  });
});

describe('a new case', () => {
  test('shows what was expected beside what came', async () => {
    const { paymentNumber } = await world.placeOrder();
    await world.receive(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
    expect((await world.openCase(paymentNumber)).details).toEqual({
      paid: '99.99 CNY',
      reason: null,
      due: '100.00 CNY',
      expiresAt: new Date(NOW + 1_800_000).toISOString(),
      judgedAt: new Date(NOW).toISOString(),
      settledBy: null,
    });
  });

  test('shows only what came if there is no payment', async () => {
    await world.receive(receipt('P-none'));
    expect((await world.openCase('P-none')).details).toEqual({ paid: '100.00 CNY', reason: null });
  });

  test('is announced with its id, its money and its callback', async () => {
    const { paymentNumber, orderNumber } = await world.placeOrder();
    const callbackId = await world.receive(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
    const opened = memory.tables.events.find(({ type }) => type === 'discrepancy.opened');
    expect(opened).toMatchObject({ actor: 'gateway:stripe', orderNumber, paymentNumber, callbackId });
    expect(opened!.data).toEqual({
      id: (await world.openCase(paymentNumber)).id,
      kind: 'amount_mismatched',
      gateway: 'stripe',
      transactionId: `T-${paymentNumber}`,
      amount: { amount: '99.99', currency: 'CNY' },
      reason: null,
    });
  });
});

test('a case that closes by itself is announced with the reason', async () => {
  await world.receive(receipt('EARLY'));
  await world.placeOrder({ paymentNumber: 'EARLY' });
  const resolved = memory.tables.events.find(({ type }) => type === 'discrepancy.resolved');
  expect(resolved).toMatchObject({ actor: 'gateway:stripe', paymentNumber: 'EARLY' });
  expect(resolved!.data).toEqual({
    id: (await world.cases('EARLY'))[0]!.id,
    amount: { amount: '100.00', currency: 'CNY' },
    kind: 'unmatched',
    gateway: 'stripe',
    transactionId: 'T-EARLY',
    reason: 'the payment has come',
    endedBy: { by: 'settlement', paymentNumber: 'EARLY' },
  });
});
