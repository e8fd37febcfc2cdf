import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Receipt, StoredCallback } from '../../../src/application/callbacks/callback-repository.js';
import { Money } from '../../../src/domain/money.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW, receipt } from '../fixtures/receipts.js';
import type { RecordingUnitOfWork } from '../fixtures/recording-unit-of-work.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

let memory: MemoryUnitOfWork;
let recording: RecordingUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, recording, world } = memoryWorld());
});

const WRITES = /\.(add|save|append|open|close|count|end)/;
const isWrite = (call: string): boolean => WRITES.test(call);

describe('the statements of a batch', () => {
  /** A success for each of so many new payments. */
  async function successes(count: number): Promise<Receipt[]> {
    const receipts: Receipt[] = [];
    for (let each = 0; each < count; each += 1)
      receipts.push(receipt((await world.placeOrder()).paymentNumber));
    return receipts;
  }

  test('a batch of twenty needs as many statements as a single callback', async () => {
    const [one, twenty] = [await successes(1), await successes(20)];
    const callsOfOne = await recording.callsOf(() => world.process(one));
    expect((await recording.callsOf(() => world.process(twenty))).toSorted()).toEqual(callsOfOne.toSorted());
  });

  test('a batch of every kind of callback writes each table with one statement for each kind of change', async () => {
    const [known, success, pending] = await successes(3);
    const [mismatched, failed] = [await world.placeOrder(), await world.placeOrder()];
    await world.process([known!]);
    await world.store(pending!);
    const batch = [
      known!,
      success!,
      success!,
      receipt(mismatched.paymentNumber, { money: Money.of('1.00', 'CNY') }),
      receipt(failed.paymentNumber, { kind: 'failed' }),
      receipt('P-none'),
      { ...known!, fingerprint: 'other content' },
      pending!,
    ];
    const outcomes: string[] = [];
    const calls = await recording.callsOf(async () => outcomes.push(...(await world.outcomes(batch))));
    expect(outcomes).toEqual([
      'copy of settled',
      'settled',
      'copy of settled',
      'amount_mismatched',
      'recorded',
      'unmatched',
      'conflicting',
      'settled',
    ]);
    const writes = calls.filter(isWrite);
    expect(writes.length).toBeGreaterThan(5);
    expect(writes.toSorted()).toEqual([...new Set(writes)].toSorted());
  });

  test('a new success that settles touches no case and locks no inbox row', async () => {
    const receipts = await successes(1);
    const calls = await recording.callsOf(() => world.process(receipts));
    expect(calls.filter((call) => call.startsWith('Case'))).toEqual([]);
    expect(calls).not.toContain('CallbackRepository.lockUndecided');
  });

  test('a label needs no order', async () => {
    const { paymentNumber } = await world.placeOrder();
    const label = receipt(paymentNumber, { kind: 'processing', transactionId: null });
    const calls = await recording.callsOf(() => world.process([label]));
    expect(calls.filter((call) => call.startsWith('Order'))).toEqual([]);
  });

  test('a callback that changes no payment writes only its own row and its log entry', async () => {
    const { paymentNumber } = await world.placeOrder();
    await world.process([receipt(paymentNumber)]);
    const blank = { paymentNumber: null, transactionId: null, money: null };
    const batch = [receipt('', { kind: 'ignored', ...blank }), receipt(paymentNumber, { kind: 'failed' })];
    const outcomes: string[] = [];
    const calls = await recording.callsOf(async () => outcomes.push(...(await world.outcomes(batch))));
    expect(outcomes).toEqual(['ignored', 'stale']);
    expect(calls.filter(isWrite).toSorted()).toEqual(['CallbackRepository.add', 'EventRepository.append']);
  });

  test('copies of a settled callback lock no inbox row and write only their number', async () => {
    const [copy] = await successes(1);
    await world.process([copy!]);
    const calls = await recording.callsOf(() => world.process([copy!, copy!]));
    expect(calls).not.toContain('CallbackRepository.lockUndecided');
    expect(calls.filter(isWrite)).toEqual(['CallbackRepository.countCopies']);
    expect([...memory.tables.callbacks.values()]).toMatchObject([{ deliveries: 3 }]);
  });

  test('a retry of a stored callback inserts no inbox row and counts no delivery', async () => {
    const [received] = await successes(1);
    const stored = {
      ...received!,
      id: await world.store(received!),
      outcome: 'pending' as const,
      attempts: 1,
    };
    const options = { mode: 'skip' as const, deadline: performance.now() + 3_000 };
    const calls = await recording.callsOf(() => world.processPaymentSuccess.executeStored([stored], options));
    expect(calls.filter(isWrite)).not.toContain('CallbackRepository.countCopies');
    expect(calls.filter(isWrite)).not.toContain('CallbackRepository.add');
    expect([...memory.tables.callbacks.values()]).toMatchObject([{ outcome: 'settled', deliveries: 1 }]);
  });
});

