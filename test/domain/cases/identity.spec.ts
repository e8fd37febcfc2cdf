import { describe, expect, test } from '@jest/globals';
import type { OpenCase } from '../../../src/domain/cases/case.js';
import { identityOf } from '../../../src/domain/cases/identity.js';

const REUSED: OpenCase = {
  kind: 'transaction_reused',
  gateway: 'stripe',
  paymentNumber: 'P2',
  orderNumber: 'O2',
  transactionId: 'T 1',
  callbackId: '7',
  ownsMoney: false,
  details: {},
};

describe('what a case beside money is about', () => {
  test('is a transaction and the number under which it came, so that a repeat joins', () => {
    expect(identityOf(REUSED)).toBe('transaction_reused stripe P2 T 1');
    expect(identityOf({ ...REUSED, callbackId: '8' })).toBe(identityOf(REUSED));
    expect(identityOf({ ...REUSED, paymentNumber: null })).toBe('transaction_reused stripe  T 1');
  });

  test.each(['unreadable', 'conflicting', 'undeliverable'] as const)(
    'is the callback if it is %s',
    (kind) => {
      expect(identityOf({ ...REUSED, kind })).toBe(`${kind} callback 7`);
    },
  );

  test.each(['refund R1', 'total T1', 'dispute du_1', 'warning issfr_1'])(
    'is the %s of its gateway, whatever callback, payment or transaction it came with',
    (subject) => {
      const about = { ...REUSED, kind: 'refund_stuck', subject } as const;
      expect(identityOf(about)).toBe(`refund_stuck stripe ${subject}`);
      const again = { callbackId: '8', paymentNumber: null, transactionId: 'T 2' };
      expect(identityOf({ ...about, ...again })).toBe(identityOf(about));
      expect(identityOf({ ...about, gateway: 'alipay' })).not.toBe(identityOf(about));
      expect(identityOf({ ...about, kind: 'refund_failed' })).not.toBe(identityOf(about));
    },
  );

  test('is the callback if it names no transaction', () => {
    expect(identityOf({ ...REUSED, kind: 'refund_reported', transactionId: null })).toBe(
      'refund_reported callback 7',
    );
  });

  test('is nothing for a money case: the piece of money itself has one open case at most', () => {
    expect(identityOf({ ...REUSED, kind: 'unmatched', ownsMoney: true })).toBeNull();
  });
});
