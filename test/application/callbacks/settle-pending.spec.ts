import { beforeEach, describe, expect, test } from '@jest/globals';
import type { StoredCallback } from '../../../src/application/callbacks/callback-repository.js';
import { InboxEntry } from '../../../src/application/callbacks/inbox-entry.js';
import type { ProcessPaymentSuccess } from '../../../src/application/callbacks/process-payment-success.js';
import {
  RETRY_DELAYS_SECONDS,
  SettlePending,
  settleStored,
} from '../../../src/application/callbacks/settle-pending.js';
import { SettleUnmatched } from '../../../src/application/callbacks/settle-unmatched.js';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import { Unavailable, UnitOfWork, type Transaction } from '../../../src/application/transaction.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import { memoryWorld } from '../fixtures/memory-world.js';
import { NOW, receipt, type Said } from '../fixtures/receipts.js';
import type { World } from '../fixtures/world.js';
import type { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const DAY_MS = 86_400_000;

let memory: MemoryUnitOfWork;
let world: World;
beforeEach(() => {
  ({ memory, world } = memoryWorld());
});

/** Settles stored callbacks as the test decides, and remembers its batches. */
function scriptedProcessing(outcomeOf: (callback: StoredCallback) => Outcome | Error = () => 'settled') {
  const batches: { ids: string[]; mode: string; msLeft: number }[] = [];
  const processing: Pick<ProcessPaymentSuccess, 'executeStored'> = {
    executeStored: async (callbacks, { mode, deadline }) => {
      const ids = callbacks.map(({ id }) => id);
      batches.push({ ids, mode, msLeft: deadline - performance.now() });
      return callbacks.map((callback) => {
        const outcome = outcomeOf(callback);
        if (outcome instanceof Error) throw outcome;
        const entry = InboxEntry.retried(callback);
        entry.outcome = outcome;
        return entry;
      });
    },
  };
  return { batches, processPaymentSuccess: processing as ProcessPaymentSuccess };
}

describe('settling stored callbacks', () => {
  const storedCallback = (id: string): StoredCallback => {
    return { ...receipt(`P${id}`, { eventId: `e${id}` }), id, outcome: 'pending', attempts: 1 };
  };
  const three = ['0', '1', '2'].map(storedCallback);

  test('they settle as one batch, which never waits for a lock and ends within three seconds', async () => {
    const { batches, processPaymentSuccess } = scriptedProcessing();
    expect(await settleStored(three, processPaymentSuccess)).toEqual(
      three.map((callback) => ({ callback, outcome: 'settled' })),
    );
    expect(batches).toMatchObject([{ ids: ['0', '1', '2'], mode: 'skip' }]);
    expect(batches[0]!.msLeft).toBeGreaterThan(2_000);
    expect(batches[0]!.msLeft).toBeLessThanOrEqual(3_000);
  });

  test('if the batch fails they are tried one by one, and the one that cannot be settled keeps its outcome and has the fault', async () => {
    const bug = new TypeError('no such field');
    const { processPaymentSuccess } = scriptedProcessing(({ id }) => (id === '1' ? bug : 'settled'));
    const attempts = await settleStored(three, processPaymentSuccess);
    expect(attempts.map(({ outcome, fault }) => [outcome, fault])).toEqual([
      ['settled', undefined],
      ['pending', bug],
      ['settled', undefined],
    ]);
  });

  test('if the database is unavailable they are not tried one by one', async () => {
    const { batches, processPaymentSuccess } = scriptedProcessing(() => new Unavailable('away'));
    await expect(settleStored(three, processPaymentSuccess)).rejects.toThrow('away');
    expect(batches).toHaveLength(1);
  });

  test('if the database goes away after some were settled alone, these results are not lost and the others stay pending', async () => {
    const bug = new TypeError('no such field');
    const { processPaymentSuccess } = scriptedProcessing(({ id }) => {
      if (id === '0') return 'settled';
      return id === '1' ? bug : new Unavailable('away');
    });
    const attempts = await settleStored(three, processPaymentSuccess);
    expect(attempts.map(({ outcome, fault }) => [outcome, fault])).toEqual([
      ['settled', undefined],
      ['pending', bug],
      ['pending', undefined],
    ]);
  });
});

describe('the walk through the unmatched callbacks', () => {
  /** Unmatched callbacks whose payments exist, as if another program had created these. */
  async function storeMatchable(...paymentNumbers: readonly string[]): Promise<void> {
    await world.process(paymentNumbers.map((number) => receipt(number)));
    const { paymentNumber } = await world.placeOrder();
    const sample = memory.tables.payments.get(paymentNumber)!;
    const created = paymentNumbers.map((number) => [number, { ...sample, number }] as const);
    memory.tables = { ...memory.tables, payments: new Map([...memory.tables.payments, ...created]) };
  }

  test('settles callbacks in bounded batches', async () => {
    await storeMatchable(...Array.from({ length: 130 }, (_, nth) => `P${nth}`));
    const { batches, processPaymentSuccess } = scriptedProcessing();
    const { attempts, next } = await new SettleUnmatched(memory, processPaymentSuccess).execute(null);
    expect(new Set(attempts.map(({ callback }) => callback.id)).size).toBe(130);
    expect(next).toBeNull();
    expect(batches.flatMap(({ ids }) => ids)).toHaveLength(130);
    for (const { ids } of batches) {
      expect(ids.length).toBeGreaterThan(0);
      expect(ids.length).toBeLessThanOrEqual(100);
    }
  });

  test('reports the batches before one that met an unavailable database, and continues at the same place', async () => {
    await storeMatchable(...Array.from({ length: 130 }, (_, nth) => `P${nth}`));
    let settled = 0;
    const { processPaymentSuccess } = scriptedProcessing(() =>
      (settled += 1) > 64 ? new Unavailable('away') : 'settled',
    );
    const { attempts, next } = await new SettleUnmatched(memory, processPaymentSuccess).execute('P0');
    expect(attempts).toHaveLength(64);
    expect(next).toBe('P0');
  });

  test('continues after the given payment number', async () => {
    await storeMatchable('P1', 'P2', 'P3');
    const { processPaymentSuccess } = scriptedProcessing();
    const { attempts } = await new SettleUnmatched(memory, processPaymentSuccess).execute('P1');
    expect(attempts.map(({ callback }) => callback.notification.paymentNumber)).toEqual(['P2', 'P3']);
  });

  test('starts no transaction for settling if nothing can be matched', async () => {
    await world.process([receipt('P-none')]);
    const { batches, processPaymentSuccess } = scriptedProcessing();
    await new SettleUnmatched(memory, processPaymentSuccess).execute(null);
    expect(batches).toEqual([]);
  });

  test('does not report callbacks that stay unmatched, unless a bug keeps them there', async () => {
    await storeMatchable('P1', 'P2', 'P3');
    const bug = new TypeError('no such field');
    const outcomes: Record<string, Outcome | Error> = { P1: 'unmatched', P2: bug, P3: 'settled' };
    const { processPaymentSuccess } = scriptedProcessing(
      ({ notification }) => outcomes[notification.paymentNumber!]!,
    );
    const { attempts } = await new SettleUnmatched(memory, processPaymentSuccess).execute(null);
    expect(
      attempts.map(({ callback, outcome, fault }) => [callback.notification.paymentNumber, outcome, fault]),
    ).toEqual([
      ['P2', 'unmatched', bug],
      ['P3', 'settled', undefined],
    ]);
  });
});

/** A pending callback after so many attempts. */
async function storePending(paymentNumber: string, attempts: number, said: Said = {}): Promise<string> {
  const id = await world.store(receipt(paymentNumber, said));
  const callback = { ...memory.tables.callbacks.get(id)!, attempts };
  memory.tables = { ...memory.tables, callbacks: new Map(memory.tables.callbacks).set(id, callback) };
  return id;
}

const nextAttemptAt = (id: string) => memory.tables.callbacks.get(id)!.nextAttemptAt;

describe('a worker', () => {
  test('takes a bounded batch, and the rest next time', async () => {
    for (let nth = 0; nth < 150; nth += 1) await world.store(receipt(`P${nth}`));
    const first = await world.settlePending.execute();
    expect(first.length).toBeLessThanOrEqual(100);
    const settled = [...first];
    for (let batch = first; batch.length > 0; settled.push(...batch))
      batch = await world.settlePending.execute();
    expect(new Set(settled.map(({ callback }) => callback.id)).size).toBe(150);
  });

  test('starts no transaction for settling if nothing is due', async () => {
    const { batches, processPaymentSuccess } = scriptedProcessing();
    expect(await new SettlePending(memory, processPaymentSuccess, world.clock).execute()).toEqual([]);
    expect(batches).toEqual([]);
  });

  test('loses its callbacks after half a minute if the database is unavailable', async () => {
    const id = await storePending('P1', 0);
    const { processPaymentSuccess } = scriptedProcessing(() => new Unavailable('away'));
    const settlePending = new SettlePending(memory, processPaymentSuccess, world.clock);
    await expect(settlePending.execute()).rejects.toThrow('away');
    expect(nextAttemptAt(id)).toEqual(new Date(NOW + 30_000));
  });

  test.each([
    [1, 2],
    [2, 4],
    [11, 2_048],
    [12, 3_600],
    [34, 3_600],
    [99, 3_600],
  ])(
    'tries a callback again, after attempt %i, in %i seconds and at most a quarter of that time more',
    async (attempts, seconds) => {
      const { paymentNumber } = await world.placeOrder();
      const id = await storePending(paymentNumber, attempts - 1);
      memory.lockedElsewhere.add(paymentNumber);
      expect(await world.settlePending.execute()).toMatchObject([{ outcome: 'pending' }]);
      const wait = (nextAttemptAt(id)!.getTime() - NOW) / 1_000;
      expect(wait).toBeGreaterThanOrEqual(seconds);
      expect(wait).toBeLessThanOrEqual(seconds * 1.25);
    },
  );

  test('waits twice as long after each attempt, at most an hour, and about a day in all', () => {
    for (const [index, seconds] of RETRY_DELAYS_SECONDS.entries())
      expect(seconds).toBe(Math.min(2 ** (index + 1), 3_600));
    const total = RETRY_DELAYS_SECONDS.reduce((sum, seconds) => sum + seconds, 0);
    expect(total / 3_600).toBeGreaterThan(23);
    expect(total / 3_600).toBeLessThan(26);
  });
});

describe('a callback whose attempts are spent', () => {
  const SPENT = RETRY_DELAYS_SECONDS.length;
  const dayOld = { receivedAt: new Date(NOW - DAY_MS) };

  test.each([
    ['it has an attempt left', SPENT - 1, dayOld],
    ['it is not a day old', SPENT, { receivedAt: new Date(NOW - DAY_MS + 1) }],
  ])('is tried once more if %s', async (_why, attempts, said) => {
    await storePending('P-none', attempts, said);
    expect(await world.settlePending.execute()).toMatchObject([{ outcome: 'unmatched' }]);
  });

  test('is given up after a day: it is undeliverable, and a case and the log name its money', async () => {
    const id = await storePending('P1', SPENT, dayOld);
    expect(await world.settlePending.execute()).toMatchObject([
      { callback: { id, attempts: SPENT + 1 }, outcome: 'undeliverable' },
    ]);
    expect(memory.tables.callbacks.get(id)).toMatchObject({
      outcome: 'undeliverable',
      settledAt: new Date(NOW),
      nextAttemptAt: null,
    });
    const money = { kind: 'undeliverable', gateway: 'stripe', transactionId: 'T-P1' };
    const amount = { amount: '100.00', currency: 'CNY' };
    expect(await world.openCase('P1')).toMatchObject({
      ...money,
      orderNumber: null,
      callbackId: id,
      details: { paid: '100.00 CNY', attempts: String(SPENT + 1) },
    });
    expect(memory.tables.events).toMatchObject([
      {
        type: 'discrepancy.opened',
        actor: 'gateway:stripe',
        paymentNumber: 'P1',
        data: { ...money, amount },
      },
    ]);
  });

  test('without money has a case that says so', async () => {
    await storePending('P1', SPENT, { ...dayOld, money: null });
    await world.settlePending.execute();
    expect((await world.openCase('P1')).details).toMatchObject({ paid: null });
  });

  test('whose case exists already logs nothing more', async () => {
    const callbackId = await storePending('P1', SPENT, dayOld);
    const about = { gateway: 'stripe', paymentNumber: 'P1', orderNumber: null, transactionId: 'T-P1' };
    const opened = { kind: 'undeliverable', ...about, details: {}, ownsMoney: false, callbackId } as const;
    await world.run((tx) => tx.of(CaseRepository).open([opened], new Date(NOW)));
    expect(await world.settlePending.execute()).toMatchObject([{ outcome: 'undeliverable' }]);
    expect(memory.tables.events).toEqual([]);
  });

  /** Runs `between` after the lease of the worker, and before it gives a callback up. */
  class Interrupted extends UnitOfWork {
    private runs = 0;

    constructor(private readonly between: () => unknown) {
      super();
    }

    override async run<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
      this.runs += 1;
      if (this.runs === 2) await this.between();
      return memory.run(work);
    }
  }

  test('is left to another transaction that is deciding it', async () => {
    const id = await storePending('P1', SPENT, dayOld);
    const unitOfWork = new Interrupted(() => memory.lockedElsewhere.add(id));
    const settlePending = new SettlePending(unitOfWork, world.processPaymentSuccess, world.clock);
    expect(await settlePending.execute()).toMatchObject([{ callback: { id }, outcome: 'pending' }]);
    expect(await world.cases('P1')).toEqual([]);
  });

  test('keeps the decision that a copy of it has got in the meantime, and its one case', async () => {
    const said = { ...dayOld, eventId: 'spent' };
    const id = await storePending('P-none', SPENT, said);
    const unitOfWork = new Interrupted(() => world.outcomes([receipt('P-none', said)]));
    const settlePending = new SettlePending(unitOfWork, world.processPaymentSuccess, world.clock);
    expect(await settlePending.execute()).toMatchObject([{ callback: { id }, outcome: 'unmatched' }]);
    expect(memory.tables.callbacks.get(id)).toMatchObject({ outcome: 'unmatched' });
    expect(await world.cases('P-none')).toMatchObject([{ kind: 'unmatched', status: 'open' }]);
  });

  test('stays pending with the fault if it cannot be given up, and harms no other', async () => {
    const spent = await storePending('P1', SPENT, dayOld);
    const other = await storePending('P2', 0);
    const bug = new Error('a bug');
    const unitOfWork = new Interrupted(() => {
      throw bug;
    });
    const settlePending = new SettlePending(unitOfWork, world.processPaymentSuccess, world.clock);
    expect(await settlePending.execute()).toMatchObject([
      { callback: { id: other }, outcome: 'unmatched' },
      { callback: { id: spent }, outcome: 'pending', fault: bug },
    ]);
    expect(nextAttemptAt(spent)!.getTime()).toBeGreaterThanOrEqual(NOW + 3_600_000);
  });

  test('is reported even if the next attempt of another one cannot be stored: that one comes up when its lease ends', async () => {
    const { paymentNumber } = await world.placeOrder();
    await storePending(paymentNumber, 0);
    await storePending('P2', 0);
    memory.lockedElsewhere.add('P2');
    const unitOfWork = new Interrupted(() => {
      throw new Unavailable('away');
    });
    const settlePending = new SettlePending(unitOfWork, world.processPaymentSuccess, world.clock);
    const attempts = await settlePending.execute();
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['settled', 'pending']);
  });
});
