import { describe, expect, test } from '@jest/globals';
import {
  DISPUTE_STATUSES,
  type DisputeReport,
  type DisputeStatus,
} from '../../../src/domain/callbacks/notification.js';
import {
  Dispute,
  disputeAgainstRefund,
  takenBy,
  type DisputedPayment,
} from '../../../src/domain/disputes/dispute.js';
import { Money } from '../../../src/domain/money.js';

const AT = new Date('2026-11-23T08:00:00Z');
const after = (seconds: number): Date => new Date(AT.getTime() + seconds * 1_000);
const by = { actor: 'gateway:stripe', at: after(3_600), callbackId: '1' };
const PAYMENT: DisputedPayment = { paymentNumber: 'P1', orderNumber: 'O1' };
const TERMS = { gateway: 'stripe', disputeId: 'du_1', transactionId: 'T1', ...PAYMENT, waiting: false };

const report = (said: Partial<DisputeReport> = {}): DisputeReport => ({
  kind: 'dispute',
  disputeId: 'du_1',
  amount: Money.of('100.00', 'CNY'),
  status: 'needs_response',
  reason: 'fraudulent',
  dueBy: after(86_400),
  moneyTaken: null,
  at: AT,
  ...said,
});

const opened = (said: Partial<DisputeReport> = {}): Dispute => Dispute.open(TERMS, report(said), by);

const CLOSED: readonly DisputeStatus[] = ['won', 'lost', 'closed'];

