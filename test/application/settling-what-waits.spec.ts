import { describe, expect, test } from '@jest/globals';
import {
  Unavailable,
  type StoredCallback,
  type Stores,
  type UnitOfWork,
} from '../../src/application/ports.js';
import type { ReceiveCallback } from '../../src/application/receive-callback.js';
import { RETRY_DELAYS_SECONDS, SettlePending, settleStored } from '../../src/application/settle-pending.js';
import { SettleUnmatched } from '../../src/application/settle-unmatched.js';
import type { Outcome } from '../../src/domain/notice.js';
import { NOW, receipt } from './callback-world.js';

const DAY_MS = 86_400_000;
const stored = (id: string, said: Partial<StoredCallback> = {}): StoredCallback => ({
  ...receipt(`P${id}`, { eventId: `e${id}` }),
  id,
  outcome: 'pending',
  attempts: 1,
  ...said,
});
const many = (count: number) => Array.from({ length: count }, (_, nth) => stored(String(nth)));

/** Comes to what the test says of each callback, and remembers who came together. */
function settling(outcomeOf: (callback: StoredCallback) => Outcome | Error = () => 'settled') {
  const groups: { ids: string[]; mode: string; within: number }[] = [];
  const settle = async (
    callbacks: readonly StoredCallback[],
    { mode, deadline }: { mode: string; deadline: number },
  ) => {
    groups.push({ ids: callbacks.map(({ id }) => id), mode, within: deadline - performance.now() });
    return callbacks.map((callback) => {
      const outcome = outcomeOf(callback);
      if (outcome instanceof Error) throw outcome;
      return { outcome };
    });
  };
  return { groups, receive: { settle } as unknown as ReceiveCallback };
}

describe('a group of stored callbacks', () => {
  test('settles together, behind nobody’s lock and within three seconds', async () => {
    const { groups, receive } = settling();
    const [first, second] = many(2);
    expect(await settleStored([first!, second!], receive)).toEqual([
      { callback: first, outcome: 'settled' },
      { callback: second, outcome: 'settled' },
    ]);
    expect(groups).toMatchObject([{ ids: ['0', '1'], mode: 'skip' }]);
    expect(groups[0]!.within).toBeGreaterThan(2_000);
    expect(groups[0]!.within).toBeLessThanOrEqual(3_000);
  });

  test('that fails goes one by one; the one that cannot be settled keeps its outcome and says why', async () => {
    const bug = new TypeError('no such field');
    const { groups, receive } = settling(({ id }) => (id === '1' ? bug : 'settled'));
    const attempted = await settleStored(many(3), receive);
    expect(attempted.map(({ outcome, fault }) => [outcome, fault])).toEqual([
      ['settled', undefined],
      ['pending', bug],
      ['settled', undefined],
    ]);
    expect(groups.map(({ ids }) => ids.join(' '))).toEqual(['0 1 2', '0', '1', '2']);
  });

  test('is not tried one by one while the database is away', async () => {
    const { groups, receive } = settling(() => new Unavailable('away'));
    await expect(settleStored(many(3), receive)).rejects.toThrow('away');
    expect(groups).toHaveLength(1);
  });
});

describe('the walk through the unmatched', () => {
  async function walk(found: StoredCallback[], outcomeOf?: (callback: StoredCallback) => Outcome | Error) {
    const { groups, receive } = settling(outcomeOf);
    const asked: unknown[] = [];
    const matched = async (after: string | null, limit: number) => {
      asked.push([after, limit]);
      return { callbacks: found, next: 'P9' };
    };
    const stores = { backlog: { matched } } as unknown as Stores;
    const unitOfWork = { run: (work: (stores: Stores) => unknown) => work(stores) } as unknown as UnitOfWork;
    return { ...(await new SettleUnmatched(unitOfWork, receive).execute('P1')), groups, asked };
  }

  test('takes a page at a time, goes on where it ended, and settles 64 together', async () => {
    const { groups, asked, next, attempted } = await walk(many(130));
    expect([asked, next]).toEqual([[['P1', 2_000]], 'P9']);
    expect(groups.map(({ ids }) => ids.length)).toEqual([64, 64, 2]);
    expect(new Set(attempted.map(({ callback }) => callback.id)).size).toBe(130);
  });

  test('asks for nothing where nothing was found, and no group more than there are', async () => {
    expect((await walk([])).groups).toEqual([]);
    expect((await walk(many(64))).groups).toHaveLength(1);
  });

  test('tells nothing of what stays unmatched, unless a bug of ours keeps it there', async () => {
    const found = many(3).map((callback) => ({ ...callback, outcome: 'unmatched' as const }));
    const bug = new TypeError('no such field');
    const { attempted } = await walk(found, ({ id }) =>
      id === '0' ? 'unmatched' : id === '1' ? bug : 'settled',
    );
    expect(attempted.map(({ callback, outcome, fault }) => [callback.id, outcome, fault])).toEqual([
      ['1', 'unmatched', bug],
      ['2', 'settled', undefined],
    ]);
  });
});