describe('waiting for locks', () => {
  test('a batch tries once, so that it is taken apart; a callback that may wait tries several times; both end by their deadline', async () => {
    recording.options.length = 0;
    const { processPaymentSuccess } = world;
    await processPaymentSuccess.execute([receipt('P1')], { mode: 'skip', deadline: 4_711 });
    await processPaymentSuccess.execute([receipt('P2')], { mode: 'wait', deadline: 4_712 });
    await processPaymentSuccess.executeStored([], { mode: 'wait', deadline: 4_713 });
    const [skip, wait, stored] = recording.options;
    expect(skip).toEqual({ deadline: 4_711, attempts: 1, pipelined: true });
    expect(wait!.attempts).toBeGreaterThan(1);
    expect(stored).toEqual({ deadline: 4_713, attempts: wait!.attempts, pipelined: true });
  });

  test('a success waits for a contended order; a label needs none and does not wait', async () => {
    const { orderNumber, paymentNumber } = await world.placeOrder();
    memory.lockedElsewhere.add(orderNumber);
    const label = receipt(paymentNumber, { kind: 'processing', transactionId: null });
    expect(await world.outcomes([label])).toEqual(['recorded']);
    expect(await world.outcomes([receipt(paymentNumber)])).toEqual(['pending']);
    expect(await world.outcomes([receipt('P-none')])).toEqual(['unmatched']);
    const failed = receipt(paymentNumber, { kind: 'failed' });
    expect(await world.outcomes([receipt(paymentNumber), failed])).toEqual(['pending', 'recorded']);
  });

  test('a callback that has to wait is stored as pending, and its entry has all that is needed to settle it', async () => {
    const { paymentNumber } = await world.placeOrder();
    memory.lockedElsewhere.add(paymentNumber);
    const received = receipt(paymentNumber);
    const [entry] = await world.process([received]);
    const { eventId, notification } = received;
    expect(entry).toMatchObject({ outcome: 'pending', isCopy: false });
    expect(entry!.waiting).toMatchObject({
      id: entry!.id,
      eventId,
      notification,
      outcome: 'pending',
      attempts: 0,
    });
    const nextAttemptAt = new Date(NOW + 1_000);
    expect([...memory.tables.callbacks.values()]).toMatchObject([
      { outcome: 'pending', settledAt: null, nextAttemptAt },
    ]);
  });

  test('a stored callback that another transaction is deciding keeps the outcome that is committed', async () => {
    const { paymentNumber } = await world.placeOrder();
    const received = receipt(paymentNumber);
    const id = await world.store(received);
    memory.lockedElsewhere.add(id);
    expect(await world.outcomes([received])).toEqual(['copy of pending']);
    expect(await world.state(paymentNumber)).toMatchObject({ payment: 'init' });
  });

  test('a stored callback that another process has decided in the meantime gets that outcome, and the others are decided', async () => {
    const [first, second] = [await world.placeOrder(), await world.placeOrder()];
    const stale: StoredCallback[] = [];
    for (const { paymentNumber } of [first, second]) {
      const received = receipt(paymentNumber);
      stale.push({ ...received, id: await world.store(received), outcome: 'pending', attempts: 1 });
    }
    const options = { mode: 'skip' as const, deadline: performance.now() + 3_000 };
    await world.processPaymentSuccess.executeStored([stale[0]!], options);
    const entries = await world.processPaymentSuccess.executeStored(stale, options);
    expect(entries.map(({ outcome, isCopy }) => [outcome, isCopy])).toEqual([
      ['settled', true],
      ['settled', false],
    ]);
    expect((await world.state(first.paymentNumber)).log).toEqual([
      'payment.created',
      'payment.succeeded',
      'order.paid',
    ]);
  });
});

describe('what is counted', () => {
  test('a lock conflict is counted for each callback that has to wait, and for no other', async () => {
    const [locked, free] = [await world.placeOrder(), await world.placeOrder()];
    memory.lockedElsewhere.add(locked.paymentNumber);
    expect(await world.outcomes([receipt(locked.paymentNumber), receipt(free.paymentNumber)])).toEqual([
      'pending',
      'settled',
    ]);
    expect(world.telemetry.count('lock conflict')).toBe(1);
    await world.process([receipt(free.paymentNumber)]);
    expect(world.telemetry.count('lock conflict')).toBe(1);
  });

  test('a batch is counted by its size with copies, and a failed transition of an order once', async () => {
    const { paymentNumbers } = await world.placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers.map((number) => receipt(number));
    await world.process([first!]);
    expect(world.telemetry.counted).toEqual(['batch of 1']);
    await world.process([second!, second!, first!]);
    expect(world.telemetry.counted.toSorted()).toEqual(['batch of 1', 'batch of 3', 'transition failed']);
  });
});

