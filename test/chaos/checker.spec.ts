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
  'every outcome that needs a person has a case': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 0, null),
  }),
  'money is late if it was judged after the deadline, and only then': ({ payments }) => ({
    payments: but(payments, 0, { expires_at: new Date(0) }),
  }),
  'an order is paid at most once': ({ events }) => ({ events: [...events, { ...events[3]!, id: '39' }] }),
  'a payment that succeeded was paid once, by a callback or an operator, and names its transaction': ({
    payments,
  }) => ({
    payments: but(payments, 0, { transaction_id: 'T9' }),
  }),
  'a payment takes the amount and the currency that are due, or an amount that an operator accepted': ({
    callbacks,
  }) => ({
    callbacks: but(callbacks, 0, { amount: '9.99' }),
  }),
  'a transaction pays one payment': ({ callbacks }) => ({
    callbacks: but(callbacks, 1, { transaction_id: 'T1' }),
  }),
  'every order ends in a status that its scenario allows': ({ orders }) => ({
    orders: but(orders, 0, { status: 'pending' }),
  }),
  'an order is paid if money has settled it, and only then': ({ callbacks }) => ({
    callbacks: but(callbacks, 0, { outcome: 'amount_mismatched' }),
  }),
  'every request of the shop succeeded and has its effect': ({ requests: asked }) => ({
    requests: but(asked, 2, { status: 409 }),
  }),
  'every piece of money has an owner: its order, its open case, its refunds or a decision': ({
    discrepancies,
  }) => ({ discrepancies: but(discrepancies, 1, null) }),
  'no piece of money has two owners': ({ discrepancies }) => ({
    discrepancies: [
      ...discrepancies,
      { ...discrepancies[0]!, id: '19', kind: 'paid_twice', transaction_id: 'T1' },
    ],
  }),
  'money that was acknowledged ends where its scenario allows': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 1, { status: 'resolved', ended_by: { by: 'decision' } }),
  }),
  'every case that has ended says what has ended it, and that exists and is about its money': ({
    discrepancies,
  }) => ({
    discrepancies: but(discrepancies, 3, { ended_by: { by: 'settlement', paymentNumber: 'P1' } }),
  }),
  'no money goes back twice': ({ refunds }) => ({
    refunds: [...refunds, { ...refunds[0]!, number: 'case-3-3', reference: null }],
  }),
  'the audit of the service finds no money without an owner': ({ audit }) => ({
    audit: { ...audit, unowned: 1, violations: [{ transactionId: 'T1' }] },
  }),
  'every deed of an operator has an answer that its scenario allows': ({ deeds }) => ({
    deeds: but(deeds, 0, { answer: 'exceeds_refundable' }),
  }),
  'what an operator was told to be done is done once, however often it was asked for, and nothing else is': ({
    notes,
  }) => ({ notes: [...notes, notes[0]!] }),
  'of operators who end one case, one has ended it, and so it is stored': ({ deeds }) => ({
    deeds: but(deeds, 4, { answer: 'done' }),
  }),
  'what an operator is told about the end of a case is what is stored': ({ deeds }) => ({
    deeds: but(deeds, 4, { says: { ...deeds[4]!.says!, resolution: 'accept' } }),
  }),
  'a deed that is done is answered the same when it is asked again under its key': ({ deeds }) => ({
    deeds: but(deeds, 2, { repeated: '409 resolved_before' }),
  }),
  'a refund that its gateway reports is stored once, with its amount and its newest status': ({
    refunds,
  }) => ({
    refunds: but(refunds, 2, { status: 'processing' }),
  }),
  'what has gone back of a piece of money is what its gateway and operators have said': ({ refunds }) => ({
    refunds: [...refunds, { ...refunds[2]!, number: 'F3n', gateway_refund_id: null }],
  }),
  'the events of a refund lead to its status, each told once': ({ events }) => ({
    events: [...events, { ...events[31]!, id: '39' }],
  }),
  'the last event about the refunds of a payment tells what has gone back of it': ({ events }) => ({
    events: but(events, 32, { data: { ...events[32]!.data, amount: { amount: '3.00', currency: 'CNY' } } }),
  }),
  'a refund that failed has its case while money is left': ({ discrepancies }) => ({
    discrepancies: but(discrepancies, 4, { refund_number: 'F1n' }),
  }),
  'a dispute that its gateway reports is stored once, with its last status, its money and its case': ({
    disputes,
  }) => ({ disputes: but(disputes, 0, { status: 'needs_response' }) }),
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
  'the log has the opening of every case once, and its end once': ({ events }) => ({
    events: but(events, 9, null),
  }),
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

