import type { CaseKind } from './kinds.js';

/** How an operator may end a case: the words of the API. */
export const RESOLUTIONS = ['accept', 'attach', 'refund', 'refunded_elsewhere', 'dismiss'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** Kinds that are found by asking the gateway and by statements. No case has them yet. */
export const KINDS_TO_COME = [
  'gateway_says_unpaid',
  'statement_amount_differs',
  'statement_status_differs',
  'statement_currency_differs',
  'statement_unknown',
  'statement_missing',
  'statement_duplicate',
  'statement_totals',
] as const;
type KindToCome = (typeof KINDS_TO_COME)[number];

const UNSETTLED: readonly Resolution[] = ['attach', 'refund', 'refunded_elsewhere', 'dismiss'];
const ACCEPTABLE: readonly Resolution[] = ['accept', ...UNSETTLED];
const TAKEN: readonly Resolution[] = ['refund', 'refunded_elsewhere', 'dismiss'];
const NOTED: readonly Resolution[] = ['dismiss'];

/**
 * The resolutions that may end a case of each kind. `refunded_elsewhere` of a reported refund records that refund. A case of `unmatched`,
 * `foreign` or `conflicting` that owns no money, because something else does, can be dismissed only.
 */
export const ENDINGS: Readonly<Record<CaseKind | KindToCome, readonly Resolution[]>> = {
  unmatched: UNSETTLED,
  paid_late: ACCEPTABLE,
  amount_mismatched: ACCEPTABLE,
  paid_twice: UNSETTLED,
  conflicting: UNSETTLED,
  order_not_payable: TAKEN,
  refund_due: TAKEN,
  refund_reported: ['refunded_elsewhere', 'dismiss'],
  transaction_reused: NOTED,
  foreign: NOTED,
  unreadable: NOTED,
  undeliverable: NOTED,
  dispute_reported: NOTED,
  refund_failed: TAKEN,
  refund_stuck: NOTED,
  refund_exceeds_payment: NOTED,
  dispute: NOTED,
  dispute_lost: NOTED,
  fraud_warning: NOTED,
  gateway_says_unpaid: NOTED,
  statement_amount_differs: NOTED,
  statement_status_differs: ['accept', 'dismiss'],
  statement_currency_differs: NOTED,
  statement_unknown: UNSETTLED,
  statement_missing: NOTED,
  statement_duplicate: NOTED,
  statement_totals: NOTED,
};

/** Needs refunds that this service asks the gateway for. */
const NOT_AVAILABLE: readonly Resolution[] = ['refund'];

export interface AllowedResolution {
  readonly resolution: Resolution;
  /** The fields that the request must have. */
  readonly needs: readonly string[];
  /** What happens then, for a person. */
  readonly consequence: string;
}

const DESCRIPTIONS: Readonly<Record<Resolution, Omit<AllowedResolution, 'resolution'>>> = {
  accept: {
    needs: ['note'],
    consequence:
      'The payment succeeds with the money that came, and its order is paid if it can be. What still stands against that opens another discrepancy.',
  },
  attach: {
    needs: ['note', 'paymentNumber'],
    consequence: 'The money pays the payment that you name, by the same checks as money that has just come.',
  },
  refund: {
    needs: ['note'],
    consequence:
      'The gateway is asked to send the money back. The discrepancy stays open until it has done so.',
  },
  refunded_elsewhere: {
    needs: ['note', 'reference'],
    consequence:
      'A refund that was made by another way is recorded. When the whole amount has gone back, the discrepancy ends, and the money pays for nothing any more.',
  },
  dismiss: { needs: ['note'], consequence: 'The discrepancy ends. Nothing else happens.' },
};

/** What of a case says how it may end. */
export interface EndableCase {
  readonly kind: CaseKind;
  readonly ownsMoney: boolean;
}

/** The resolutions that may end an open case. */
export function allowedResolutions({ kind, ownsMoney }: EndableCase): AllowedResolution[] {
  const endings = DEPENDS_ON_OWNER.includes(kind) && !ownsMoney ? NOTED : ENDINGS[kind];
  return endings
    .filter((resolution) => !NOT_AVAILABLE.includes(resolution))
    .map((resolution) => ({ resolution, ...DESCRIPTIONS[resolution] }));
}

const DEPENDS_ON_OWNER: readonly CaseKind[] = ['unmatched', 'foreign', 'conflicting'];

/** How an operator asks to end a case. */
export interface AskedEnding {
  readonly resolution: Resolution;
  readonly reference: string | null;
  readonly paymentNumber: string | null;
  readonly hasAmount: boolean;
}

/** The field that is missing from, or that does not belong to, a resolution; null if none is. */
export function fieldFault(asked: AskedEnding): FieldFault | null {
  const { resolution, reference, paymentNumber, hasAmount } = asked;
  if (resolution === 'refunded_elsewhere' && reference === null) return 'reference_missing';
  if (resolution === 'attach' && paymentNumber === null) return 'payment_number_missing';
  if (resolution !== 'attach' && paymentNumber !== null) return 'payment_number_unused';
  return resolution !== 'refunded_elsewhere' && hasAmount ? 'amount_unused' : null;
}

export type FieldFault =
  'reference_missing' | 'payment_number_missing' | 'payment_number_unused' | 'amount_unused';
