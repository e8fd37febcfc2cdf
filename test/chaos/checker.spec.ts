import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { BREAKAGES, broken } from '../../chaos/breakages.js';
import { check, CLAIMS } from '../../chaos/check.js';
import type { History } from '../../chaos/history.js';
import { accusation } from '../../chaos/report.js';
import { timelineOf } from '../../chaos/timeline.js';
import { soundHistory } from './sound-history.js';

type Rows = { [Name in keyof History]: History[Name] };
/** What a service that breaks the claim would have left, made of what a sound one leaves. */
type Spoil = (sound: Rows) => Partial<Rows>;

/** The list with something else in the place of one item, or with nothing there. */
function but<Item extends object>(
  items: readonly Item[],
  index: number,
  changes: Partial<Item> | null,
): Item[] {
  return items.flatMap((item, at) => (at === index ? (changes ? [{ ...item, ...changes }] : []) : [item]));
}

const SPOILT: Readonly<Record<string, Spoil>> = {
  'what was acknowledged is stored, byte for byte': ({ callbacks }) => ({
    callbacks: but(callbacks, 2, { digest: 'other bytes' }),
  }),
  'every genuine callback is acknowledged in the end': ({ attempts }) => ({
    attempts: but(attempts, 1, { answer: 'cut' }),
  }),
  'a forgery is refused and leaves nothing': ({ attempts }) => ({
    attempts: but(attempts, 2, { answer: 200 }),
  }),
  'the inbox holds nothing that nobody sent, and each callback once': ({ callbacks }) => ({
    callbacks: [...callbacks, { ...callbacks[0]!, id: '9', event_id: 'E1~0123456789abcdef' }],
  }),
  'nothing waits any more and nothing was given up': ({ callbacks }) => ({
    callbacks: but(callbacks, 2, { outcome: 'pending' }),
  }),
  'every callback came to what its scenario allows': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { outcome: 'duplicate' }),
  }),
  'every success is settled, a duplicate, or has an open case of its kind': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 0, { status: 'resolved' }),
  }),
  'money is late where it was judged after the deadline, and nowhere else': ({ payments }) => ({
    payments: but(payments, 0, { expires_at: new Date(0) }),
  }),
  'an order is paid at most once': ({ events }) => ({ events: [...events, { ...events[3]!, id: '13' }] }),
  'a payment that succeeded was paid by one callback, whose transaction it names': ({ payments }) => ({
    payments: but(payments, 0, { transaction_id: 'T9' }),
  }),
  'a payment takes what is due, in the currency that is due': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { amount: '9.99' }),
  }),
  'a transaction pays one payment': ({ callbacks }) => ({
    callbacks: but(callbacks, 1, { transaction_id: 'T1' }),
  }),
  'every order ended where its scenario allows': ({ orders }) => ({
    orders: but(orders, 0, { status: 'pending' }),
  }),
  'an order is paid where a callback has settled, and nowhere else': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { outcome: 'amount_mismatched' }),
  }),
  'money of a cancelled order is owed, by an open case': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 1, null),
  }),
  'what the shop asked for was done, and is there': ({ asked }) => ({
    asked: but(asked, 2, { status: 409 }),
  }),
  'the log of an order, followed from its beginning, leads to its status': ({ events }) => ({
    events: but(events, 8, { data: { from: 'pending', to: 'cancelled' } }),
  }),
  'the log of a payment, followed from its beginning, leads to its status': ({ payments }) => ({
    payments: but(payments, 1, { status: 'failed' }),
  }),
  'the log says of every callback what became of it, once': ({ events }) => ({
    events: but(events, 10, null),
  }),
  'the log speaks of no callback that the inbox does not hold': ({ events }) => ({
    events: but(events, 10, { callback_id: '77' }),
  }),
  'every case is in the log, opened once': ({ events }) => ({ events: but(events, 9, null) }),
  'no event is skipped: whatever is to be told was told': ({ told }) => ({ told: but(told, 1, null) }),
  'what was told is in the log, and signed': ({ told }) => ({ told: but(told, 0, { verified: false }) }),
  'one order is told in order, by the first arrival of each event': ({ told }) => ({
    told: [told[1]!, told[0]!, ...told.slice(1)],
  }),
};

describe('the checker', () => {
  test('finds nothing in a sound history, also where an event is told twice', () => {
    const sound = soundHistory();
    expect(check(sound)).toEqual([]);
    expect(check({ ...sound, told: [...sound.told, sound.told[0]!] })).toEqual([]);
  });

  test('has a spoilt history for every claim', () => {
    expect(Object.keys(SPOILT)).toEqual(CLAIMS.map(({ name }) => name));
  });

  test.each(Object.entries(SPOILT))('sees where it does not hold that %s', (claim, spoil) => {
    const sound = soundHistory();
    const found = check({ ...sound, ...spoil(sound) });
    expect(found.map((each) => each.claim)).toContain(claim);
  });

  test('shows what is known of a violation, oldest first: what was sent, kept, logged and told, and the faults', () => {
    const history = soundHistory();
    const lines = timelineOf(history, { detail: 'by hand', callback: 'C1' }).map((line) => line.trim());
    expect(lines.filter((line) => line.includes('gateway'))).toEqual([
      expect.stringContaining('succeeded E1 (T1, 10.00) to replica 0: 503'),
      expect.stringContaining('succeeded E1 (T1, 10.00) to replica 0: 200'),
      expect.stringContaining('tampered succeeded E1'),
    ]);
    for (const part of [
      'inbox     callback 1',
      'log       4 order.paid',
      'told      evt_4',
      'fault     service killed',
    ])
      expect(lines.join('\n')).toContain(part);
    expect(lines.join('\n')).not.toContain('E2');
  });
});

test('an accusation names the claim, what broke it, and what else does not hold', () => {
  const sound = soundHistory();
  const history = { ...sound, callbacks: but(sound.callbacks, 2, null) };
  const text = accusation(history, check(history));
  expect(text).toMatch(/^VIOLATED: what was acknowledged is stored, byte for byte\n  C3: /);
  expect(text).toContain('succeeded E3 (T3, 10.00) to replica 0: 200');
  expect(text).toContain(
    'Also violated, 2 times: the log speaks of no callback that the inbox does not hold',
  );
});

describe('the ways to break the service', () => {
  test.each(BREAKAGES.map((breakage) => [breakage.name, breakage] as const))(
    '%s: its text is in the source, once',
    (_, breakage) => {
      const source = readFileSync(breakage.file.replace(/\.js$/, '.ts'), 'utf8');
      expect(broken(breakage, source)).not.toBe(source);
    },
  );

  test('a text that is no longer there is told by the name of the breakage', () => {
    expect(() => broken(BREAKAGES[0]!, 'another text')).toThrow(BREAKAGES[0]!.name);
  });
});
