import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Contended, KeyTaken, Unavailable } from '../../../src/application/transaction.js';
import { NOW } from '../fixtures/receipts.js';
import {
  named,
  pass,
  ScriptedBatcher,
  SETTLED,
  type RunningTransaction,
} from '../fixtures/scripted-batcher.js';

const bug = new TypeError('undefined is not a function');

describe('faults in the callback batcher', () => {
  let script: ScriptedBatcher;
  beforeEach(() => {
    jest.useFakeTimers();
    script = new ScriptedBatcher();
  });
  afterEach(() => void jest.useRealTimers());

  describe('a batch that fails', () => {
    /** A running batch of these callbacks, and no other. */
    async function batchOf(...eventIds: readonly string[]): Promise<RunningTransaction> {
      script.arrive('first', ...eventIds);
      await script.running[0]!.commit();
      script.running.shift();
      return script.running[0]!;
    }

    test.each([
      ['another transaction took a key', new KeyTaken('e1')],
      ['other transactions locked its rows for too long', new Contended('locked')],
      ['there is a bug', bug],
    ])('is settled one by one if %s', async (_why, fault) => {
      const batch = await batchOf('e1', 'e2');
      await batch.fail(fault);
      expect(script.batches).toEqual(['e1 e2', 'e1', 'e2']);
      await script.running[1]!.commit();
      await script.running[2]!.commit('stale');
      expect(script.answers.get('e1')).toEqual(SETTLED);
      expect(script.answers.get('e2')).toEqual({ ...SETTLED, outcome: 'stale' });
    });

    test('is stored alone as a whole if the database is unavailable, and a worker may settle it a second later', async () => {
      const since = performance.now();
      const fault = new Unavailable('away');
      await (await batchOf('e1', 'e2')).fail(fault);
      expect(script.batches).toEqual(['e1 e2']);
      expect(script.storedAlone).toEqual([
        { events: ['e1', 'e2'], nextAttemptAt: new Date(NOW + 1_000), deadline: since + 4_000 },
      ]);
      expect(script.answers.get('e2')).toEqual({ ...SETTLED, outcome: 'pending', callbackId: null, fault });
    });

    test('is not acknowledged if it cannot be stored alone either', async () => {
      script.canStore = false;
      const fault = new Unavailable('away');
      await (await batchOf('e1')).fail(fault);
      expect(script.answers.get('e1')).toEqual({ stored: false, why: 'unavailable', fault });
    });

    test.each([
      ['counts against readiness if the database was unavailable', new Unavailable('away'), ['failed']],
      ['does not count against readiness if the callback itself may be the cause', bug, []],
    ])('and whose callback cannot be stored alone either %s', async (_what, fault, expected) => {
      script.canStore = false;
      const batch = await batchOf('e1');
      script.storeResults.length = 0;
      await batch.fail(fault);
      expect(script.storeResults).toEqual(expected);
      script.arrive('e2');
      await script.running.at(-1)!.commit();
      expect(script.storeResults).toEqual([...expected, 'stored']);
    });

    test('of one callback is tried again if another transaction took its key, because then it is a copy', async () => {
      await (await batchOf('e1')).fail(new KeyTaken('e1'));
      expect(script.batches).toEqual(['e1', 'e1']);
      await script.running[1]!.commit('settled', true);
      expect(script.answers.get('e1')).toEqual({ ...SETTLED, copy: true });
      expect(script.storedAlone).toEqual([]);
    });

    test.each([
      ['a bug', bug],
      ['a wait for locks that took too long', new Contended('locked')],
    ])('of one callback is stored alone after %s, and the answer carries the fault', async (_why, fault) => {
      await (await batchOf('e1')).fail(fault);
      expect(script.batches).toEqual(['e1']);
      expect(script.answers.get('e1')).toEqual({ ...SETTLED, outcome: 'pending', callbackId: null, fault });
    });

    test('is taken apart four callbacks at a time, so that one that is slow does not delay the rest', async () => {
      await (await batchOf(...named(6))).fail(bug);
      expect(script.batches.slice(1)).toEqual(named(4));
      await script.running[4]!.commit();
      await script.running[3]!.commit();
      await script.running[2]!.commit();
      expect(script.batches.slice(1)).toEqual(named(6));
      await script.running[5]!.commit();
      await script.running[6]!.commit();
      expect(script.answers.has('e1')).toBe(false);
      expect(['e2', 'e3', 'e4', 'e5', 'e6'].every((each) => script.answers.has(each))).toBe(true);
    });
  });

  describe('a callback whose rows another transaction has locked', () => {
    test('is stored, and waits for the lock alone until its deadline', async () => {
      const since = performance.now();
      script.arrive('e1');
      await pass(500);
      await script.running[0]!.commit('pending');
      expect(script.waiting[0]).toMatchObject({ events: ['e1'], mode: 'wait', deadline: since + 3_000 });
      expect(script.answers.size).toBe(0);
      await script.waiting[0]!.commit('settled');
      expect(script.answers.get('e1')).toEqual(SETTLED);
    });

    test('is answered as a copy if another process has settled it in the meantime', async () => {
      script.arrive('e1');
      await script.running[0]!.commit('pending');
      await script.waiting[0]!.commit('settled', true);
      expect(script.answers.get('e1')).toEqual({ ...SETTLED, copy: true });
    });

    test('is answered as pending if it does not get the lock in time, and the answer carries the fault', async () => {
      script.arrive('e1');
      await script.running[0]!.commit('pending');
      const fault = new Contended('locked');
      await script.waiting[0]!.fail(fault);
      expect(script.answers.get('e1')).toEqual({ ...SETTLED, outcome: 'pending', fault });
    });

    test('is answered as pending at once if two others wait for a lock already', async () => {
      for (const [nth, eventId] of named(3).entries()) {
        script.arrive(eventId);
        await script.running[nth]!.commit('pending');
      }
      expect(script.waiting).toHaveLength(2);
      expect(script.answers).toEqual(new Map([['e3', { ...SETTLED, outcome: 'pending' }]]));
      await script.waiting[0]!.fail(bug);
      script.arrive('e4');
      await script.running[3]!.commit('pending');
      expect(script.waiting).toHaveLength(3);
    });
  });
});
