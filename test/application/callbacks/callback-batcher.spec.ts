import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { InboxEntry } from '../../../src/application/callbacks/inbox-entry.js';
import { Unavailable } from '../../../src/application/transaction.js';
import { NOW, receipt, type Said } from '../fixtures/receipts.js';
import { named, pass, ScriptedBatcher, SETTLED } from '../fixtures/scripted-batcher.js';

describe('the callback batcher', () => {
  let script: ScriptedBatcher;
  beforeEach(() => {
    jest.useFakeTimers();
    script = new ScriptedBatcher();
  });
  afterEach(() => void jest.useRealTimers());

  /** A callback for this payment. */
  const arrive = (payment: string, eventId: string, said: Said = {}, answerWithinMs = 5_000) =>
    script.submit(receipt(payment, { eventId, ...said }), answerWithinMs);

  describe('forming batches', () => {
    test('a single callback is a batch of one, starts at once and never waits for a lock', async () => {
      script.arrive('e1');
      expect(script.batches).toEqual(['e1']);
      expect(script.running[0]!.mode).toBe('skip');
      await script.running[0]!.commit();
      expect(script.answers.get('e1')).toEqual(SETTLED);
    });

    test('callbacks that arrive while a batch runs form the next one, in order of arrival', async () => {
      script.arrive('e1', 'e2', 'e3', 'e4');
      expect(script.batches).toEqual(['e1']);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e1', 'e2 e3 e4']);
      await script.running[1]!.commit();
      expect([...script.answers.keys()]).toEqual(named(4));
      script.arrive('e5');
      expect(script.batches.at(-1)).toBe('e5');
    });

    test('the notifications of one request form one batch, and each has its answer', async () => {
      const receipts = named(3).map((eventId) => receipt(`P-${eventId}`, { eventId }));
      const results = script.batcher.submitAll(receipts, 5_000);
      expect(script.batches).toEqual(['e1 e2 e3']);
      await script.running[0]!.commit();
      expect(await Promise.all(results)).toEqual([SETTLED, SETTLED, SETTLED]);
    });

    test('a request with more notifications than the queue has room for is refused as a whole', async () => {
      // Two batches take 33 of them.
      script.arrive(...named(33), ...named(510, 34));
      const receipts = ['a', 'b', 'c'].map((eventId) => receipt(eventId, { eventId }));
      const overloaded = { stored: false, why: 'overloaded' };
      const results = script.batcher.submitAll(receipts, 5_000);
      expect(await Promise.all(results)).toEqual([overloaded, overloaded, overloaded]);
      expect(script.batches).toHaveLength(2);
    });

    test('a second batch starts at once if 32 callbacks wait, and a third never starts', () => {
      script.arrive(...named(32));
      expect(script.batches).toHaveLength(1);
      script.arrive('e33');
      expect(script.batches).toEqual(['e1', named(32, 2).join(' ')]);
      script.arrive(...named(100, 34));
      expect(script.batches).toHaveLength(2);
    });

    test('fewer callbacks wait 10 ms for the running batch, and then form a second one', async () => {
      script.arrive('e1', 'e2');
      await pass(9);
      script.arrive('e3');
      expect(script.batches).toEqual(['e1']);
      await pass(1);
      expect(script.batches).toEqual(['e1', 'e2 e3']);
      script.arrive('e4');
      await pass(20);
      expect(script.batches).toHaveLength(2);
    });

    test('a batch has at most 256 callbacks, and the rest come next', async () => {
      script.arrive('e1');
      script.arrive(...named(32, 2));
      script.arrive(...named(300, 34));
      await script.running[0]!.commit();
      expect(script.batches[2]).toBe(named(256, 34).join(' '));
      await script.running[2]!.commit();
      expect(script.batches[3]).toBe(named(44, 290).join(' '));
    });

    test('a batch is full with 2 MiB of bodies, and the callbacks behind them keep their order', async () => {
      const body = Buffer.alloc(1 << 20);
      script.arrive('e0');
      for (const nth of [1, 2, 3]) arrive(`P${nth}`, `e${nth}`, { body });
      script.arrive('e4');
      await script.running[0]!.commit();
      await pass(10);
      expect(script.batches).toEqual(['e0', 'e1 e2', 'e3 e4']);
    });

    test('callbacks that share a payment or an event are never in two running batches, and do not delay others', async () => {
      arrive('P1', 'e1');
      arrive('P1', 'e2');
      arrive('P2', 'e1');
      arrive('P3', 'e3');
      arrive('P3', 'e1', { gateway: 'alipay' });
      await pass(10);
      expect(script.batches).toEqual(['e1', 'e3 e1']);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e1', 'e3 e1', 'e2 e1']);
    });

    test('callbacks without a payment number do not wait for each other', async () => {
      arrive('', 'e1', { paymentNumber: null, kind: 'refund' });
      arrive('', 'e2', { paymentNumber: null, kind: 'refund' });
      await pass(10);
      expect(script.batches).toEqual(['e1', 'e2']);
    });

    test('of several copies in one batch, the first is the callback and the others are copies', async () => {
      script.arrive('e1', 'e2', 'e3');
      await script.running[0]!.commit();
      const entry = InboxEntry.received('7', receipt('P', { eventId: 'e2' }));
      entry.outcome = 'settled';
      await script.running[1]!.commitWith([entry, entry]);
      expect(script.answers.get('e2')).toEqual(SETTLED);
      expect(script.answers.get('e3')).toEqual({ ...SETTLED, copy: true });
    });
  });

  describe('refusing', () => {
    test('when 512 callbacks wait, the next one is refused at once as overloaded', async () => {
      for (let nth = 0; nth < 512; nth += 1) arrive('P1', `e${nth}`);
      expect(script.batcher.isFull).toBe(false);
      arrive('P1', 'e512');
      expect(script.batcher.isFull).toBe(true);
      arrive('P1', 'e513');
      await pass(0);
      expect(script.answers).toEqual(new Map([['e513', { stored: false, why: 'overloaded' }]]));
    });

    test('a callback without an answer 0.8 s before it is due is answered as unavailable, and leaves the queue', async () => {
      arrive('P1', 'e1');
      arrive('P1', 'e2');
      await pass(4_199);
      expect(script.answers.size).toBe(0);
      await pass(1);
      const unavailable = { stored: false, why: 'unavailable' };
      expect(script.answers).toEqual(
        new Map([
          ['e1', unavailable],
          ['e2', unavailable],
        ]),
      );
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e1']);
      expect(script.storedAlone).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
      script.arrive('e3');
      expect(script.batches).toEqual(['e1', 'e3']);
    });

    test('an answered callback leaves no timer behind', async () => {
      script.arrive('e1');
      await pass(10);
      expect(jest.getTimerCount()).toBe(1);
      await script.running[0]!.commit();
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  describe('deadlines', () => {
    test.each([5_000, 10_000, 20_000])(
      'with %i ms to answer, a callback settles until 2 s before, is stored alone until 1 s before, and is unavailable 0.8 s before',
      async (answerWithinMs) => {
        const since = performance.now();
        arrive('P1', 'e1', {}, answerWithinMs);
        expect(script.running[0]!.deadline).toBe(since + answerWithinMs - 2_000);
        await script.running[0]!.fail(new Unavailable('away'));
        expect(script.storedAlone.map(({ deadline }) => deadline)).toEqual([since + answerWithinMs - 1_000]);

        arrive('P2', 'e2', {}, answerWithinMs);
        await pass(answerWithinMs - 801);
        expect(script.answers.has('e2')).toBe(false);
        await pass(1);
        expect(script.answers.get('e2')).toEqual({ stored: false, why: 'unavailable' });
      },
    );

    test('a batch takes the earliest deadline of its callbacks', async () => {
      script.arrive('e0');
      const since = performance.now();
      arrive('P1', 'e1', {}, 20_000);
      arrive('P2', 'e2', {}, 6_000);
      arrive('P3', 'e3', {}, 10_000);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e0', 'e1 e2 e3']);
      expect(script.running[1]!.deadline).toBe(since + 4_000);
      await script.running[1]!.fail(new Unavailable('away'));
      expect(script.storedAlone.map(({ deadline }) => deadline)).toEqual([since + 5_000]);
    });

    test('a callback with a longer time to answer is settled while a shorter one of the same age is stored alone', async () => {
      const since = performance.now();
      arrive('P', 'e1', {}, 20_000);
      arrive('P', 'e2', {}, 5_000);
      arrive('P', 'e3', {}, 20_000);
      await pass(2_600);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e1', 'e3']);
      expect(script.running[1]!.deadline).toBe(since + 18_000);
      expect(script.storedAlone.map(({ events }) => events)).toEqual([['e2']]);
    });

    test('a callback that has waited too long is stored without an attempt to settle it, and later ones keep their time', async () => {
      const since = performance.now();
      arrive('P', 'e1');
      arrive('P', 'e2');
      await pass(2_000);
      arrive('P', 'e3');
      await pass(501);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['e1', 'e3']);
      expect(script.running[1]!.deadline).toBe(since + 5_000);
      const nextAttemptAt = new Date(NOW + 1_000);
      expect(script.storedAlone).toEqual([{ events: ['e2'], nextAttemptAt, deadline: since + 4_000 }]);
      const fault = new Unavailable('it has waited too long to be settled in time');
      expect(script.answers.get('e2')).toEqual({ ...SETTLED, outcome: 'pending', callbackId: null, fault });
    });

    test('two callbacks with half a second left are settled together, and with less both are stored alone', async () => {
      for (const eventId of ['a1', 'a2', 'a3']) arrive('A', eventId);
      await pass(2_500);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['a1', 'a2 a3']);
      await script.running[1]!.commit();
      for (const eventId of ['b1', 'b2', 'b3']) arrive('B', eventId);
      await pass(2_501);
      await script.running[2]!.commit();
      expect(script.storedAlone.map(({ events }) => events)).toEqual([['b2', 'b3']]);
    });

    test('a single callback is tried with one millisecond left, and stored alone with none', async () => {
      arrive('A', 'a1');
      arrive('A', 'a2');
      await pass(2_999);
      await script.running[0]!.commit();
      expect(script.batches).toEqual(['a1', 'a2']);
      expect(script.running[1]!.deadline - performance.now()).toBe(1);
      await script.running[1]!.commit();
      arrive('B', 'b1');
      arrive('B', 'b2');
      await pass(3_000);
      await script.running[2]!.commit();
      expect(script.batches).toHaveLength(3);
      expect(script.storedAlone.map(({ events }) => events)).toEqual([['b2']]);
    });
  });
});
