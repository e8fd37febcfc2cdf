import type { Notice, Outcome } from './notice.js';

/** The outcomes that leave money or a message without a place, and what else needs an owner. */
export const DISCREPANCY_KINDS = [
  'unmatched',
  'foreign',
  'paid_twice',
  'transaction_reused',
  'paid_late',
  'amount_mismatched',
  'order_not_payable',
  'unreadable',
  'conflicting',
  'refund_reported',
  'dispute_reported',
  'undeliverable',
  'refund_due',
] as const satisfies readonly (Outcome | 'refund_due')[];
export type DiscrepancyKind = (typeof DISCREPANCY_KINDS)[number];

/**
 * A piece of money, or a message, that needs an owner. It is one case for one kind, gateway, payment number and
 * transaction id; where there is no transaction id, for one kind and callback.
 */
export interface Discrepancy {
  readonly kind: DiscrepancyKind;
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly details: Readonly<Record<string, string | null>>;
}

/** Rows 1 and 2 of the settlement table hold for every notice, yet only a success brings money that needs an owner. */
const ONLY_FOR_MONEY: readonly Outcome[] = ['unmatched', 'foreign'];

/** The discrepancy that an outcome opens, or null where everything has its place and nobody asks for `expected`. */
export function discrepancyOf(
  outcome: Outcome,
  notice: Notice,
  payment: { readonly number: string; readonly orderNumber: string } | null,
  expected: () => Readonly<Record<string, string | null>> = () => ({}),
): Discrepancy | null {
  const kind = DISCREPANCY_KINDS.find((candidate) => candidate === outcome);
  if (!kind || (ONLY_FOR_MONEY.includes(outcome) && notice.kind !== 'succeeded')) return null;
  return {
    kind,
    gateway: notice.gateway,
    paymentNumber: payment?.number ?? notice.paymentNumber,
    orderNumber: payment?.orderNumber ?? null,
    transactionId: notice.transactionId,
    details: {
      paid: notice.money?.toString() ?? null,
      reason: notice.foreign ?? notice.reason,
      ...expected(),
    },
  };
}