/** Every order of these items. */
function ordersOf<Item>(items: readonly Item[]): Item[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) =>
    ordersOf(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

describe('the status of a dispute', () => {
  test.each(DISPUTE_STATUSES)('is what the first report says: %s', (status) => {
    const dispute = opened({ status });
    expect(dispute.status).toBe(status);
    expect(dispute.isClosed).toBe(CLOSED.includes(status));
    expect(dispute.stored.closedAt).toEqual(CLOSED.includes(status) ? by.at : null);
  });

  test.each(CLOSED)(
    'is not opened again after %s by a late report, nor by an update that names no status',
    (status) => {
      const dispute = opened({ status, at: after(60) });
      const events = dispute.events.length;
      expect(dispute.learn(report({ status: 'needs_response', at: AT }), by)).toBe('stale');
      expect(dispute.learn(report({ status: 'under_review', at: after(60) }), by)).toBe('duplicate');
      expect(dispute.learn(report({ status: 'inquiry', at: null }), by)).toBe('duplicate');
      expect(dispute.learn(report({ status: null, at: after(120) }), by)).toBe('duplicate');
      expect(dispute.status).toBe(status);
      expect(dispute.events).toHaveLength(events);
    },
  );

  test('is opened again by a report that is newer than its end, as after an appeal', () => {
    const dispute = opened({ status: 'lost' });
    expect(dispute.learn(report({ status: 'needs_response', at: after(60) }), by)).toBe('changed');
    expect(dispute.stored).toMatchObject({ status: 'needs_response', closedAt: null });
  });

  test('is the same whatever the order of the reports is', () => {
    const reports = [
      report({ status: 'inquiry', at: AT }),
      report({ status: 'needs_response', at: after(1), moneyTaken: true }),
      report({ status: 'under_review', at: after(2), dueBy: after(172_800) }),
      report({ status: 'won', at: after(3) }),
      report({ status: 'won', at: after(4), moneyTaken: false }),
    ];
    const ends = ordersOf(reports).map(([first, ...others]) => {
      const dispute = Dispute.open(TERMS, first!, by);
      for (const other of others) dispute.learn(other, by);
      return JSON.stringify(dispute.stored);
    });
    expect(new Set(ends).size).toBe(1);
    expect(JSON.parse(ends[0]!)).toMatchObject({ status: 'won', moneyTaken: false });
  });

  test('follows the rank where reports have the same time, in every order', () => {
    const reports = DISPUTE_STATUSES.map((status) => report({ status }));
    const ends = ordersOf(reports).map(([first, ...others]) => {
      const dispute = Dispute.open(TERMS, first!, by);
      for (const other of others) dispute.learn(other, by);
      return dispute.status;
    });
    expect(new Set(ends)).toEqual(new Set(['lost']));
  });

  test('that no report has named is taken for one that awaits the shop, until a report names one', () => {
    const dispute = opened({ status: null, at: after(60) });
    expect(dispute.status).toBe('needs_response');
    dispute.learn(report({ status: 'inquiry', at: AT }), by);
    expect(dispute.status).toBe('inquiry');
  });
});

describe('the money of a dispute', () => {
  test('is taken and given back by the time of the reports that say so, in either order and whatever the status is', () => {
    const taken = report({ moneyTaken: true, at: after(1) });
    const back = report({ moneyTaken: false, status: null, at: after(2) });
    const lost = report({ moneyTaken: null, status: 'lost', at: after(3) });
    for (const [first, ...others] of ordersOf([taken, back, lost])) {
      const dispute = Dispute.open(TERMS, first!, by);
      for (const other of others) dispute.learn(other, by);
      expect(dispute.stored).toMatchObject({ status: 'lost', moneyTaken: false });
    }
  });

  test('is still taken after a won dispute whose money has not come back', () => {
    const dispute = opened({ moneyTaken: true });
    dispute.learn(report({ status: 'won', moneyTaken: null, at: after(1) }), by);
    expect(dispute.stored).toMatchObject({ status: 'won', moneyTaken: true });
  });

  test('has been given back where one report says that it was taken and another, of the same time, that it was not', () => {
    for (const [first, second] of ordersOf([true, false])) {
      const dispute = opened({ moneyTaken: first! });
      dispute.learn(report({ moneyTaken: second! }), by);
      expect(dispute.stored.moneyTaken).toBe(false);
    }
  });

  test('is not changed by a report without a time whose status is an earlier one', () => {
    const dispute = opened({ status: 'lost', moneyTaken: true });
    dispute.learn(report({ status: 'needs_response', moneyTaken: false, at: null }), by);
    expect(dispute.stored.moneyTaken).toBe(true);
    dispute.learn(report({ status: 'lost', moneyTaken: false, at: null }), by);
    expect(dispute.stored.moneyTaken).toBe(false);
  });

  test('lowers what is refundable while it is taken; an amount that nobody has named stands for all of it', () => {
    const part = opened({ moneyTaken: true, amount: Money.of('30.00', 'CNY') }).stored;
    const unknown = opened({ moneyTaken: true, amount: null }).stored;
    expect(takenBy([part, opened().stored, unknown])).toEqual([Money.of('30.00', 'CNY'), null]);
  });
});

describe('what a report says besides', () => {
  test('follows the newest report, and an older one only adds what is missing', () => {
    const dispute = opened({ dueBy: null, reason: 'general' });
    dispute.learn(report({ reason: 'fraudulent', at: after(-60) }), by);
    expect(dispute.stored).toMatchObject({ dueBy: after(86_400), reason: 'general' });
    const later = { dueBy: after(172_800), amount: Money.of('90.00', 'CNY'), at: after(60) };
    expect(dispute.learn(report({ ...later, status: null }), by)).toBe('changed');
    expect(dispute.stored).toMatchObject({ dueBy: after(172_800), money: Money.of('90.00', 'CNY') });
    expect(dispute.stored.status).toBe('needs_response');
  });

  test('changes nothing where it is a repeat, a hundred times', () => {
    const dispute = opened();
    const before = dispute.stored;
    const learned = Array.from({ length: 100 }, () => dispute.learn(report(), by));
    expect(new Set(learned)).toEqual(new Set(['duplicate']));
    expect([dispute.stored, dispute.events.length]).toEqual([before, 1]);
  });
});

describe('the events of a dispute', () => {
  const typesOf = ({ events }: Dispute): string[] => events.map(({ type }) => type);

  test('say that it was opened, has changed and was closed, once each', () => {
    const dispute = opened();
    dispute.learn(report({ status: 'under_review', at: after(1) }), by);
    dispute.learn(report({ status: 'under_review', at: after(1) }), by);
    dispute.learn(report({ status: 'won', at: after(2) }), by);
    dispute.learn(report({ status: 'won', moneyTaken: true, at: after(3) }), by);
    expect(typesOf(dispute)).toEqual([
      'dispute.opened',
      'dispute.updated',
      'dispute.closed',
      'dispute.updated',
    ]);
  });

  test('of one that is first heard of as lost are both its opening and its end', () => {
    expect(typesOf(opened({ status: 'lost' }))).toEqual(['dispute.opened', 'dispute.closed']);
  });

  test('name the dispute, its money and its deadline, and no words of the sender', () => {
    expect(opened({ reason: 'Jane Doe says it was not her' }).events[0]).toEqual({
      type: 'dispute.opened',
      at: by.at,
      actor: 'gateway:stripe',
      orderNumber: 'O1',
      paymentNumber: 'P1',
      data: {
        disputeId: 'du_1',
        gateway: 'stripe',
        transactionId: 'T1',
        amount: { amount: '100.00', currency: 'CNY' },
        status: 'needs_response',
        dueBy: after(86_400).toISOString(),
        moneyTaken: false,
      },
    });
  });

  test('name its payment as soon as its money is known', () => {
    const unknown = { paymentNumber: null, orderNumber: null, waiting: true };
    const dispute = Dispute.open({ ...TERMS, ...unknown }, report(), by);
    expect(dispute.stored).toMatchObject({ waiting: true, paymentNumber: null });
    dispute.arrive(PAYMENT, by);
    expect(dispute.stored).toMatchObject({ waiting: false, ...PAYMENT });
    expect(dispute.events.map(({ type, paymentNumber }) => [type, paymentNumber])).toEqual([
      ['dispute.opened', null],
      ['dispute.updated', 'P1'],
    ]);
  });
});

describe('a refund of disputed money', () => {
  test.each<[DisputeStatus, boolean]>([
    ['inquiry', false],
    ['needs_response', true],
    ['under_review', true],
    ['won', false],
    ['lost', false],
    ['closed', false],
  ])('while the dispute is %s is hindered: %s', (status, isHindered) => {
    const disputes = [opened({ status: 'inquiry' }).stored, opened({ status }).stored];
    expect(disputeAgainstRefund(disputes)).toBe(isHindered ? disputes[1] : null);
  });
});
