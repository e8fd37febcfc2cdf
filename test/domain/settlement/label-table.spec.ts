import { describe, expect, test } from '@jest/globals';
import type { Notification, NotificationKind } from '../../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import { Order } from '../../../src/domain/orders/order.js';
import type { PaymentStatus } from '../../../src/domain/payments/payment.js';
import { decideLabel } from '../../../src/domain/settlement/label-table.js';
import { DUE, IN_TIME, inputOf, paymentIn, DISPUTE, REFUND } from './situations.js';

const attribution = { actor: 'gateway:stripe', at: IN_TIME };

describe('a notification without money is decided by its kind and the status of its payment', () => {
  const STATUSES: PaymentStatus[] = ['init', 'processing', 'failed', 'cancelled', 'expired', 'succeeded'];
  // prettier-ignore
  const TABLE: [NotificationKind, string[]][] = [
    ['processing', ['processing recorded', 'processing recorded', 'failed stale',       'cancelled stale',     'expired stale', 'succeeded stale']],
    ['failed',     ['failed recorded',     'failed recorded',     'failed duplicate',   'cancelled stale',     'expired stale', 'succeeded stale']],
    ['cancelled',  ['cancelled recorded',  'cancelled recorded',  'cancelled recorded', 'cancelled duplicate', 'expired stale', 'succeeded stale']],
  ];
  const cells = TABLE.flatMap(([kind, row]) =>
    row.map((result, column) => [kind, STATUSES[column]!, result] as const),
  );

  test.each(cells)('%s for a payment that is %s results in %s', (kind, status, result) => {
    const input = inputOf(
      { kind },
      {
        payment: paymentIn(status),
        order: new Order('O1', DUE, status === 'succeeded' ? 'paid' : 'pending'),
      },
    );
    const outcome = decideLabel(input, attribution);
    expect(`${input.payment!.status} ${outcome}`).toBe(result);
    expect(input.order!.events).toEqual([]);
  });

  test.each<[NotificationKind, PaymentStatus | null, Partial<Notification>, Outcome]>([
    ['failed', null, {}, 'unmatched'],
    ['failed', 'init', { foreign: 'appid' }, 'foreign'],
    ['refund', 'succeeded', { refund: REFUND }, 'refund_reported'],
    ['refund', null, { refund: REFUND }, 'refund_reported'],
    ['refund', null, { refund: REFUND, transactionId: null }, 'unmatched'],
    ['refund', 'succeeded', { refund: REFUND, foreign: 'mchid' }, 'foreign'],
    ['refund', 'succeeded', {}, 'unreadable'],
    ['dispute', 'succeeded', { dispute: DISPUTE }, 'dispute_reported'],
    ['dispute', 'succeeded', {}, 'unreadable'],
    ['ignored', null, {}, 'ignored'],
    ['unreadable', null, {}, 'unreadable'],
    ['conflicting', 'init', {}, 'conflicting'],
  ])(
    '%s for a payment that is %j, with %j, is %s and leaves the payment unchanged',
    (kind, status, said, outcome) => {
      const input = inputOf({ kind, ...said }, { payment: status && paymentIn(status) });
      expect(decideLabel(input, attribution)).toBe(outcome);
      expect(input.payment?.status ?? null).toBe(status);
      expect(input.payment?.events ?? []).toEqual([]);
    },
  );

  test('a label announces its reason', () => {
    const input = inputOf({ kind: 'failed', reason: 'card_declined' });
    decideLabel(input, attribution);
    expect(input.payment!.events).toMatchObject([
      { type: 'payment.failed', actor: 'gateway:stripe', data: { from: 'init', reason: 'card_declined' } },
    ]);
  });
});
