import type { Attribution } from '../attribution.js';
import type { Outcome } from '../callbacks/outcome.js';
import { belongsElsewhere, wasAttachedFrom, wentBackFirst, wentBackFrom } from '../cases/known-piece.js';
import { ORDER_MOVES } from '../orders/order.js';
import type { IncomingMoney } from '../payments/payment.js';
import { matchedInput, type MatchedInput, type SettlementInput } from './settlement-input.js';

/** What a check expects and what it found, in words for a person. */
export interface Comparison {
  readonly expected: string;
  readonly actual: string;
}

/** A row of the settlement table. A row applies if its check fails. The last row has no check: it applies if all checks pass. */
interface SettlementRow<Input> {
  readonly outcome: Outcome;
  readonly check?: { readonly name: string; describe(input: Input): Comparison };
  applies(input: Input): boolean;
  effect?(input: Input, attribution: Attribution): void;
}

/** Row 2, for notifications of every kind. Row 1 is a missing payment; no other row can be asked without one. */
export const FOREIGN = {
  outcome: 'foreign',
  check: {
    name: 'meant_for_us',
    describe: ({ notification, payment }) => ({
      expected: `for us, by ${payment.gateway}`,
      actual:
        notification.foreign === null ? `by ${notification.gateway}` : `another ${notification.foreign}`,
    }),
  },
  applies: ({ notification, payment }) =>
    notification.foreign !== null || payment.gateway !== notification.gateway,
} as const satisfies SettlementRow<Pick<MatchedInput, 'notification' | 'payment'>>;

const NOT_SUCCEEDED = 'a payment that has not succeeded';
const statusOf = ({ payment }: MatchedInput): string =>
  payment.transactionId === null ? payment.status : `${payment.status} by ${payment.transactionId}`;

const wasAttached = ({ piece, notification }: SettlementInput): boolean =>
  wasAttachedFrom(piece, notification.paymentNumber);
const wentBack = ({ piece, notification }: SettlementInput): boolean =>
  wentBackFrom(piece, notification.paymentNumber, notification.money);
const isReused = ({ piece, notification }: SettlementInput): boolean =>
  belongsElsewhere(piece, notification.paymentNumber, notification.money);

const hasSettledIt = ({ payment, notification }: MatchedInput): boolean =>
  payment.status === 'succeeded' && payment.transactionId === notification.transactionId;

/** What has become of the money of a transaction that is not new; null if nothing has. */
export function doneBefore(input: SettlementInput): string | null {
  if (wasAttached(input)) return 'this money was attached to another payment';
  return wentBack(input) ? 'this money was refunded' : null;
}

function otherUse(input: MatchedInput): string {
  if (!isReused(input)) return 'it has settled no other payment';
  const { settledNumber } = input.piece;
  return settledNumber === null
    ? 'its money was refunded under another number'
    : `it has settled payment ${settledNumber}`;
}

function moneyThatCame({ money, charged }: MatchedInput['notification']): string {
  if (!money) return 'no amount';
  return charged ? `${money.toString()}; the customer was charged ${charged.toString()}` : money.toString();
}

/** The settlement table for successes, in the order of the checks. The first row that applies decides. */
export const SUCCESS_ROWS: readonly SettlementRow<MatchedInput>[] = [
  FOREIGN,
  {
    outcome: 'duplicate',
    check: {
      name: 'transaction_is_new',
      describe: (input) => ({
        expected: `${NOT_SUCCEEDED} by ${input.notification.transactionId}`,
        actual: [statusOf(input), doneBefore(input) ?? []].flat().join('; '),
      }),
    },
    applies: (input) => hasSettledIt(input) || doneBefore(input) !== null,
  },
  {
    outcome: 'transaction_reused',
    check: {
      name: 'transaction_is_unused',
      describe: (input) => ({
        expected: 'a transaction that has settled no other payment',
        actual: otherUse(input),
      }),
    },
    applies: isReused,
  },
  {
    outcome: 'paid_twice',
    check: {
      name: 'payment_is_open',
      describe: (input) => ({ expected: NOT_SUCCEEDED, actual: statusOf(input) }),
    },
    applies: ({ payment }) => payment.status === 'succeeded',
  },
  {
    // Money that has gone back settles nothing. The payment tells that it came, and the case why the order is not paid.
    outcome: 'order_not_payable',
    check: {
      name: 'money_is_here',
      describe: ({ piece, notification }) => ({
        expected: 'money that has not been refunded',
        actual: wentBackFirst(piece, notification.money)
          ? 'it was refunded, or is about to be'
          : 'it is here',
      }),
    },
    applies: ({ piece, notification }) => wentBackFirst(piece, notification.money),
    effect: (input, attribution) => input.payment.succeed(moneyOf(input), attribution),
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
    applies: ({ judgedAt, payment }) => judgedAt > payment.expiresAt,
    // With a reason, so that the shop does not ask a customer who has paid for another payment.
    effect: ({ payment }, attribution) => payment.mark('expire', { ...attribution, note: 'paid_late' }),
  },
  {
    outcome: 'amount_mismatched',
    check: {
      name: 'amount_agrees',
      describe: ({ notification, payment }) => ({
        expected: payment.due.toString(),
        actual: moneyThatCame(notification),
      }),
    },
    applies: ({ notification, payment }) =>
      !notification.money || !payment.due.agreesWith(notification.money),
  },
  {
    outcome: 'order_not_payable',
    check: {
      name: 'order_is_payable',
      describe: ({ order }) => ({ expected: ORDER_MOVES.pay.from.join(' or '), actual: order.status }),
    },
    applies: ({ order }) => !order.can('pay'),
    effect: (input, attribution) => input.payment.succeed(moneyOf(input), attribution),
  },
  {
    outcome: 'settled',
    applies: () => true,
    effect: (input, attribution) => {
      const { payment, order } = input;
      const incoming = moneyOf(input);
      payment.succeed(incoming, attribution);
      const { transactionId, money } = incoming;
      order.pay({ number: payment.number, gateway: payment.gateway, transactionId, money }, attribution);
    },
  },
];

/**
 * Decides a success and applies the effect of its row to the payment and the order, in memory.
 * @param waived outcomes whose rows an operator has set aside for this piece of money.
 */
export function settleSuccess(
  input: SettlementInput,
  attribution: Attribution,
  waived: readonly Outcome[] = [],
): Outcome {
  const matched = matchedInput(input);
  if (!matched) return outcomeWithoutPayment(input);
  const row = SUCCESS_ROWS.find((each) => !waived.includes(each.outcome) && each.applies(matched))!;
  row.effect?.(matched, attribution);
  return row.outcome;
}

/** Row 1. Money that was given to another payment or went back needs no payment under its old number any more. */
export function outcomeWithoutPayment(input: SettlementInput): Outcome {
  return doneBefore(input) === null ? 'unmatched' : 'duplicate';
}

/** Gateways promise a transaction id and an amount in every success; a notification without them is unreadable. */
function moneyOf({ notification, judgedAt }: MatchedInput): IncomingMoney {
  const { transactionId, money, charged, paidAt } = notification;
  if (!transactionId || !money) throw new Error('a success names no transaction or no amount');
  return { transactionId, money, charged, paidAt: paidAt ?? judgedAt };
}