describe('a worker’s batch', () => {
  /** Over these callbacks, as far as nobody else holds them. */
  function inbox(due: StoredCallback[], { held = false, known = false, broken = false } = {}) {
    const asked: unknown[][] = [];
    const note = (...what: unknown[]) => void asked.push(what);
    const stores = {
      backlog: {
        lease: async (...given: unknown[]) => (note('lease', ...given), due),
        postpone: async (retries: unknown) => note('postpone', retries),
      },
      callbacks: {
        lockUndecided: async (ids: string[], mode: string) => (note('lock', ids, mode), held ? [] : ids),
        decide: async (decisions: unknown) => {
          if (broken) throw new Error('a bug of ours');
          note('decide', decisions);
        },
      },
      discrepancies: { open: async (opened: unknown[]) => (note('open', opened), known ? [] : opened) },
      events: {
        append: async (events: { type: string }[]) =>
          note(
            'append',
            events.map(({ type }) => type),
          ),
      },
    } as unknown as Stores;
    const unitOfWork = { run: (work: (stores: Stores) => unknown) => work(stores) } as unknown as UnitOfWork;
    return { asked, unitOfWork };
  }
  const clock = { now: () => new Date(NOW) };
  const spent = stored('9', { attempts: 35, receivedAt: new Date(NOW - DAY_MS) });
  const execute = async (due: StoredCallback[], options = {}, outcome: Outcome = 'settled') => {
    const { asked, unitOfWork } = inbox(due, options);
    const { groups, receive } = settling(() => outcome);
    return { attempted: await new SettlePending(unitOfWork, receive, clock).execute(), asked, groups };
  };

  test('is 64 at most, leased for half a minute; where nothing is due nothing else is asked', async () => {
    const { asked, groups, attempted } = await execute([]);
    expect(asked).toEqual([['lease', new Date(NOW), new Date(NOW + 30_000), 64]]);
    expect([groups, attempted]).toEqual([[], []]);
  });

  test('what is settled is not put off', async () => {
    const { asked } = await execute(many(2));
    expect(asked.map(([what]) => what)).toEqual(['lease']);
  });

  test.each([
    [1, 2],
    [2, 4],
    [11, 2_048],
    [12, 3_600],
    [34, 3_600],
    [99, 3_600],
  ])(
    'what still waits after attempt %i comes again in %i seconds, and at most a quarter more',
    async (attempts, seconds) => {
      const { asked } = await execute([stored('1', { attempts })], {}, 'pending');
      const [{ id, at }] = asked[1]![1] as [{ id: string; at: Date }];
      expect([asked[1]![0], id]).toEqual(['postpone', '1']);
      expect((at.getTime() - NOW) / 1_000).toBeGreaterThanOrEqual(seconds);
      expect((at.getTime() - NOW) / 1_000).toBeLessThanOrEqual(seconds * 1.25);
    },
  );

  test('34 attempts double from two seconds to an hour', () => {
    expect(RETRY_DELAYS_SECONDS.slice(0, 12)).toEqual([
      2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600,
    ]);
    expect(RETRY_DELAYS_SECONDS).toHaveLength(34);
    expect(new Set(RETRY_DELAYS_SECONDS.slice(11))).toEqual(new Set([3_600]));
  });

  test.each([[{ attempts: 34 }], [{ receivedAt: new Date(NOW - DAY_MS + 1) }]])(
    'one that has attempts or time left, as with %j, is tried',
    async (said) => {
      const { groups } = await execute([{ ...spent, ...said }]);
      expect(groups).toHaveLength(1);
    },
  );

  test('one that has neither is given up: decided, with a case that tells of its money, and in the log', async () => {
    const { asked, groups, attempted } = await execute([spent]);
    const details = { paid: '100.00 CNY', attempts: '35' };
    const { gateway, paymentNumber, transactionId } = spent.notice;
    const money = { gateway, paymentNumber, transactionId, orderNumber: null };
    expect(asked.slice(1)).toEqual([
      ['lock', ['9'], 'skip'],
      ['decide', [{ id: '9', outcome: 'undeliverable', at: new Date(NOW) }]],
      ['open', [{ kind: 'undeliverable', ...money, details, callbackId: '9' }]],
      ['append', ['discrepancy.opened']],
    ]);
    expect([groups, attempted]).toEqual([[], [{ callback: spent, outcome: 'undeliverable' }]]);
  });

  test('one without money says so, and one whose case is known already adds nothing to the log', async () => {
    const moneyless = { ...spent, notice: { ...spent.notice, money: null } };
    const { asked } = await execute([moneyless], { known: true });
    expect(asked[3]![1]).toMatchObject([{ details: { paid: null, attempts: '35' } }]);
    expect(asked.map(([what]) => what)).toEqual(['lease', 'lock', 'decide', 'open']);
  });

  test('one that somebody else is deciding is left to them', async () => {
    const { asked, attempted } = await execute([spent], { held: true });
    expect(asked.map(([what]) => what)).toEqual(['lease', 'lock', 'postpone']);
    expect(attempted).toEqual([{ callback: spent, outcome: 'pending' }]);
  });

  test('one that cannot even be given up stays pending, says why and harms nobody else', async () => {
    const { asked, attempted } = await execute([spent, stored('1')], { broken: true });
    expect(attempted).toEqual([
      { callback: stored('1', { notice: attempted[0]!.callback.notice }), outcome: 'settled' },
      { callback: spent, outcome: 'pending', fault: new Error('a bug of ours') },
    ]);
    expect(asked.at(-1)).toMatchObject(['postpone', [{ id: '9' }]]);
  });
});
