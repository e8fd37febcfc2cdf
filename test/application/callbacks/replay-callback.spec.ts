import { beforeEach, describe, expect, test } from '@jest/globals';
import { memoryWorld } from '../fixtures/memory-world.js';
import { LATE, receipt, unreadableReceipt, type Said, refundReceipt } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

let memory: MemoryUnitOfWork;
let recording: RecordingUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, recording, world } = memoryWorld());
});

describe('a replay', () => {
  test.each(['settled', 'duplicate', 'recorded', 'stale', 'ignored'] as const)(
    'of a callback with the final outcome %s changes nothing, whatever would be decided now',
    async (outcome) => {
      const { paymentNumber } = await world.placeOrder();
      const id = await world.store(receipt(paymentNumber), outcome);
      expect(await world.replay(id)).toMatchObject({
        storedOutcome: outcome,
        outcome: 'settled',
        changed: false,
      });
      expect(await world.state(paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
    },
  );

  test('that results in another case closes the previous one with the new outcome as reason, and opens the new one', async () => {
    const { paymentNumber } = await world.placeOrder();
    const id = await world.store(receipt(paymentNumber, { receivedAt: LATE }), 'undeliverable');
    const before = memory.tables.events.length;
    expect(await world.replay(id)).toMatchObject({ outcome: 'paid_late', changed: true });
    expect(await world.cases(paymentNumber)).toMatchObject([
      { kind: 'paid_late', status: 'open' },
      { kind: 'undeliverable', status: 'resolved', reason: 'replayed: paid_late' },
    ]);
    expect(memory.tables.events.slice(before).map(({ type, actor }) => `${type} by ${actor}`)).toEqual([
      'callback.replayed by admin:otto',
      'payment.expired by admin:otto',
      'callback.paid_late by admin:otto',
      'discrepancy.opened by admin:otto',
      'discrepancy.resolved by admin:otto',
    ]);
  });

  test('whose case an operator has resolved closes no case and logs no resolution', async () => {
    const { paymentNumber } = await world.placeOrder();
    const id = await world.store(receipt(paymentNumber), 'undeliverable');
    await world.resolve(await world.openCase(paymentNumber), 'dismiss');
    const before = memory.tables.events.length;
    expect(await world.replay(id)).toMatchObject({ outcome: 'settled' });
    const logged = memory.tables.events.slice(before).map(({ type }) => type);
    expect(logged).toEqual(['callback.replayed', 'payment.succeeded', 'order.paid']);
  });

  test('of a callback that was only pending ends no case', async () => {
    const { paymentNumber } = await world.placeOrder();
    const id = await world.store(receipt(paymentNumber));
    expect(await recording.callsOf(() => world.replay(id))).not.toContain('CaseRepository.end');
  });

  test('stores a parsed notification only for a callback that was unreadable', async () => {
    const { paymentNumber } = await world.placeOrder();
    const readable = await world.store(receipt(paymentNumber));
    const unreadable = await world.receive(unreadableReceipt(`pays ${paymentNumber}`));
    const saveParsed = 'CallbackRepository.saveParsed';
    expect(await recording.callsOf(() => world.replay(readable))).not.toContain(saveParsed);
    expect(await recording.callsOf(() => world.replay(unreadable))).toContain(saveParsed);
  });

  test('locks the piece of money only if the callback brings one', async () => {
    const { paymentNumber } = await world.placeOrder();
    const locks = async (said: Said) => {
      const id = await world.store(receipt(paymentNumber, said));
      const calls = await recording.callsOf(() => world.replay(id));
      return calls.includes('PieceRepository.lock');
    };
    expect(await locks({ kind: 'processing' })).toBe(false);
    expect(await locks({ kind: 'refund', transactionId: null })).toBe(false);
    expect(await locks({ kind: 'conflicting', claimedKind: 'succeeded' })).toBe(true);
    expect(await locks({})).toBe(true);
  });
});

test('money that was refunded elsewhere is explained as a duplicate, and a report of its refund as a report', async () => {
  const { paymentNumber } = await world.placeOrder();
  await world.receive(receipt(paymentNumber, { transactionId: 'T9', receivedAt: LATE }));
  await world.resolve(await world.openCase(paymentNumber), 'refunded_elsewhere', { reference: 'R1' });
  const again = await world.store(receipt(paymentNumber, { transactionId: 'T9' }));
  const report = await world.store(refundReceipt(paymentNumber, {}, { transactionId: 'T9' }));
  expect(await world.explain(again)).toMatchObject({ outcome: 'duplicate' });
  expect(await world.explain(report)).toMatchObject({ outcome: 'refund_reported' });
});
