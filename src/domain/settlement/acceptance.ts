import type { Attribution } from '../attribution.js';
import type { Notification } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { CaseKind } from '../cases/kinds.js';
import { explain, type Explanation } from './explanation.js';
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

/** The outcomes with which money may be given to another payment. The last two open a case there. */
const ATTACHABLE: readonly Outcome[] = ['settled', 'paid_late', 'amount_mismatched'];

/** The success of a case, as if it had come for another payment. */
export function successFor(paymentNumber: string | null, notification: Notification): Notification {
  return { ...notification, kind: 'succeeded', paymentNumber };
}

/**
 * Gives money to the payment that an operator names, by the settlement table. What the money has settled and what
 * of it has gone back counts; what an operator has decided about it before does not.
 * @param input with the notification of `successFor`.
 * @returns the explanation, if the payment cannot take the money; then nothing has changed.
 */
export function attachMoney(
  input: SettlementInput,
  attribution: Attribution,
): SettlementResult | { readonly refused: Explanation } {
  const asked = { ...input, piece: { ...input.piece, openCase: null, endedCases: [] } };
  const refused = explain(asked);
  if (!ATTACHABLE.includes(refused.outcome)) return { refused };
  return resultOf(settleSuccess(asked, attribution), asked, attribution);
}
