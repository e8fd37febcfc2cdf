import type { Attribution } from '../attribution.js';
import type { Outcome } from '../callbacks/outcome.js';
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
        actual: input.alreadyRefunded ? `${statusOf(input)}; this money was refunded` : statusOf(input),
      }),
    },
    applies: ({ notification, payment, alreadyRefunded }) =>
      alreadyRefunded ||
      (payment.status === 'succeeded' && payment.transactionId === notification.transactionId),
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
    outcome: 'transaction_reused',
    check: {
      name: 'transaction_is_unused',
      describe: ({ transactionReused }) => ({
        expected: 'a transaction that has settled no other payment',
        actual: transactionReused ? 'it has settled another payment' : 'it has settled no other payment',
      }),
    },
    applies: ({ transactionReused }) => transactionReused,
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
  if (!matched) return 'unmatched';
  const row = SUCCESS_ROWS.find((each) => !waived.includes(each.outcome) && each.applies(matched))!;
  row.effect?.(matched, attribution);
  return row.outcome;
}

/** Gateways promise a transaction id and an amount in every success; a notification without them is unreadable. */
function moneyOf({ notification, judgedAt }: MatchedInput): IncomingMoney {
  const { transactionId, money, paidAt } = notification;
  if (!transactionId || !money) throw new Error('a success names no transaction or no amount');
  return { transactionId, money, paidAt: paidAt ?? judgedAt };
}
