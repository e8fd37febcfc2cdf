import { beforeEach, describe, expect, test } from '@jest/globals';
import { DecideCallbacks } from '../../src/application/decide-callbacks.js';
import { UnitOfWork, type RunOptions, type Stores } from '../../src/application/ports.js';
import { ProcessPaymentSuccess } from '../../src/application/process-payment-success.js';
import { ReceiveCallback } from '../../src/application/receive-callback.js';
import { RecordNotice } from '../../src/application/record-notice.js';
import { NOW, receipt, Tally } from './callback-world.js';
import { CaseWorld } from './case-world.js';
import { MemoryUnitOfWork } from './memory-stores.js';

let memory: MemoryUnitOfWork;
let world: CaseWorld;
beforeEach(() => {
  memory = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  world = new CaseWorld({ unitOfWork: memory, close: async () => {} });
});
const counted = (what: string) => world.tally.counted.filter((each) => each === what).length;

describe('how long a transaction may stand in line', () => {
  /** Notes how each transaction is to be run. */
  class Noting extends UnitOfWork {
    readonly options: (RunOptions | undefined)[] = [];
    override run<Result>(work: (stores: Stores) => Promise<Result>, options?: RunOptions): Promise<Result> {
      this.options.push(options);
      return memory.run(work);
    }
  }

  test('a group goes at it once, and a lone callback ten times; both end with the deadline', async () => {
    const noting = new Noting();
    const decide = new DecideCallbacks(new ProcessPaymentSuccess(), new RecordNotice(), {
      now: () => new Date(NOW),
    });
    const receiving = new ReceiveCallback(noting, decide, new Tally());
    for (const mode of ['skip', 'wait'] as const)
      await receiving.receive([receipt('P1')], { mode, deadline: 4_711 });
    await receiving.settle([], { mode: 'wait', deadline: 42 });
    expect(noting.options).toEqual([
      { deadline: 4_711, attempts: 1 },
      { deadline: 4_711, attempts: 10 },
      { deadline: 42, attempts: 10 },
    ]);
  });
});

describe('what is counted', () => {
  test('a lock that somebody else holds counts once for each callback that has to wait, and for no other', async () => {
    const [held, free] = [await world.given(), await world.given()];
    memory.heldElsewhere.add(held.paymentNumber);
    expect(await world.outcomes([receipt(held.paymentNumber), receipt(free.paymentNumber)])).toEqual([
      'pending',
      'settled',
    ]);
    expect(counted('lock conflict')).toBe(1);
    await world.outcomes([receipt(free.paymentNumber)]);
    expect(counted('lock conflict')).toBe(1);
  });

  test('a group by its size, whatever its copies; an order that could not be paid once, and what settles not at all', async () => {
    const { paymentNumbers } = await world.given({ payments: 2 });
    const [first, second] = paymentNumbers.map((number) => receipt(number));
    await world.receive([first!]);
    expect(counted('transition failed')).toBe(0);
    await world.receive([second!, second!, first!]);
    expect(counted('transition failed')).toBe(1);
    expect(world.tally.counted.filter((each) => each.startsWith('group'))).toEqual([
      'group of 1',
      'group of 3',
    ]);
    expect(counted('payment expired')).toBe(0);
  });
});

describe('the log', () => {
  test('names the gateway and the time for what a success has moved', async () => {
    const { paymentNumber, orderNumber } = await world.given();
    await world.receive([receipt(paymentNumber)]);
    const [callbackId] = [...memory.tables.callbacks.keys()];
    const by = { actor: 'gateway:stripe', at: new Date(NOW), orderNumber, paymentNumber, callbackId };
    expect(memory.tables.events.slice(-2)).toMatchObject([
      { type: 'payment.succeeded', ...by },
      { type: 'order.paid', ...by },
    ]);
  });

  test('names them for a label, with the reason, and for the entry beside it, with what the gateway said', async () => {
    const { paymentNumber, orderNumber } = await world.given();
    await world.receive([
      receipt(paymentNumber, { kind: 'failed', reason: 'card_declined', transactionId: null }),
    ]);
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

  test('of a callback that finds no payment keeps the number that the gateway named, and no order', async () => {
    await world.receive([receipt('NOBODY', { money: null, kind: 'failed' })]);
    expect(memory.tables.events.at(-1)).toMatchObject({
      type: 'callback.unmatched',
      orderNumber: null,
      paymentNumber: 'NOBODY',
      data: { amount: null },
    });
  });
});

describe('a copy', () => {
  test('of a callback that still waits is an attempt to settle it', async () => {
    const { paymentNumber } = await world.given();
    const first = receipt(paymentNumber);
    const id = await world.stored(first);
    expect(await world.receive([first])).toEqual([
      { outcome: 'settled', copy: false, callbackId: id, waiting: null },
    ]);
    expect(await world.left(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('of one that was given up joins it and settles nothing', async () => {
    const { paymentNumber } = await world.given();
    const first = receipt(paymentNumber);
    await world.stored(first, 'undeliverable');
    expect(await world.outcomes([first])).toEqual(['copy of undeliverable']);
    expect(await world.left(paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
  });

  test('of a new one, in the same group, joins it under the one id', async () => {
    const { paymentNumber } = await world.given();
    const first = receipt(paymentNumber);
    const results = await world.receive([first, receipt('OTHER'), first]);
    expect(results.map(({ outcome, copy }) => [outcome, copy])).toEqual([
      ['settled', false],
      ['unmatched', false],
      ['settled', true],
    ]);
    expect(results[0]!.callbackId).toBe(results[2]!.callbackId);
    expect([...memory.tables.callbacks.values()].map(({ deliveries }) => deliveries)).toEqual([2, 1]);
  });

  test('of a conflicting one joins that, and the one that took the id stays what it was', async () => {
    const { paymentNumber } = await world.given();
    const first = receipt(paymentNumber, { eventId: 'e1' });
    const other = { ...first, fingerprint: 'another content' };
    expect(await world.outcomes([first, other])).toEqual(['settled', 'conflicting']);
    expect(await world.outcomes([other, first, other])).toEqual([
      'copy of conflicting',
      'copy of settled',
      'copy of conflicting',
    ]);
    const rows = [...memory.tables.callbacks.values()].map(({ receipt, deliveries }) => [
      receipt.eventId,
      deliveries,
    ]);
    expect(rows).toEqual([
      ['e1', 2],
      ['e1~another content', 3],
    ]);
  });
});

test('a callback that waits tells what is needed to settle it later', async () => {
  const { paymentNumber } = await world.given();
  memory.heldElsewhere.add(paymentNumber);
  const first = receipt(paymentNumber);
  const [result] = await world.receive([first]);
  const { eventId, notice } = first;
  expect(result).toMatchObject({ outcome: 'pending', copy: false });
  expect(result!.waiting).toMatchObject({
    id: result!.callbackId,
    eventId,
    notice,
    outcome: 'pending',
    attempts: 0,
  });
  const [row] = memory.tables.callbacks.values();
  expect(row).toMatchObject({ outcome: 'pending', settledAt: null, nextAttemptAt: new Date(NOW + 1_000) });
});
