import type { Outcome } from '../callbacks/outcome.js';
import { PAYMENT_STATUSES } from '../payments/payment.js';
import { isForeign, LABEL_OUTCOMES, OUTCOMES_WITHOUT_PAYMENT, labelOutcome } from './label-table.js';
import { matchedInput, type SettlementInput } from './settlement-input.js';
import {
  doneBefore,
  FOREIGN,
  outcomeWithoutPayment,
  SUCCESS_ROWS,
  type Comparison,
} from './success-table.js';

/** One check of the tables that decide a notification. */
export interface Check extends Comparison {
  readonly name: string;
  readonly passes: boolean;
}

export interface Explanation {
  /** The outcome that the notification would have if it were decided now. */
  readonly outcome: Outcome;
  /** In the order of the tables. The first check that does not pass decides. */
  readonly checks: readonly Check[];
}

/** Reads the tables that decide, and applies none of their effects. */
export function explain(input: SettlementInput): Explanation {
  if (input.notification.kind !== 'succeeded') {
    return { outcome: labelOutcome(input), checks: labelChecks(input) };
  }
  const matched = matchedInput(input);
  if (!matched) {
    const outcome = outcomeWithoutPayment(input);
    return { outcome, checks: [...newnessChecks(input), paymentExistsCheck(input)] };
  }
  const { outcome } = SUCCESS_ROWS.find((row) => row.applies(matched))!;
  const checks = SUCCESS_ROWS.flatMap((row) => (row.check ? [checkOf(row, row.check, matched)] : []));
  return { outcome, checks: [paymentExistsCheck(input), ...checks] };
}

function checkOf<Input>(
  row: { applies(input: Input): boolean },
  check: { readonly name: string; describe(input: Input): Comparison },
  input: Input,
): Check {
  return { name: check.name, ...check.describe(input), passes: !row.applies(input) };
}

function paymentExistsCheck({ notification, payment }: SettlementInput): Check {
  return {
    name: 'payment_exists',
    expected:
      notification.paymentNumber === null ? 'a payment number' : `payment ${notification.paymentNumber}`,
    actual: payment ? `payment ${payment.number}` : 'none',
    passes: payment !== null,
  };
}

/** A check that stands only where it decides. */
function newnessChecks(input: SettlementInput): Check[] {
  const actual = doneBefore(input);
  if (actual === null) return [];
  const expected = `transaction ${input.notification.transactionId} is new`;
  return [{ name: 'transaction_is_new', expected, actual, passes: false }];
}

/** The cell of the label table, after the checks that every notification has to pass. */
function labelChecks(input: SettlementInput): Check[] {
  const { notification, payment } = input;
  if (notification.kind in OUTCOMES_WITHOUT_PAYMENT) return [notAboutPaymentCheck(input)];
  if (notification.kind === 'refund' || notification.kind === 'dispute') return reportChecks(input);
  const checks = [paymentExistsCheck(input)];
  if (!payment) return checks;
  checks.push(checkOf(FOREIGN, FOREIGN.check, { notification, payment }));
  if (notification.kind in LABEL_OUTCOMES) {
    const cells = LABEL_OUTCOMES[notification.kind as keyof typeof LABEL_OUTCOMES];
    const open = PAYMENT_STATUSES.filter((status) => cells[status] === 'recorded');
    const passes = cells[payment.status] === 'recorded';
    checks.push({ name: 'status_takes_label', expected: open.join(' or '), actual: payment.status, passes });
  }
  return checks;
}

/** A report is about a transaction, whether its payment is known or not. */
function reportChecks({ notification, payment }: SettlementInput): Check[] {
  const { kind, gateway, transactionId, foreign } = notification;
  const report = kind === 'refund' ? notification.refund : notification.dispute;
  const named = payment ? `for payment ${payment.number} by ${payment.gateway}` : `by ${gateway}`;
  return [
    {
      name: 'meant_for_us',
      expected: `for us, by ${gateway}`,
      actual: foreign === null ? named : `another ${foreign}`,
      passes: !isForeign(notification, payment),
    },
    {
      name: 'report_is_readable',
      expected: `a ${kind} with a status that is known and an amount`,
      actual: report ? `a ${kind}` : 'none',
      passes: report !== null,
    },
    {
      name: 'names_a_transaction',
      expected: 'a transaction, or a payment that one has settled',
      actual: transactionId === null ? 'none' : `transaction ${transactionId}`,
      passes: transactionId !== null,
    },
  ];
}

function notAboutPaymentCheck({ notification: { kind, reason } }: SettlementInput): Check {
  const actual = reason === null ? kind : `${kind}: ${reason}`;
  return { name: 'speaks_of_a_payment', expected: 'a notification about a payment', actual, passes: false };
}
