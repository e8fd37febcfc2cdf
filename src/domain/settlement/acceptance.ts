import type { Attribution } from '../attribution.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { CaseKind } from '../cases/kinds.js';
import { resultOf, type SettlementResult } from './settle.js';
import type { SettlementInput } from './settlement-input.js';
import { settleSuccess } from './success-table.js';

/**
 * The rows of the settlement table that `accept` sets aside: the row that opened the case. Money with a wrong amount may have
 * been late before (accepting `paid_late` leads there), so `paid_late` is set aside with it. All other rows still apply, so an
 * operator decides twice about money that is late and has a wrong amount.
 */
const WAIVED: Partial<Readonly<Record<CaseKind, readonly Outcome[]>>> = {
  paid_late: ['paid_late'],
  amount_mismatched: ['paid_late', 'amount_mismatched'],
};

/**
 * Takes money that the settlement table refused, because an operator decided so. The payment succeeds, and the order is
 * paid if it can be. If another row still applies, its outcome opens a case of its own.
 * @returns `other_currency` if the amounts cannot be compared; then nothing has changed.
 */
export function acceptMoney(
  kind: CaseKind,
  input: SettlementInput,
  attribution: Attribution,
): SettlementResult | 'other_currency' {
  const waived = WAIVED[kind];
  if (!waived) throw new Error(`a case of ${kind} cannot be accepted`);
  if (input.payment?.due.currency !== input.notification.money?.currency) return 'other_currency';
  return resultOf(settleSuccess(input, attribution, waived), input, attribution);
}
