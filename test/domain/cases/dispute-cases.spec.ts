import { describe, expect, test } from '@jest/globals';
import { DISPUTE_STATUSES, type DisputeStatus } from '../../../src/domain/callbacks/notification.js';
import type { CaseKind } from '../../../src/domain/cases/kinds.js';
import type { DisputeState } from '../../../src/domain/disputes/dispute.js';
import {
  caseOfDispute,
  disputeCaseChange,
  fraudWarningCase,
  isDoubleLoss,
  type DisputeContext,
} from '../../../src/domain/cases/dispute-cases.js';
import { Money } from '../../../src/domain/money.js';
import { NOTHING_BACK, type MoneyBack } from '../../../src/domain/refunds/piece.js';

const AT = new Date('2026-11-23T08:00:00Z');
const cny = (amount: string): Money => Money.of(amount, 'CNY');

const state = (said: Partial<DisputeState> = {}): DisputeState => ({
  gateway: 'stripe',
  disputeId: 'du_1',
  transactionId: 'T1',
  paymentNumber: 'P1',
  orderNumber: 'O1',
  money: cny('100.00'),
  reason: 'fraudulent',
  status: 'needs_response',
  dueBy: AT,
  moneyTaken: false,
  waiting: false,
  callbackId: '1',
  reportedAt: AT,
  statusReportedAt: AT,
  moneyReportedAt: null,
  openedAt: AT,
  closedAt: null,
  ...said,
});

const context = (known: Partial<DisputeContext> = {}): DisputeContext => ({
  whole: cny('100.00'),
  back: NOTHING_BACK,
  others: [],
  cases: [],
  isFirst: true,
  ...known,
});

const refunded = (amount: string): MoneyBack => ({
  ...NOTHING_BACK,
  refunds: [
    { status: 'succeeded', money: cny(amount), reference: null, gatewayRefundId: null, unnamed: false },
  ],
});

describe('the case of a dispute', () => {
  const changeOf = (status: DisputeStatus, openKind: CaseKind | null, isNew = true): string => {
    const change = disputeCaseChange(status, openKind, isNew);
    return 'kind' in change ? `${change.change} ${change.kind}` : change.change;
  };

  test('opens while the shop has to answer, and as lost', () => {
    expect(DISPUTE_STATUSES.map((status) => `${status}: ${changeOf(status, null)}`)).toEqual([
      'inquiry: open dispute',
      'needs_response: open dispute',
      'under_review: none',
      'won: none',
      'lost: open dispute_lost',
      'closed: none',
    ]);
  });

  test('follows the dispute, ends by itself when it is won or withdrawn, and has a successor when it is lost', () => {
    expect(DISPUTE_STATUSES.map((status) => `${status}: ${changeOf(status, 'dispute')}`)).toEqual([
      'inquiry: follow',
      'needs_response: follow',
      'under_review: follow',
      'won: end',
      'lost: move dispute_lost',
      'closed: end',
    ]);
  });

  test('of a lost dispute ends when an appeal succeeds, and asks for an answer again when the bank does', () => {
    expect(DISPUTE_STATUSES.map((status) => `${status}: ${changeOf(status, 'dispute_lost')}`)).toEqual([
      'inquiry: move dispute',
      'needs_response: move dispute',
      'under_review: end',
      'won: end',
      'lost: follow',
      'closed: end',
    ]);
  });

  test.each(DISPUTE_STATUSES)('that a person has ended is not opened again by a repeat of %s', (status) => {
    expect(changeOf(status, null, false)).toBe('none');
  });

  test('tells what is disputed, why and until when', () => {
    expect(caseOfDispute('dispute', state(), context())).toEqual({
      kind: 'dispute',
      gateway: 'stripe',
      paymentNumber: 'P1',
      orderNumber: 'O1',
      transactionId: 'T1',
      ownsMoney: false,
      subject: 'dispute du_1',
      dueBy: AT,
      details: {
        paid: '100.00 CNY',
        reason: 'fraudulent',
        disputeId: 'du_1',
        status: 'needs_response',
        moneyTaken: 'false',
      },
    });
  });

  test('of a lost dispute has no deadline', () => {
    expect(caseOfDispute('dispute_lost', state({ status: 'lost' }), context())).not.toHaveProperty('dueBy');
  });

  test('is a new one where a status comes again after the case of the first was ended', () => {
    const cases = [{ id: '1', kind: 'dispute', isOpen: false } as const];
    const subjects = [[], cases, [...cases, ...cases]].map(
      (known) => caseOfDispute('dispute', state(), context({ cases: known })).subject,
    );
    expect(subjects).toEqual(['dispute du_1', 'dispute du_1 2', 'dispute du_1 3']);
    expect(caseOfDispute('dispute_lost', state(), context({ cases })).subject).toBe('dispute du_1');
  });
});

describe('a double loss', () => {
  const isDouble = (said: Partial<DisputeState>, known: Partial<DisputeContext>): boolean =>
    isDoubleLoss(state(said), context(known));

  test('is a dispute of money that was refunded already, before its money is taken', () => {
    expect(isDouble({}, { back: refunded('100.00') })).toBe(true);
    const { details } = caseOfDispute('dispute', state(), context({ back: refunded('100.00') }));
    expect(details).toHaveProperty('doubleLoss', 'true');
  });

  test('is none if the refunds and the disputed part come to the piece at most', () => {
    expect(isDouble({}, {})).toBe(false);
    expect(isDouble({ money: cny('40.00'), moneyTaken: true }, { back: refunded('60.00') })).toBe(false);
    expect(isDouble({ money: cny('40.01'), moneyTaken: true }, { back: refunded('60.00') })).toBe(true);
  });

  test('comes with a later refund only if the money is taken', () => {
    expect(isDouble({ status: 'inquiry' }, { back: refunded('100.00'), isFirst: false })).toBe(false);
    expect(isDouble({ moneyTaken: true }, { back: refunded('100.00'), isFirst: false })).toBe(true);
  });

  test('is none where the dispute is first heard of as won', () => {
    expect(isDouble({ status: 'won', closedAt: AT }, { back: refunded('100.00') })).toBe(false);
  });

  test('counts what other disputes have taken, and a dispute without an amount as the whole piece', () => {
    const others = [state({ disputeId: 'du_2', moneyTaken: true, money: null })];
    expect(isDouble({ money: cny('1.00'), moneyTaken: true }, { others })).toBe(true);
    expect(isDouble({ money: Money.of('1.00', 'USD'), moneyTaken: true }, { back: refunded('1.00') })).toBe(
      true,
    );
  });

  test('cannot be seen where the amount of the piece is not known', () => {
    expect(isDouble({ moneyTaken: true }, { back: refunded('100.00'), whole: null })).toBe(false);
  });
});

test('an early fraud warning opens a case about its payment, or about the transaction if the payment is not known', () => {
  const notification = { gateway: 'stripe', transactionId: 'T1' } as Parameters<typeof fraudWarningCase>[0];
  const warning = { disputeId: 'issfr_1', reason: 'card_never_received' } as Parameters<
    typeof fraudWarningCase
  >[1];
  const payment = { paymentNumber: 'P1', orderNumber: 'O1' };
  expect(fraudWarningCase(notification, warning, payment)).toMatchObject({
    kind: 'fraud_warning',
    ...payment,
    ownsMoney: false,
    subject: 'warning issfr_1',
    details: { reason: 'card_never_received', warningId: 'issfr_1' },
  });
  expect(fraudWarningCase(notification, warning, { paymentNumber: null, orderNumber: null })).toMatchObject({
    paymentNumber: null,
    transactionId: 'T1',
  });
});
