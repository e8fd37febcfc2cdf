import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Unavailable } from '../../src/application/ports.js';
import { NOW, receipt } from './callback-world.js';
import { named, pass, ScriptedDoor } from './scripted-door.js';

describe('the queue', () => {
  let door: ScriptedDoor;
  beforeEach(() => {
    jest.useFakeTimers();
    door = new ScriptedDoor();
  });
  afterEach(() => void jest.useRealTimers());

  const STORED = { stored: true, outcome: 'settled', copy: false, callbackId: '7' };

  describe('groups', () => {
    test('a lone callback is a group of one and waits for nobody', async () => {
      const since = performance.now();
      door.arrive('e1');
      expect(door.groups()).toEqual(['e1']);
      expect(door.begun[0]!.options).toEqual({ mode: 'skip', deadline: since + 3_000 });
      await door.begun[0]!.end();
      expect(door.answers.get('e1')).toEqual(STORED);
    });

    test('what arrives while one is under way forms the next, in order of arrival', async () => {
      door.arrive('e1', 'e2', 'e3', 'e4');
      expect(door.groups()).toEqual(['e1']);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1', 'e2 e3 e4']);
      await door.begun[1]!.end();
      expect([...door.answers.keys()]).toEqual(named(4));
      door.arrive('e5');
      expect(door.groups().at(-1)).toBe('e5');
    });

    test('a second one starts at once where 32 wait, and a third never', () => {
      door.arrive(...named(32));
      expect(door.groups()).toHaveLength(1);
      door.arrive('e33');
      expect(door.groups()).toEqual(['e1', named(32, 2).join(' ')]);
      door.arrive(...named(100, 34));
      expect(door.groups()).toHaveLength(2);
    });

    test('fewer wait ten milliseconds for the one under way, and no longer', async () => {
      door.arrive('e1', 'e2');
      await pass(9);
      door.arrive('e3');
      expect(door.groups()).toEqual(['e1']);
      await pass(1);
      expect(door.groups()).toEqual(['e1', 'e2 e3']);
      door.arrive('e4');
      await pass(20);
      expect(door.groups()).toHaveLength(2);
    });

    test('none has more than 256, and the rest comes next', async () => {
      door.arrive('e1');
      door.arrive(...named(32, 2));
      door.arrive(...named(300, 34));
      await door.begun[0]!.end();
      expect(door.groups()[2]).toBe(named(256, 34).join(' '));
      await door.begun[2]!.end();
      expect(door.groups()[3]).toBe(named(44, 290).join(' '));
    });

    test('one is full with two megabytes of bodies, and what comes after them waits in its place', async () => {
      const large = (nth: number) => receipt(`P${nth}`, { eventId: `e${nth}`, body: Buffer.alloc(1 << 20) });
      door.arrive('e0');
      for (const nth of [1, 2, 3]) door.submit(large(nth));
      door.arrive('e4');
      await door.begun[0]!.end();
      await pass(10);
      expect(door.groups()).toEqual(['e0', 'e1 e2', 'e3 e4']);
    });

    test('two that share a payment or an event never are under way in two, and nobody waits with them', async () => {
      door.submit(receipt('P1', { eventId: 'e1' }));
      door.submit(receipt('P1', { eventId: 'e2' }));
      door.submit(receipt('P2', { eventId: 'e1' }));
      door.submit(receipt('P3', { eventId: 'e3' }));
      door.submit(receipt('P3', { eventId: 'e1', gateway: 'alipay' }));
      await pass(10);
      expect(door.groups()).toEqual(['e1', 'e3 e1']);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1', 'e3 e1', 'e2 e1']);
    });

    test('callbacks without a payment number do not wait for one another', async () => {
      const blank = { paymentNumber: null, kind: 'refund' as const };
      door.submit(receipt('', { ...blank, eventId: 'e1' }));
      door.submit(receipt('', { ...blank, eventId: 'e2' }));
      await pass(10);
      expect(door.groups()).toEqual(['e1', 'e2']);
    });

    test('the time by which a callback is judged is fixed when it comes', () => {
      const paidAt = new Date(NOW - 60_000);
      const byPaidAt = new ScriptedDoor('paid_at');
      for (const each of [door, byPaidAt]) each.submit(receipt('P1', { paidAt }));
      const judged = [door, byPaidAt].map(({ begun }) => begun[0]!.receipts[0]!.judgedAt);
      expect(judged).toEqual([new Date(NOW), paidAt]);
    });
  });

  describe('limits', () => {
    test('512 may wait; the next is told at once that it is not stored', async () => {
      const shared = (nth: number) => receipt('P1', { eventId: `e${nth}` });
      for (let nth = 0; nth < 512; nth += 1) door.submit(shared(nth));
      expect(door.queue.isFull).toBe(false);
      door.submit(shared(512));
      expect(door.queue.isFull).toBe(true);
      door.submit(shared(513));
      await pass(0);
      expect(door.answers).toEqual(new Map([['e513', { stored: false, why: 'overloaded' }]]));
    });

    test('who has no answer after 4.2 seconds hears that it is not stored, and takes no place any more', async () => {
      door.arrive('e1');
      door.submit(receipt('P-e1', { eventId: 'e2' }));
      await pass(4_199);
      expect(door.answers.size).toBe(0);
      await pass(1);
      const lost = { stored: false, why: 'unavailable' };
      expect(door.answers).toEqual(
        new Map([
          ['e1', lost],
          ['e2', lost],
        ]),
      );
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1']);
      expect(jest.getTimerCount()).toBe(0);
      door.arrive('e3');
      expect(door.groups()).toEqual(['e1', 'e3']);
    });

    test('an answer leaves no timer behind', async () => {
      door.arrive('e1');
      await pass(10);
      expect(jest.getTimerCount()).toBe(1);
      await door.begun[0]!.end();
      expect(jest.getTimerCount()).toBe(0);
    });

    test('what has waited for too long is stored without another attempt to settle it, and takes no time from what came later', async () => {
      const since = performance.now();
      door.arrive('e1');
      door.submit(receipt('P-e1', { eventId: 'e2' }));
      await pass(2_000);
      door.submit(receipt('P-e1', { eventId: 'e3' }));
      await pass(501);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1', 'e3']);
      expect(door.begun[1]!.options.deadline).toBe(since + 5_000);
      const nextAttemptAt = new Date(NOW + 1_000);
      expect(door.kept).toEqual([{ events: ['e2'], nextAttemptAt, deadline: since + 4_000 }]);
      const fault = new Unavailable('it has waited too long to be settled in time');
      expect(door.answers.get('e2')).toEqual({ ...STORED, outcome: 'pending', callbackId: null, fault });
    });

    test('two that wait with half a second left are tried together, and both are stored where they have less', async () => {
      const share = (name: string) => {
        door.submit(receipt(name, { eventId: `${name}1` }));
        for (const nth of [2, 3]) door.submit(receipt(name, { eventId: `${name}${nth}` }));
      };
      share('a');
      await pass(2_500);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['a1', 'a2 a3']);
      await door.begun[1]!.end();
      share('b');
      await pass(2_501);
      await door.begun[2]!.end();
      expect(door.kept.map(({ events }) => events)).toEqual([['b2', 'b3']]);
    });

    test('alone, what has waited for three seconds is stored without another attempt', async () => {
      door.arrive('e1');
      door.submit(receipt('P-e1', { eventId: 'e2' }));
      await pass(3_000);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1']);
      expect(door.kept.map(({ events }) => events)).toEqual([['e2']]);
    });

    test('one that still has a millisecond is tried', async () => {
      door.arrive('e1');
      door.submit(receipt('P-e1', { eventId: 'e2' }));
      await pass(2_999);
      await door.begun[0]!.end();
      expect(door.groups()).toEqual(['e1', 'e2']);
      expect(door.begun[1]!.options.deadline - performance.now()).toBe(1);
    });
  });
});
