import { discrepancyOf, type Discrepancy } from './discrepancy.js';
import type { Notice, NoticeKind, Outcome } from './notice.js';
import { ORDER_MOVES, type Deed, type Order } from './order.js';
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
  /** An operator has resolved a case of this money as refunded elsewhere: it must not be taken in any more. */
  readonly givenBack: boolean;
}

export interface Matched extends Case {
  readonly payment: Payment;
  readonly order: Order;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly discrepancy: Discrepancy | null;
}

/** What a row asks for beside what is there, in words for a person. */
export interface Described {
  readonly expected: string;
  readonly actual: string;
}

/** A row holds where its check fails; the last row is what is left where every check passes, and has none. */
interface Row<Given> {
  readonly outcome: Outcome;
  /** The check that keeps this row from holding. */
  readonly check?: { readonly name: string; describe(given: Given): Described };
  holds(given: Given): boolean;
  effect?(given: Given, deed: Deed): void;
}

/** Row 2, for notices of every kind. Row 1 is the absence of a payment, without which nothing else can be asked. */
export const FOREIGN = {
  outcome: 'foreign',
  check: {
    name: 'meant_for_us',
    describe: ({ notice, payment }) => ({
      expected: `for us, by ${payment.gateway}`,
      actual: notice.foreign === null ? `by ${notice.gateway}` : `another ${notice.foreign}`,
    }),
  },
  holds: ({ notice, payment }) => notice.foreign !== null || payment.gateway !== notice.gateway,
} as const satisfies Row<Pick<Matched, 'notice' | 'payment'>>;

const NOT_SUCCEEDED = 'a payment that has not succeeded';
const statusOf = ({ payment }: Matched): string =>
  payment.transactionId === null ? payment.status : `${payment.status} by ${payment.transactionId}`;

/** The order of the checks after the lock. The first row that holds decides. */
export const SUCCESS_ROWS: readonly Row<Matched>[] = [
  FOREIGN,
  {
    outcome: 'duplicate',
    check: {
      name: 'transaction_is_new',
      describe: (given) => ({
        expected: `${NOT_SUCCEEDED} by ${given.notice.transactionId}`,
        actual: given.givenBack ? `${statusOf(given)}; this money was given back` : statusOf(given),
      }),
    },
    holds: ({ notice, payment, givenBack }) =>
      givenBack || (payment.status === 'succeeded' && payment.transactionId === notice.transactionId),
  },
  {
    outcome: 'paid_twice',
    check: {
      name: 'payment_is_open',
      describe: (given) => ({ expected: NOT_SUCCEEDED, actual: statusOf(given) }),
    },
    holds: ({ payment }) => payment.status === 'succeeded',
  },
  {
    outcome: 'transaction_reused',
    check: {
      name: 'transaction_is_unused',
      describe: ({ transactionReused }) => ({
        expected: 'a transaction that has settled no other payment',
        actual: transactionReused ? 'it has settled another payment' : 'it has settled no other payment',
      }),
    },
    holds: ({ transactionReused }) => transactionReused,
  },
  {
    outcome: 'paid_late',
    check: {
      name: 'in_time',
      describe: ({ judgedAt, payment }) => ({
        expected: `by ${payment.expiresAt.toISOString()}`,
        actual: judgedAt.toISOString(),
      }),
    },
    holds: ({ judgedAt, payment }) => judgedAt > payment.expiresAt,
    effect: ({ payment }, deed) => payment.label('expire', deed),
  },
  {
    outcome: 'amount_mismatched',
    check: {
      name: 'amount_agrees',
      describe: ({ notice, payment }) => ({
        expected: payment.due.toString(),
        actual: notice.money?.toString() ?? 'no amount',
      }),
    },
    holds: ({ notice, payment }) => !notice.money || !payment.due.agreesWith(notice.money),
  },
  {
    outcome: 'order_not_payable',
    check: {
      name: 'order_is_payable',
      describe: ({ order }) => ({ expected: ORDER_MOVES.pay.from.join(' or '), actual: order.status }),
    },
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
export const OUTCOMES_WITHOUT_PAYMENT = {
  ignored: 'ignored',
  unreadable: 'unreadable',
  conflicting: 'conflicting',
} as const satisfies Partial<Record<NoticeKind, Outcome>>;

/** Until refunds are kept here, a report of one leaves the payment untouched and gets an owner. */
const REPORTED = { refund: 'refund_reported', dispute: 'dispute_reported' } as const;

/**
 * Decides a success notice and does what follows to the payment and the order, in memory.
 * @param waived the outcomes whose rows an operator has set aside for this piece of money.
 */
export function settleSuccess(given: Case, deed: Deed, waived: readonly Outcome[] = []): Decision {
  const matched = matchedOf(given);
  if (!matched) return decision('unmatched', given);
  const row = SUCCESS_ROWS.find((each) => !waived.includes(each.outcome) && each.holds(matched))!;
  row.effect?.(matched, deed);
  return decision(row.outcome, given);
}

/** Decides a notice of any other kind, likewise. */
export function recordNotice(given: Case, deed: Deed): Decision {
  const { notice, payment } = given;
  const outcome = recordedOutcome(given);
  if (outcome === 'recorded') {
    payment!.label(LABEL_MOVES[notice.kind as keyof typeof LABEL_MOVES], { ...deed, note: notice.reason });
  }
  return decision(outcome, given);
}

/** What a notice that brings no money comes to; nothing is done. */
export function recordedOutcome({ notice, payment }: Case): Outcome {
  const { kind } = notice;
  if (kind in OUTCOMES_WITHOUT_PAYMENT) {
    return OUTCOMES_WITHOUT_PAYMENT[kind as keyof typeof OUTCOMES_WITHOUT_PAYMENT];
  }
  if (!payment) return 'unmatched';
  if (FOREIGN.holds({ notice, payment })) return 'foreign';
  if (kind === 'refund' || kind === 'dispute') return REPORTED[kind];
  return LABEL_OUTCOMES[kind as keyof typeof LABEL_OUTCOMES][payment.status];
}

/** The case where its payment exists, and null where it does not. */
export function matchedOf(given: Case): Matched | null {
  const { payment, order } = given;
  if (!payment) return null;
  if (!order) throw new Error(`payment ${payment.number} was loaded without its order`);
  return { ...given, payment, order };
}

/** An operator reads in the discrepancy what was expected beside what came. */
function decision(outcome: Outcome, { notice, payment, judgedAt }: Case): Decision {
  const expected = () => ({
    due: payment!.due.toString(),
    expiresAt: payment!.expiresAt.toISOString(),
    judgedAt: judgedAt.toISOString(),
    settledBy: payment!.transactionId,
  });
  return { outcome, discrepancy: discrepancyOf(outcome, notice, payment, payment ? expected : undefined) };
}
