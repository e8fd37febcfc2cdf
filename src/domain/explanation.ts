import type { Outcome } from './notice.js';
import { PAYMENT_STATUSES } from './payment.js';
import {
  FOREIGN,
  LABEL_OUTCOMES,
  matchedOf,
  OUTCOMES_WITHOUT_PAYMENT,
  recordedOutcome,
  SUCCESS_ROWS,
  type Case,
  type Described,
} from './settlement.js';

/** One check of the tables by which a notice is decided. It holds where nothing is wrong. */
export interface Check extends Described {
  readonly name: string;
  readonly holds: boolean;
}

export interface Explanation {
  /** What the notice would come to if it were decided now. */
  readonly outcome: Outcome;
  /** In the order in which they are asked: the first that does not hold has decided. */
  readonly checks: readonly Check[];
}

/** Reads the tables that decide, and does nothing of what they say. */
export function explain(given: Case): Explanation {
  if (given.notice.kind !== 'succeeded')
    return { outcome: recordedOutcome(given), checks: labelChecks(given) };
  const matched = matchedOf(given);
  if (!matched) return { outcome: 'unmatched', checks: [paymentExists(given)] };
  const { outcome } = SUCCESS_ROWS.find((row) => row.holds(matched))!;
  const checks = SUCCESS_ROWS.flatMap((row) => (row.check ? [checkOf(row, row.check, matched)] : []));
  return { outcome, checks: [paymentExists(given), ...checks] };
}

function checkOf<Given>(
  row: { holds(given: Given): boolean },
  check: { readonly name: string; describe(given: Given): Described },
  given: Given,
): Check {
  return { name: check.name, ...check.describe(given), holds: !row.holds(given) };
}

function paymentExists({ notice, payment }: Case): Check {
  return {
    name: 'payment_exists',
    expected: notice.paymentNumber === null ? 'a payment number' : `payment ${notice.paymentNumber}`,
    actual: payment ? `payment ${payment.number}` : 'none',
    holds: payment !== null,
  };
}

/** The cell of the label table, after what is asked of every notice. */
function labelChecks(given: Case): Check[] {
  const { notice, payment } = given;
  if (notice.kind in OUTCOMES_WITHOUT_PAYMENT) return [speaksOfAPayment(given)];
  const checks = [paymentExists(given)];
  if (!payment) return checks;
  checks.push(checkOf(FOREIGN, FOREIGN.check, { notice, payment }));
  if (notice.kind in LABEL_OUTCOMES) {
    const cells = LABEL_OUTCOMES[notice.kind as keyof typeof LABEL_OUTCOMES];
    const open = PAYMENT_STATUSES.filter((status) => cells[status] === 'recorded');
    const holds = cells[payment.status] === 'recorded';
    checks.push({ name: 'status_takes_label', expected: open.join(' or '), actual: payment.status, holds });
  }
  return checks;
}

function speaksOfAPayment({ notice: { kind, reason } }: Case): Check {
  const actual = reason === null ? kind : `${kind}: ${reason}`;
  return { name: 'speaks_of_a_payment', expected: 'a notice about a payment', actual, holds: false };
}
