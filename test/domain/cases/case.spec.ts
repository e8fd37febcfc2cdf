import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import {
  amountsOf,
  caseAssigned,
  caseNoted,
  caseOf,
  caseOpened,
  caseResolved,
  moneyOfCase,
  withAmount,
} from '../../../src/domain/cases/case.js';
import { Money } from '../../../src/domain/money.js';

const NOTIFICATION: Notification = {
  gateway: 'stripe',
  kind: 'succeeded',
  paymentNumber: 'P1',
  transactionId: 'T1',
  money: Money.of('99.99', 'CNY'),
  paidAt: null,
  reason: null,
  foreign: null,
  charged: null,
  refund: null,
  dispute: null,
};

const context =
  (moreDetails = {}, ownsMoney = true) =>
  () => ({ ownsMoney, moreDetails });
const opens = (outcome: Outcome, said: Partial<Notification> = {}) =>
  caseOf(outcome, { ...NOTIFICATION, ...said }, null, context());

describe('a case', () => {
  test('names the payment and its order, what was paid and what was expected', () => {
    const payment = { number: 'P2', orderNumber: 'O2' };
    expect(caseOf('amount_mismatched', NOTIFICATION, payment, context({ due: '100.00 CNY' }))).toEqual({
      kind: 'amount_mismatched',
      gateway: 'stripe',
      paymentNumber: 'P2',
      orderNumber: 'O2',
      transactionId: 'T1',
      ownsMoney: true,
      details: { paid: '99.99 CNY', reason: null, due: '100.00 CNY' },
    });
  });

  test('without a payment has the number that the gateway named, and no order', () => {
    expect(opens('unmatched')).toMatchObject({ paymentNumber: 'P1', orderNumber: null });
  });

  test.each([
    [{ reason: 'the body is not a form' }, 'the body is not a form'],
    [{ foreign: 'mchid' }, 'mchid'],
    [{ foreign: 'mchid', reason: 'declined' }, 'mchid'],
  ])('of a notification with %j has the reason %s', (said, reason) => {
    expect(opens('unreadable', { ...said, money: null })!.details).toEqual({ paid: null, reason });
  });

  test('is opened for an unmatched or foreign notification only if that is a success, and for no outcome that is in order', () => {
    const isOpened = (outcome: 'unmatched' | 'foreign' | 'settled' | 'stale', kind: Notification['kind']) =>
      opens(outcome, { kind }) !== null;
    expect([isOpened('unmatched', 'succeeded'), isOpened('foreign', 'succeeded')]).toEqual([true, true]);
    expect([isOpened('unmatched', 'failed'), isOpened('foreign', 'refund')]).toEqual([false, false]);
    expect([isOpened('settled', 'succeeded'), isOpened('stale', 'failed')]).toEqual([false, false]);
  });
});

describe('the money of a case', () => {
  const paid = { paid: '100.00 CNY', reason: null };

  test('is owned only if the notification brings money and names its transaction', () => {
    const owns = (said: Partial<Notification>) => opens('conflicting', said)!.ownsMoney;
    expect(owns({ kind: 'conflicting', claimedKind: 'succeeded' })).toBe(true);
    expect(owns({ kind: 'conflicting', claimedKind: 'refund' })).toBe(false);
    expect(owns({ kind: 'conflicting' })).toBe(false);
    expect(owns({ transactionId: null })).toBe(false);
    expect(caseOf('unmatched', NOTIFICATION, null, context({}, false))!.ownsMoney).toBe(false);
  });

  test('is the smallest of its amounts, all of which it keeps, each once', () => {
    const two = withAmount(paid, Money.of('99.00', 'CNY'));
    expect(two).toEqual({ ...paid, amounts: ['100.00 CNY', '99.00 CNY'] });
    expect(withAmount(two, Money.of('100.00', 'CNY'))).toBe(two);
    expect(amountsOf(two).map(String)).toEqual(['100.00 CNY', '99.00 CNY']);
    expect([moneyOfCase(paid), moneyOfCase(two)].map(String)).toEqual(['100.00 CNY', '99.00 CNY']);
  });

  test('keeps its currency if another one comes, and is unknown if none was named', () => {
    expect(moneyOfCase(withAmount(paid, Money.of('1.00', 'USD')))!.toString()).toBe('100.00 CNY');
    expect(moneyOfCase({ paid: null })).toBeNull();
    expect(moneyOfCase({ paid: 'much' })).toBeNull();
  });
});

describe('the events of a case', () => {
  const opened = { ...opens('unmatched')!, callbackId: '7', id: '3' };
  const attribution = { actor: 'admin:otto', at: new Date('2026-11-23T08:00:00Z'), note: 'called Mrs Smith' };
  const { actor, at } = attribution;
  const common = { actor, at, orderNumber: null, paymentNumber: 'P1', callbackId: '7' };
  const amount = { amount: '99.99', currency: 'CNY' };
  const data = { id: '3', kind: 'unmatched', gateway: 'stripe', transactionId: 'T1', amount };

  test('name the case, its money, the callback and the actor, and neither details nor notes', () => {
    expect(caseOpened(opened, attribution)).toStrictEqual({
      type: 'discrepancy.opened',
      ...common,
      data: { ...data, reason: null },
    });
    expect(caseNoted(opened, attribution)).toStrictEqual({ type: 'discrepancy.noted', ...common, data });
  });

  test('of an opening say why the notification was refused, and no amount if it named none', () => {
    const unreadable = opens('unreadable', { money: null, reason: 'the body is not a form' })!;
    const { data: said } = caseOpened({ ...unreadable, callbackId: '7', id: '3' }, attribution);
    expect(said).toMatchObject({ amount: null, reason: 'the body is not a form' });
  });

  test('say how a case has ended', () => {
    const endedBy = { by: 'refunds', refundNumber: 'R1' } as const;
    const ending = { endedBy, resolution: 'refunded_elsewhere', reference: 'RF-1' } as const;
    expect(caseResolved(opened, attribution, ending)).toStrictEqual({
      type: 'discrepancy.resolved',
      ...common,
      data: { ...data, ...ending },
    });
  });

  test('say who looks after it', () => {
    expect(caseAssigned(opened, 'olga', attribution)).toStrictEqual({
      type: 'discrepancy.assigned',
      ...common,
      data: { ...data, assignee: 'olga' },
    });
  });
});