const ENDED = 'every case that has ended says what has ended it, and that exists and is about its money';
const DONE_ONCE =
  'what an operator was told to be done is done once, however often it was asked for, and nothing else is';
const BACK_ONCE = 'no money goes back twice';
const DISPUTE =
  'a dispute that its gateway reports is stored once, with its last status, its money and its case';
const DECISION = { status: 'resolved', ended_by: { by: 'decision' }, resolved_by: 'admin:anna' } as const;

/** Further lies: the claim, what the service has done wrong, and what it leaves then. */
const LIES: readonly [claim: string, lie: string, spoil: Spoil][] = [
  [
    ENDED,
    'a decision that no operator has made',
    ({ discrepancies }) => ({ discrepancies: but(discrepancies, 1, DECISION) }),
  ],
  [
    ENDED,
    'a case that is ended by refunds of a part of its money',
    ({ refunds }) => ({ refunds: but(refunds, 1, { status: 'failed' }) }),
  ],
  [
    ENDED,
    'a successor that is about other money',
    ({ discrepancies }) => ({
      discrepancies: but(discrepancies, 3, { ended_by: { by: 'successor', discrepancyId: '1' } }),
    }),
  ],
  [
    ENDED,
    'a money case that a replay has ended',
    ({ discrepancies }) => ({ discrepancies: but(discrepancies, 3, { ended_by: { by: 'outcome' } }) }),
  ],
  [
    ENDED,
    'a settlement by a payment that another transaction has paid',
    ({ discrepancies }) => ({
      discrepancies: but(discrepancies, 2, { ended_by: { by: 'settlement', paymentNumber: 'P4' } }),
    }),
  ],
  [
    DONE_ONCE,
    'a refund whose deed was refused',
    ({ refunds }) => ({
      refunds: [...refunds, { ...refunds[0]!, number: 'case-3-3', reference: 'R9', amount: '0.00' }],
    }),
  ],
  [DONE_ONCE, 'a replay that was lost', ({ events }) => ({ events: but(events, 23, null) })],
  [DONE_ONCE, 'an assignment that was made twice', ({ events }) => ({ events: [...events, events[22]!] })],
  [
    BACK_ONCE,
    'two refunds with one reference, although their sum is not too much',
    ({ refunds }) => ({ refunds: but(refunds, 1, { reference: 'R1' }) }),
  ],
  [
    'no piece of money has two owners',
    'money that has gone back and is in an open case',
    ({ discrepancies }) => ({
      discrepancies: but(discrepancies, 2, { status: 'open', ended_by: null }),
    }),
  ],
  [
    'every piece of money has an owner: its order, its open case, its refunds or a decision',
    'a paid order that was cancelled and whose case was ended by a settlement',
    ({ discrepancies }) => ({
      discrepancies: but(discrepancies, 1, {
        status: 'resolved',
        ended_by: { by: 'settlement', paymentNumber: 'P2' },
      }),
    }),
  ],
  [
    DISPUTE,
    'a lost dispute whose money nobody looks after',
    ({ discrepancies }) => ({ discrepancies: but(discrepancies, 5, { kind: 'dispute' }) }),
  ],
  [DISPUTE, 'a dispute that is not stored', () => ({ disputes: [] })],
  [
    'a refund that its gateway reports is stored once, with its amount and its newest status',
    'a refund under two numbers',
    ({ refunds }) => ({ refunds: [...refunds, { ...refunds[3]!, number: 'F3n' }] }),
  ],
  [
    'the events of a refund lead to its status, each told once',
    'a success that is told after the failure',
    ({ events }) => ({
      events: [...events, { ...events[34]!, id: '39', type: 'refund.succeeded' }],
    }),
  ],
  [
    'the last event about the refunds of a payment tells what has gone back of it',
    'a sum that is told twice',
    ({ events }) => ({ events: [...events, { ...events[32]!, id: '39' }] }),
  ],
  [
    'the audit of the service finds no money without an owner',
    'no answer',
    ({ audit }) => ({ audit: { ...audit, status: 503 } }),
  ],
];

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

  test.each(LIES)('finds a violation of "%s": %s', (claim, _lie, spoil) => {
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

  test('shows the deeds of the operators and the refunds in the timeline of their violation', () => {
    const text = timelineOf(soundHistory(), { detail: 'by hand', deed: 'D3' }).join('\n');
    expect(text).toContain('operator  D2 ben {"type":"resolve"');
    expect(text).toContain('refund_recorded after 1 requests');
    expect(text).toContain('refund    case-3-2 of T5: 6.00 succeeded, reference D3');
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
