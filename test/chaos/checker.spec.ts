import { describe, expect, test } from '@jest/globals';
import { CLAIMS, check } from '../../tools/chaos/check.js';
import type { History } from '../../tools/chaos/history.js';
import { resultsOf, table, violationReport } from '../../tools/chaos/report.js';
import { timelineOf } from '../../tools/chaos/timeline.js';
import { soundHistory } from './sound-history.js';

type Rows = { [Name in keyof History]: History[Name] };
/** Changes a sound history into one of a service that violates the claim. */
type Spoil = (sound: Rows) => Partial<Rows>;

/** The list with one item changed, or removed if the changes are null. */
function but<Item extends object>(
  items: readonly Item[],
  index: number,
  changes: Partial<Item> | null,
): Item[] {
  return items.flatMap((item, at) => (at === index ? (changes ? [{ ...item, ...changes }] : []) : [item]));
}

const SPOILT: Readonly<Record<string, Spoil>> = {
  'an acknowledged callback is stored, byte for byte': ({ callbacks }) => ({
    callbacks: but(callbacks, 2, { digest: 'other bytes' }),
  }),
  'every genuine callback is acknowledged in the end': ({ attempts }) => ({
    attempts: but(attempts, 1, { answer: 'cut' }),
  }),
  'a forged callback is rejected and nothing of it is stored': ({ attempts }) => ({
    attempts: but(attempts, 2, { answer: 200 }),
  }),
  'the inbox has only callbacks that were sent, and each of them once': ({ callbacks }) => ({
    callbacks: [...callbacks, { ...callbacks[0]!, id: '9', event_id: 'E1~0123456789abcdef' }],
  }),
  'no callback is left pending or undeliverable': ({ callbacks }) => ({
    callbacks: but(callbacks, 2, { outcome: 'pending' }),
  }),
  'every callback has an outcome that its scenario allows': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { outcome: 'duplicate' }),
  }),
  'every success is settled, a duplicate, or its money has an owner': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 0, { status: 'resolved' }),
  }),
  'money is late if it was judged after the deadline, and only then': ({ payments }) => ({
    payments: but(payments, 0, { expires_at: new Date(0) }),
  }),
  'an order is paid at most once': ({ events }) => ({ events: [...events, { ...events[3]!, id: '13' }] }),
  'a payment that succeeded was paid by one callback, and names its transaction': ({ payments }) => ({
    payments: but(payments, 0, { transaction_id: 'T9' }),
  }),
  'a payment takes the amount and the currency that are due': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { amount: '9.99' }),
  }),
  'a transaction pays one payment': ({ callbacks }) => ({
    callbacks: but(callbacks, 1, { transaction_id: 'T1' }),
  }),
  'every order ends in a status that its scenario allows': ({ orders }) => ({
    orders: but(orders, 0, { status: 'pending' }),
  }),
  'an order is paid if a callback has settled, and only then': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { outcome: 'amount_mismatched' }),
  }),
  'money of a cancelled order has an open case': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 1, null),
  }),
  'a piece of money has one owner: the payment that it settled, or one open case': ({ discrepancies }) => ({
    discrepancies: [
      ...discrepancies,
      { ...discrepancies[0]!, id: '19', kind: 'paid_twice', transaction_id: 'T1' },
    ],
  }),
  'every case that has ended says what has ended it, and that is so': ({ discrepancies }) => ({
    discrepancies: [
      ...discrepancies,
      {
        ...discrepancies[0]!,
        id: '19',
        status: 'resolved',
        ended_by: { by: 'settlement', paymentNumber: 'P1' },
      },
    ],
  }),
  'every request of the shop succeeded and has its effect': ({ requests: asked }) => ({
    requests: but(asked, 2, { status: 409 }),
  }),
  'the events of an order lead from its creation to its status': ({ events }) => ({
    events: but(events, 8, { data: { from: 'pending', to: 'cancelled' } }),
  }),
  'the events of a payment lead from its creation to its status': ({ payments }) => ({
    payments: but(payments, 1, { status: 'failed' }),
  }),
  'the log has the outcome of every callback exactly once': ({ events }) => ({
    events: but(events, 10, null),
  }),
  'every callback in the log is in the inbox': ({ events }) => ({
    events: but(events, 10, { callback_id: '77' }),
  }),
  'the log has one opening event for every case': ({ events }) => ({ events: but(events, 9, null) }),
  'no event is skipped: every published event was delivered': ({ delivered }) => ({
    delivered: but(delivered, 1, null),
  }),
  'every delivered event is in the log and has a valid signature': ({ delivered }) => ({
    delivered: but(delivered, 0, { verified: false }),
  }),
  'the events of one order arrive in order, by the first arrival of each': ({ delivered }) => ({
    delivered: [delivered[1]!, delivered[0]!, ...delivered.slice(1)],
  }),
  'each process stores callbacks and is ready within 15 s of the mend of its database': ({ recoveries }) => ({
    recoveries: but(recoveries, 1, { afterMs: 15_001 }),
  }),
};

describe('the checker', () => {
  test('finds nothing in a sound history, even if an event is delivered twice', () => {
    const sound = soundHistory();
    expect(check(sound)).toEqual([]);
    expect(check({ ...sound, delivered: [...sound.delivered, sound.delivered[0]!] })).toEqual([]);
  });

  test('is tested with a spoilt history for every claim', () => {
    expect(Object.keys(SPOILT)).toEqual(CLAIMS.map(({ name }) => name));
  });

  test.each(Object.entries(SPOILT))('finds a violation of: %s', (claim, spoil) => {
    const sound = soundHistory();
    const found = check({ ...sound, ...spoil(sound) });
    expect(found.map((each) => each.claim)).toContain(claim);
  });

  test('says of a replica that did not work again after a mend whether it stored a callback', () => {
    const sound = soundHistory();
    const recoveries = but(sound.recoveries, 0, { stored: false, afterMs: null });
    expect(check({ ...sound, recoveries })[0]!.violations).toEqual([
      {
        callback: 'C1',
        detail: 'replica 0 after "disk full": it did not work again, and it stored no callback',
      },
    ]);
  });

  test('shows the timeline of a violation, oldest first: attempts, inbox, log, delivered events and faults', () => {
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
      'webhook   evt_4',
      'fault     first replica killed',
    ])
      expect(lines.join('\n')).toContain(part);
    expect(lines.join('\n')).not.toContain('E2');
  });
});

test('the report of a violation names the claim, the callback, and the other violated claims', () => {
  const sound = soundHistory();
  const history = { ...sound, callbacks: but(sound.callbacks, 2, null) };
  const text = violationReport(history, check(history));
  expect(text).toMatch(/^VIOLATED: an acknowledged callback is stored, byte for byte\n  C3: /);
  expect(text).toContain('succeeded E3 (T3, 10.00) to replica 0: 200');
  expect(text).toContain('Also violated, 2 times: every callback in the log is in the inbox');
});

test('the table shows why a fault was skipped, and how long the recovery after the others took at most', () => {
  const sound = soundHistory();
  const skipped = { kind: 'failover, skipped', at: 0, detail: 'there is no pg_basebackup' };
  const full = { kind: 'disk full', at: 0, detail: 'ballast' };
  const history = { ...sound, faults: [...sound.faults, full, skipped] };
  const text = table(resultsOf(history, [], 1));
  expect(text).toMatch(/^ +failover +skipped: there is no pg_basebackup$/m);
  expect(text).toMatch(/^ +disk full +1, and every replica worked again after 0\.3 s at most$/m);
  expect(text).toMatch(/^ +faults that could not be injected +0$/m);
});
