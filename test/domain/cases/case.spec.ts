import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import { caseNoted, caseOf, caseOpened, caseResolved } from '../../../src/domain/cases/case.js';
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

describe('a case', () => {
  test('names the payment and its order, what was paid and what was expected', () => {
    const payment = { number: 'P2', orderNumber: 'O2' };
    expect(caseOf('amount_mismatched', NOTIFICATION, payment, () => ({ due: '100.00 CNY' }))).toEqual({
      kind: 'amount_mismatched',
      gateway: 'stripe',
      paymentNumber: 'P2',
      orderNumber: 'O2',
      transactionId: 'T1',
      details: { paid: '99.99 CNY', reason: null, due: '100.00 CNY' },
    });
  });

  test('without a payment has the number that the gateway named, and no order', () => {
    expect(caseOf('unmatched', NOTIFICATION, null)).toMatchObject({ paymentNumber: 'P1', orderNumber: null });
  });

  test.each([
    [{ reason: 'the body is not a form' }, 'the body is not a form'],
    [{ foreign: 'mchid' }, 'mchid'],
    [{ foreign: 'mchid', reason: 'declined' }, 'mchid'],
  ])('of a notification with %j has the reason %s', (said, reason) => {
    const notification = { ...NOTIFICATION, ...said, money: null };
    expect(caseOf('unreadable', notification, null)!.details).toEqual({ paid: null, reason });
  });

  test('is opened for an unmatched or foreign notification only if that is a success, and for no outcome that is in order', () => {
    const isOpened = (outcome: 'unmatched' | 'foreign' | 'settled' | 'stale', kind: Notification['kind']) =>
      caseOf(outcome, { ...NOTIFICATION, kind }, null) !== null;
    expect([isOpened('unmatched', 'succeeded'), isOpened('foreign', 'succeeded')]).toEqual([true, true]);
    expect([isOpened('unmatched', 'failed'), isOpened('foreign', 'refund')]).toEqual([false, false]);
    expect([isOpened('settled', 'succeeded'), isOpened('stale', 'failed')]).toEqual([false, false]);
  });
});

describe('the events of a case', () => {
  const opened = { ...caseOf('unmatched', NOTIFICATION, null)!, callbackId: '7', id: '3' };
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
    const unreadable = { ...NOTIFICATION, money: null, reason: 'the body is not a form' };
    const { data: said } = caseOpened(
      { ...caseOf('unreadable', unreadable, null)!, callbackId: '7', id: '3' },
      attribution,
    );
    expect(said).toMatchObject({ amount: null, reason: 'the body is not a form' });
  });

  test('say how a case has ended', () => {
    const ending = { resolution: 'refunded_elsewhere', reference: 'RF-1' } as const;
    expect(caseResolved(opened, attribution, ending)).toStrictEqual({
      type: 'discrepancy.resolved',
      ...common,
      data: { ...data, ...ending },
    });
  });
});
