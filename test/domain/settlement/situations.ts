import type {
  DisputeReport,
  Notification,
  NotificationKind,
  RefundReport,
} from '../../../src/domain/callbacks/notification.js';
import { UNKNOWN_PIECE, type KnownPiece, type MoneyCase } from '../../../src/domain/cases/known-piece.js';
import { Money } from '../../../src/domain/money.js';
import { Order, ORDER_STATUSES } from '../../../src/domain/orders/order.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import { Payment, PAYMENT_STATUSES, type PaymentStatus } from '../../../src/domain/payments/payment.js';
import type { SettlementInput } from '../../../src/domain/settlement/settlement-input.js';

export const DEADLINE = new Date('2026-11-23T08:30:00.000Z');
export const IN_TIME = new Date('2026-11-23T08:10:00.000Z');
export const LATE = new Date('2026-11-23T08:30:00.001Z');
export const DUE = Money.of('100.00', 'CNY');

export const NOTIFICATION_KINDS: readonly NotificationKind[] = [
  'succeeded',
  'processing',
  'failed',
  'cancelled',
  'refund',
  'dispute',
  'ignored',
  'unreadable',
  'conflicting',
];

/** A success by transaction T1 for payment P1. */
export const SUCCESS: Notification = {
  gateway: 'stripe',
  kind: 'succeeded',
  paymentNumber: 'P1',
  transactionId: 'T1',
  money: DUE,
  paidAt: null,
  reason: null,
  foreign: null,
  charged: null,
  refund: null,
  dispute: null,
};

/** Payment P1 of order O1. If it has succeeded, this transaction has settled it. */
export function paymentIn(status: PaymentStatus, settledBy = 'T1'): Payment {
  const isSettled = status === 'succeeded';
  const paid = { transactionId: isSettled ? settledBy : null, paidAt: isSettled ? IN_TIME : null };
  const terms = { number: 'P1', orderNumber: 'O1', gateway: 'stripe', due: DUE, expiresAt: DEADLINE };
  return new Payment({ ...terms, ...paid, status });
}

/** A money case about payment P1 and its due amount. */
export function moneyCase(changed: Partial<MoneyCase> = {}): MoneyCase {
  return {
    kind: 'paid_late',
    paymentNumber: 'P1',
    amounts: [DUE],
    charged: null,
    endedBy: null,
    attached: false,
    moneyBack: false,
    ...changed,
  };
}

/** Reports that name as little as they may. */
export const REFUND: RefundReport = {
  refundNumber: 'R1',
  gatewayRefundId: null,
  amount: DUE,
  status: 'succeeded',
  cumulative: null,
  paid: null,
  at: null,
  failure: null,
};
export const DISPUTE: DisputeReport = {
  kind: 'dispute',
  disputeId: 'du_1',
  amount: null,
  status: 'needs_response',
  reason: null,
  dueBy: null,
  moneyTaken: null,
  at: null,
};

/** Refund R1 of transaction T1, which succeeded. */
export function refundState(changed: Partial<RefundState> = {}): RefundState {
  return {
    number: 'R1',
    gateway: 'stripe',
    transactionId: 'T1',
    paymentNumber: 'P1',
    orderNumber: 'O1',
    caseId: null,
    money: DUE,
    reason: null,
    origin: 'reported',
    waiting: false,
    unnamed: false,
    status: 'succeeded',
    gatewayRefundId: null,
    reference: null,
    reportedAt: null,
    failure: null,
    ...changed,
  };
}

/** Transaction T1, of which refunds that succeeded have given back this much. It was in a case under these numbers. */
export function pieceBack(money: Money, numbers: readonly (string | null)[]): KnownPiece {
  const endedCases = numbers.map((paymentNumber) => moneyCase({ paymentNumber, endedBy: 'refunds' }));
  return { ...UNKNOWN_PIECE, endedCases, refunds: [refundState({ money })] };
}

export const REUSED: KnownPiece = { ...UNKNOWN_PIECE, settledNumber: 'P9' };

/** What may be known about a transaction. */
const PIECES: readonly KnownPiece[] = [
  UNKNOWN_PIECE,
  REUSED,
  { ...UNKNOWN_PIECE, openCase: moneyCase({ kind: 'unmatched', paymentNumber: 'P9' }) },
  pieceBack(DUE, ['P1']),
  pieceBack(DUE, ['P9']),
  pieceBack(DUE, []),
];

/** A success in time for an open payment of a pending order, except for what is changed. */
export function inputOf(
  notification: Partial<Notification> = {},
  changed: Partial<SettlementInput> = {},
): SettlementInput {
  return {
    notification: { ...SUCCESS, ...notification },
    judgedAt: IN_TIME,
    payment: paymentIn('init'),
    order: new Order('O1', DUE, 'pending'),
    piece: UNKNOWN_PIECE,
    ...changed,
  };
}

const CONTENTS: readonly Partial<Notification>[] = [
  {},
  { foreign: 'mchid' },
  { gateway: 'alipay' },
  { transactionId: 'T2' },
  { money: Money.of('99.99', 'CNY') },
  { money: Money.of('100.00', 'USD') },
];

/** Every combination of a notification of these kinds and the rows that it can be about. Each call makes a new one. */
export function situations(kinds: readonly NotificationKind[]): (() => SettlementInput)[] {
  return kinds.flatMap((kind) =>
    CONTENTS.flatMap((content) =>
      [null, ...PAYMENT_STATUSES].flatMap((payment) =>
        ORDER_STATUSES.flatMap((order) =>
          [IN_TIME, LATE].flatMap((judgedAt) =>
            PIECES.map(
              (piece) => () =>
                inputOf(
                  { kind, ...content },
                  {
                    judgedAt,
                    piece,
                    payment: payment && paymentIn(payment),
                    order: new Order('O1', DUE, order),
                  },
                ),
            ),
          ),
        ),
      ),
    ),
  );
}

/** What a decision may change. */
export function stateOf({ payment, order }: SettlementInput): string {
  return JSON.stringify([payment?.status, payment?.transactionId, order?.status]);
}
