import { describe, expect, test } from '@jest/globals';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import type { Case } from '../../../src/domain/cases/case.js';
import { caseChange } from '../../../src/domain/cases/case-change.js';
import type { CaseKind } from '../../../src/domain/cases/kinds.js';
import { UNKNOWN_PIECE, type KnownPiece } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { DUE, moneyCase, SUCCESS } from '../settlement/situations.js';

const LESS = Money.of('99.00', 'CNY');

/** A finding about transaction T1. An outcome without a case says so. */
function found(
  kind: CaseKind | 'settled' | 'duplicate',
  piece: Partial<KnownPiece> = {},
  { said = {}, ...changed }: Partial<Case> & { said?: Partial<Notification> } = {},
) {
  const notification: Notification = { ...SUCCESS, ...said };
  const { gateway, paymentNumber, transactionId } = notification;
  const about = { gateway, paymentNumber, transactionId, orderNumber: null, details: {} };
  const newCase =
    kind === 'settled' || kind === 'duplicate' ? null : { kind, ...about, ownsMoney: true, ...changed };
  const outcome = kind as Outcome;
  return caseChange({ outcome, newCase }, notification, { ...UNKNOWN_PIECE, ...piece });
}

describe('a finding about a piece of money', () => {
  test('opens a case if the piece has none', () => {
    expect(found('paid_late')).toMatchObject({ change: 'open', opened: { kind: 'paid_late' } });
  });

  test('that says the same again joins the case, open or ended', () => {
    expect(found('paid_late', { openCase: moneyCase() })).toEqual({ change: 'none' });
    for (const endedBy of ['decision', 'refunds', 'settlement', 'successor'] as const)
      expect(found('paid_late', { endedCases: [moneyCase({ endedBy })] })).toEqual({ change: 'none' });
  });

  test('that names another amount joins the open case, which then has both amounts', () => {
    expect(found('paid_late', { openCase: moneyCase() }, { said: { money: LESS } })).toEqual({
      change: 'join',
      amount: LESS,
    });
    expect(found('duplicate', { openCase: moneyCase() }, { said: { money: LESS } })).toEqual({
      change: 'join',
      amount: LESS,
    });
    const both = moneyCase({ amounts: [DUE, LESS] });
    expect(found('duplicate', { openCase: both }, { said: { money: LESS } })).toEqual({ change: 'none' });
  });

  test.each<[string, CaseKind, Partial<Notification>]>([
    ['of another kind', 'order_not_payable', {}],
    ['for another payment', 'paid_late', { paymentNumber: 'P2' }],
  ])('%s moves the open case to its successor', (_what, kind, said) => {
    expect(found(kind, { openCase: moneyCase() }, { said })).toMatchObject({
      change: 'move',
      opened: { kind },
    });
  });

  test('of another kind opens a case if an operator has ended the one before', () => {
    const endedCases = [moneyCase({ endedBy: 'decision' })];
    expect(found('paid_twice', { endedCases })).toMatchObject({ change: 'open' });
  });

  test('that goes back to an earlier finding leaves the case where it is', () => {
    const endedCases = [moneyCase({ kind: 'unmatched', endedBy: 'successor' })];
    const openCase = moneyCase({ kind: 'unmatched', paymentNumber: 'P2' });
    expect(found('unmatched', { openCase, endedCases })).toEqual({ change: 'none' });
  });

  test('that settles it ends the case, whatever the case was about', () => {
    expect(found('settled', { openCase: moneyCase({ paymentNumber: 'P9' }) })).toEqual({ change: 'end' });
    expect(found('settled')).toEqual({ change: 'none' });
  });

  test('under an event id that came before joins the open case of the piece, and opens one only if there is none', () => {
    const said = { kind: 'conflicting', claimedKind: 'succeeded', money: LESS } as const;
    const openCase = moneyCase({ kind: 'unmatched' });
    expect(found('conflicting', { openCase }, { said })).toEqual({ change: 'join', amount: LESS });
    expect(found('conflicting', {}, { said })).toMatchObject({ change: 'open' });
  });

  test('that does not own the money opens its case beside the one that does', () => {
    const openCase = moneyCase();
    const change = found('foreign', { openCase }, { ownsMoney: false, said: { foreign: 'mchid' } });
    expect(change).toMatchObject({ change: 'open', opened: { kind: 'foreign' } });
  });
});

test('a notification that brings no money changes no money case', () => {
  const openCase = moneyCase();
  const refund = { ownsMoney: false, said: { kind: 'refund', money: LESS } } as const;
  expect(found('refund_reported', { openCase }, refund)).toMatchObject({ change: 'open' });
  expect(found('duplicate', { openCase }, { said: { kind: 'failed', money: LESS } })).toEqual({
    change: 'none',
  });
});
