import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Contended, KeyTaken, Unavailable } from '../../src/application/ports.js';
import { NOW } from './callback-world.js';
import { named, pass, ScriptedDoor, SETTLED, waitingFor } from './scripted-door.js';

describe('the queue, where something fails', () => {
  let door: ScriptedDoor;
  beforeEach(() => {
    jest.useFakeTimers();
    door = new ScriptedDoor();
  });
  afterEach(() => void jest.useRealTimers());

  const STORED = { stored: true, outcome: 'settled', copy: false, callbackId: '7' };
  const bug = new TypeError('undefined is not a function');

  describe('a group that fails', () => {
    /** A group of these, and the group before it out of the way. */
    async function together(...eventIds: readonly string[]) {
      door.arrive('first', ...eventIds);
      await door.begun[0]!.end();
      door.begun.splice(0, 1);
      return door.begun[0]!;
    }

    test.each([
      ['a key that another transaction took', new KeyTaken('e1')],
      ['rows that others held for too long', new Contended('held')],
      ['a bug of ours', bug],
    ])('by %s goes one by one', async (_why, fault) => {
      const group = await together('e1', 'e2');
      await group.fail(fault);
      expect(door.groups()).toEqual(['e1 e2', 'e1', 'e2']);
      await door.begun[1]!.end();
      await door.begun[2]!.end({ outcome: 'stale' });
      expect(door.answers.get('e1')).toEqual(STORED);
      expect(door.answers.get('e2')).toEqual({ ...STORED, outcome: 'stale' });
    });

    test('because the database is away is stored as a whole, to be settled a second later', async () => {
      const since = performance.now();
      const fault = new Unavailable('away');
      await (await together('e1', 'e2')).fail(fault);
      expect(door.groups()).toEqual(['e1 e2']);
      expect(door.kept).toEqual([
        { events: ['e1', 'e2'], nextAttemptAt: new Date(NOW + 1_000), deadline: since + 4_000 },
      ]);
      expect(door.answers.get('e2')).toEqual({ ...STORED, outcome: 'pending', callbackId: null, fault });
    });

    test('and cannot be stored either is not acknowledged', async () => {
      door.keeps = false;
      const fault = new Unavailable('away');
      await (await together('e1')).fail(fault);
      expect(door.answers.get('e1')).toEqual({ stored: false, why: 'unavailable', fault });
    });

    test('alone, by a key that another transaction took, is a copy and tried again', async () => {
      await (await together('e1')).fail(new KeyTaken('e1'));
      expect(door.groups()).toEqual(['e1', 'e1']);
      await door.begun[1]!.end({ copy: true });
      expect(door.answers.get('e1')).toEqual({ ...STORED, copy: true });
      expect(door.kept).toEqual([]);
    });

    test.each([
      ['a bug of ours', bug],
      ['rows that others held for too long', new Contended('held')],
    ])('alone, by %s, is stored and tells why', async (_why, fault) => {
      await (await together('e1')).fail(fault);
      expect(door.groups()).toEqual(['e1']);
      expect(door.answers.get('e1')).toEqual({ ...STORED, outcome: 'pending', callbackId: null, fault });
    });

    test('is taken apart four at a time, so that one which has to wait holds up nobody', async () => {
      await (await together(...named(6))).fail(bug);
      expect(door.groups().slice(1)).toEqual(named(4));
      await door.begun[4]!.end();
      await door.begun[3]!.end();
      await door.begun[2]!.end();
      expect(door.groups().slice(1)).toEqual(named(6));
      await door.begun[5]!.end();
      await door.begun[6]!.end();
      expect(door.answers.has('e1')).toBe(false);
      expect(['e2', 'e3', 'e4', 'e5', 'e6'].every((each) => door.answers.has(each))).toBe(true);
    });
  });

  describe('a callback that has to wait for what somebody else holds', () => {
    test('is stored by then, and stands in line alone for what is left of its three seconds', async () => {
      const since = performance.now();
      door.arrive('e1');
      await pass(500);
      await door.begun[0]!.end(waitingFor('e1'));
      expect(door.alone[0]).toMatchObject({
        events: ['e1'],
        options: { mode: 'wait', deadline: since + 3_000 },
      });
      expect(door.answers.size).toBe(0);
      await door.alone[0]!.end({ ...SETTLED, copy: true, callbackId: '9' });
      expect(door.answers.get('e1')).toEqual({ ...STORED, copy: true });
    });

    test('and waits in vain is acknowledged as pending, and the log is told why', async () => {
      door.arrive('e1');
      await door.begun[0]!.end(waitingFor('e1'));
      const fault = new Contended('held');
      await door.alone[0]!.fail(fault);
      expect(door.answers.get('e1')).toEqual({ ...STORED, outcome: 'pending', fault });
    });

    test('finds at most two others in line; it is acknowledged as pending at once', async () => {
      for (const [nth, eventId] of named(3).entries()) {
        door.arrive(eventId);
        await door.begun[nth]!.end(waitingFor(eventId));
      }
      expect(door.alone).toHaveLength(2);
      expect(door.answers).toEqual(new Map([['e3', { ...STORED, outcome: 'pending' }]]));
      await door.alone[0]!.fail(bug);
      door.arrive('e4');
      await door.begun[3]!.end(waitingFor('e4'));
      expect(door.alone).toHaveLength(3);
    });
  });
});
