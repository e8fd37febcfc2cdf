import { describe, expect, test } from '@jest/globals';
import {
  allowedResolutions,
  ENDINGS,
  fieldFault,
  KINDS_TO_COME,
  RESOLUTIONS,
  type Resolution,
} from '../../../src/domain/cases/endings.js';
import { CASE_KINDS, type CaseKind } from '../../../src/domain/cases/kinds.js';

const MONEY_OF_A_PAYMENT = ['refunded_elsewhere', 'dismiss'];
const FREE_MONEY = ['attach', ...MONEY_OF_A_PAYMENT];

// prettier-ignore
const ALLOWED: Readonly<Record<CaseKind, readonly string[]>> = {
  unmatched: FREE_MONEY,
  paid_late: ['accept', ...FREE_MONEY],
  amount_mismatched: ['accept', ...FREE_MONEY],
  paid_twice: FREE_MONEY,
  conflicting: FREE_MONEY,
  order_not_payable: MONEY_OF_A_PAYMENT,
  refund_due: MONEY_OF_A_PAYMENT,
  refund_reported: MONEY_OF_A_PAYMENT,
  transaction_reused: ['dismiss'],
  foreign: ['dismiss'],
  unreadable: ['dismiss'],
  undeliverable: ['dismiss'],
  dispute_reported: ['dismiss'],
  refund_failed: MONEY_OF_A_PAYMENT,
  refund_stuck: ['dismiss'],
  refund_exceeds_payment: ['dismiss'],
  dispute: ['dismiss'],
  dispute_lost: ['dismiss'],
  fraud_warning: ['dismiss'],
};

describe('the endings of a case', () => {
  test('are defined for each kind of case, and for the kinds of what is to come', () => {
    expect(Object.keys(ENDINGS).toSorted()).toEqual([...CASE_KINDS, ...KINDS_TO_COME].toSorted());
  });

  test.each(CASE_KINDS)(
    'of the kind %s that owns money are those of the table, and no refund by the gateway',
    (kind) => {
      const allowed = allowedResolutions({ kind, ownsMoney: true });
      expect(allowed.map(({ resolution }) => resolution)).toEqual(ALLOWED[kind]);
    },
  );

  test.each(['unmatched', 'foreign', 'conflicting'] as const)(
    'of the kind %s that owns no money are to dismiss it only',
    (kind) => {
      const allowed = allowedResolutions({ kind, ownsMoney: false });
      expect(allowed.map(({ resolution }) => resolution)).toEqual(['dismiss']);
    },
  );

  test('are resolutions, and each says what it needs and what happens then', () => {
    for (const endings of Object.values(ENDINGS))
      for (const ending of endings) expect(RESOLUTIONS).toContain(ending);
    const needs = allowedResolutions({ kind: 'paid_late', ownsMoney: true }).map((allowed) => {
      expect(allowed.consequence).toMatch(/^[A-Z].*\.$/);
      return `${allowed.resolution} needs ${allowed.needs.join(' and ')}`;
    });
    expect(needs).toEqual([
      'accept needs note',
      'attach needs note and paymentNumber',
      'refunded_elsewhere needs note and reference',
      'dismiss needs note',
    ]);
  });

  const NONE = { reference: null, paymentNumber: null, hasAmount: false };
  test.each<[Resolution, object, string | null]>([
    ['accept', {}, null],
    ['dismiss', { reference: 'RF-1' }, null],
    ['refunded_elsewhere', { reference: 'RF-1' }, null],
    ['refunded_elsewhere', { reference: 'RF-1', hasAmount: true }, null],
    ['attach', { paymentNumber: 'P1' }, null],
    ['refunded_elsewhere', {}, 'reference_missing'],
    ['attach', {}, 'payment_number_missing'],
    ['accept', { paymentNumber: 'P1' }, 'payment_number_unused'],
    ['dismiss', { hasAmount: true }, 'amount_unused'],
  ])('%s with %j: %s', (resolution, given, fault) => {
    expect(fieldFault({ resolution, ...NONE, ...given })).toBe(fault);
  });
});