describe('the log', () => {
  test('a success is logged for the payment and the order, with the gateway, the time and the callback', async () => {
    const { paymentNumber, orderNumber } = await world.placeOrder();
    const callbackId = await world.receive(receipt(paymentNumber));
    const by = { actor: 'gateway:stripe', at: new Date(NOW), orderNumber, paymentNumber, callbackId };
    expect(memory.tables.events.slice(-2)).toMatchObject([
      { type: 'payment.succeeded', ...by },
      { type: 'order.paid', ...by },
    ]);
  });

  test('a label is logged with its reason, and beside it what the gateway sent', async () => {
    const { paymentNumber, orderNumber } = await world.placeOrder();
    const failed = { kind: 'failed', reason: 'card_declined', transactionId: null } as const;
    await world.process([receipt(paymentNumber, failed)]);
    const by = { actor: 'gateway:stripe', at: new Date(NOW), orderNumber, paymentNumber };
    const amount = { amount: '100.00', currency: 'CNY' };
    expect(memory.tables.events.slice(-2)).toMatchObject([
      { type: 'payment.failed', ...by, data: { from: 'init', reason: 'card_declined' } },
      {
        type: 'callback.recorded',
        ...by,
        data: { gateway: 'stripe', kind: 'failed', transactionId: null, amount },
      },
    ]);
  });

  test('an unmatched callback is logged with the number that the gateway named, and without an order', async () => {
    await world.process([receipt('P-none', { money: null, kind: 'failed' })]);
    expect(memory.tables.events.at(-1)).toMatchObject({
      type: 'callback.unmatched',
      orderNumber: null,
      paymentNumber: 'P-none',
      data: { amount: null },
    });
  });

  test('an unmatched callback that is still unmatched logs nothing new', async () => {
    const id = await world.receive(receipt('P-none'));
    const before = memory.tables.events.length;
    const callback = [...memory.tables.callbacks.values()].find((row) => row.id === id)!;
    const stored = { ...callback.receipt, id, outcome: 'unmatched' as const, attempts: 0 };
    const options = { mode: 'skip' as const, deadline: performance.now() + 3_000 };
    const [entry] = await world.processPaymentSuccess.executeStored([stored], options);
    expect(entry).toMatchObject({ outcome: 'unmatched', isCopy: true });
    expect(memory.tables.events).toHaveLength(before);
  });
});

describe('copies', () => {
  test('a copy of a pending callback is an attempt to settle it', async () => {
    const { paymentNumber } = await world.placeOrder();
    const first = receipt(paymentNumber);
    const id = await world.store(first);
    const [entry] = await world.process([first]);
    expect(entry).toMatchObject({ id, outcome: 'settled', isCopy: false, waiting: null });
    expect(await world.state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('a copy of a callback that was given up joins it and settles nothing', async () => {
    const { paymentNumber } = await world.placeOrder();
    const first = receipt(paymentNumber);
    await world.store(first, 'undeliverable');
    expect(await world.outcomes([first])).toEqual(['copy of undeliverable']);
    expect(await world.state(paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
  });

  test('copies in one batch share an entry and an id', async () => {
    const { paymentNumber } = await world.placeOrder();
    const first = receipt(paymentNumber);
    const entries = await world.process([first, receipt('P-other'), first]);
    expect(entries.map(({ outcome }) => outcome)).toEqual(['settled', 'unmatched', 'settled']);
    expect(entries[0]).toBe(entries[2]);
    expect([...memory.tables.callbacks.values()].map(({ deliveries }) => deliveries)).toEqual([2, 1]);
  });

  test('other content under a known event id is stored under a key with 16 characters of its fingerprint, and copies of it join it', async () => {
    const { paymentNumber } = await world.placeOrder();
    const first = receipt(paymentNumber, { eventId: 'e1' });
    const other = { ...first, fingerprint: '0123456789abcdef-and-more' };
    expect(await world.outcomes([first, other])).toEqual(['settled', 'conflicting']);
    expect(await world.outcomes([other, first, other])).toEqual([
      'copy of conflicting',
      'copy of settled',
      'copy of conflicting',
    ]);
    const rows = [...memory.tables.callbacks.values()];
    expect(rows.map(({ receipt: { eventId }, deliveries }) => [eventId, deliveries])).toEqual([
      ['e1', 2],
      ['e1~0123456789abcdef', 3],
    ]);
  });
});
