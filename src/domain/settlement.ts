import { discrepancyOf, type Discrepancy } from './discrepancy.js';
import type { Notice, NoticeKind, Outcome } from './notice.js';
import type { Deed, Order } from './order.js';
import type { Payment, PaymentStatus } from './payment.js';

/** A notice beside the rows that it speaks of, which the caller holds locked. */
export interface Case {
  readonly notice: Notice;
  /** `judgedTime`, fixed at the first receipt. */
  readonly judgedAt: Date;
  readonly payment: Payment | null;
  /** The payment's order; only a success needs it. */
  readonly order: Order | null;
  /** This gateway's transaction id has settled another payment. */
  readonly transactionReused: boolean;
}

interface Matched extends Case {
  readonly payment: Payment;
  readonly order: Order;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly discrepancy: Discrepancy | null;
}

interface Row<Given> {
  readonly outcome: Outcome;
  holds(given: Given): boolean;
  effect?(given: Given, deed: Deed): void;
}

/** Row 2, for notices of every kind. Row 1 is the absence of a payment, without which nothing else can be asked. */
const FOREIGN: Row<Pick<Matched, 'notice' | 'payment'>> = {
  outcome: 'foreign',
  holds: ({ notice, payment }) => notice.foreign !== null || payment.gateway !== notice.gateway,
};

/** The order of the checks after the lock. The first row that holds decides. */
export const SUCCESS_ROWS: readonly Row<Matched>[] = [
  FOREIGN,
  {
    outcome: 'duplicate',
    holds: ({ notice, payment }) =>
      payment.status === 'succeeded' && payment.transactionId === notice.transactionId,
  },
  { outcome: 'paid_twice', holds: ({ payment }) => payment.status === 'succeeded' },
  { outcome: 'transaction_reused', holds: ({ transactionReused }) => transactionReused },
  {
    outcome: 'paid_late',
    holds: ({ judgedAt, payment }) => judgedAt > payment.expiresAt,
    effect: ({ payment }, deed) => payment.label('expire', deed),
  },
  {
    outcome: 'amount_mismatched',
    holds: ({ notice, payment }) => !notice.money || !payment.due.agreesWith(notice.money),
  },
  {
    outcome: 'order_not_payable',
    holds: ({ order }) => !order.can('pay'),
    effect: ({ notice, judgedAt, payment }, deed) => payment.succeed(notice, judgedAt, deed),
  },
  {
    outcome: 'settled',
    holds: () => true,
    effect: ({ notice, judgedAt, payment, order }, deed) => {
      payment.succeed(notice, judgedAt, deed);
      order.pay(payment.number, deed);
    },
  },
];

/** What a notice that brings no money does to a payment in each status; `recorded` is the only one that moves it. */
// prettier-ignore
export const LABEL_OUTCOMES: Readonly<Record<'processing' | 'failed' | 'cancelled', Readonly<Record<PaymentStatus, Outcome>>>> = {
  processing: { init: 'recorded', processing: 'recorded', failed: 'stale',     cancelled: 'stale',     expired: 'stale', succeeded: 'stale' },
  failed:     { init: 'recorded', processing: 'recorded', failed: 'duplicate', cancelled: 'stale',     expired: 'stale', succeeded: 'stale' },
  cancelled:  { init: 'recorded', processing: 'recorded', failed: 'recorded',  cancelled: 'duplicate', expired: 'stale', succeeded: 'stale' },
};
const LABEL_MOVES = { processing: 'process', failed: 'fail', cancelled: 'cancel' } as const;

/** The kinds whose outcome no payment can change, and the outcome. */
const OUTCOMES_WITHOUT_PAYMENT = {
  ignored: 'ignored',
  unreadable: 'unreadable',
  conflicting: 'conflicting',
} as const satisfies Partial<Record<NoticeKind, Outcome>>;

/** Until refunds are kept here, a report of one leaves the payment untouched and gets an owner. */
const REPORTED = { refund: 'refund_reported', dispute: 'dispute_reported' } as const;

/** Decides a success notice and does what follows to the payment and the order, in memory. */
export function settleSuccess(given: Case, deed: Deed): Decision {
  const { payment, order } = given;
  if (!payment) return decision('unmatched', given);
  if (!order) throw new Error(`payment ${payment.number} was loaded without its order`);
  const matched = { ...given, payment, order };
  const row = SUCCESS_ROWS.find((each) => each.holds(matched))!;
  row.effect?.(matched, deed);
  return decision(row.outcome, given);
}

/** Decides a notice of any other kind, likewise. */
export function recordNotice(given: Case, deed: Deed): Decision {
  const { notice, payment } = given;
  const { kind } = notice;
  if (kind in OUTCOMES_WITHOUT_PAYMENT) {
    return decision(OUTCOMES_WITHOUT_PAYMENT[kind as keyof typeof OUTCOMES_WITHOUT_PAYMENT], given);
  }
  if (!payment) return decision('unmatched', given);
  if (FOREIGN.holds({ notice, payment })) return decision('foreign', given);
  if (kind === 'refund' || kind === 'dispute') return decision(REPORTED[kind], given);
  const label = kind as keyof typeof LABEL_OUTCOMES;
  const outcome = LABEL_OUTCOMES[label][payment.status];
  if (outcome === 'recorded') payment.label(LABEL_MOVES[label], { ...deed, note: notice.reason });
  return decision(outcome, given);
}

/** An operator reads in the discrepancy what was expected beside what came. */
function decision(outcome: Outcome, { notice, payment, judgedAt }: Case): Decision {
  const expected = payment && {
    due: payment.due.toString(),
    expiresAt: payment.expiresAt.toISOString(),
    judgedAt: judgedAt.toISOString(),
    settledBy: payment.transactionId,
  };
  return { outcome, discrepancy: discrepancyOf(outcome, notice, payment, expected ?? {}) };
}
