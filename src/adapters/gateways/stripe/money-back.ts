import { notificationFrom } from '../notification-fields.js';
import { field } from '../parsing.js';
import { disputeReport, refundReport, textIfValid } from '../reports.js';
import { moneyIn } from './amounts.js';
import { type Envelope, NAME, idOf } from './events.js';
import type {
  DisputeStatus,
  Notification,
  RefundReport,
  RefundReportStatus,
} from '../../../domain/callbacks/notification.js';

/** The merchant's number of a refund is in its metadata, because Stripe has no field for it. */
const REFUND_NUMBER = 'quittance_refund';

const REFUND_STATUSES: ReadonlyMap<unknown, RefundReportStatus> = new Map([
  ['pending', 'processing'],
  // The customer has to name a bank account first.
  ['requires_action', 'processing'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

const DISPUTE_STATUSES: ReadonlyMap<unknown, DisputeStatus> = new Map([
  ['warning_needs_response', 'inquiry'],
  ['warning_under_review', 'inquiry'],
  ['warning_closed', 'closed'],
  ['needs_response', 'needs_response'],
  ['appeal_needs_response', 'needs_response'],
  ['under_review', 'under_review'],
  ['appeal_under_review', 'under_review'],
  ['won', 'won'],
  ['lost', 'lost'],
  ['prevented', 'closed'],
]);

/** The object is a Refund. */
export function refund(object: object, { paidAt: at, foreign }: Envelope): Notification {
  const status = REFUND_STATUSES.get(field(object, 'status'));
  const amount = moneyIn(object, 'amount');
  const report =
    status &&
    refundReport({
      refundNumber: field(object, 'metadata', REFUND_NUMBER),
      gatewayRefundId: field(object, 'id'),
      amount,
      status,
      at,
      failure: status === 'failed' ? { code: failureOf(object) } : null,
    });
  return moneyBack(object, { kind: 'refund', foreign, ...amount, refund: report ?? null });
}

function failureOf(object: object): string {
  const [reason, status] = [field(object, 'failure_reason'), field(object, 'status')];
  return typeof reason === 'string' ? reason : String(status);
}

/** The object is a Charge: it tells the sum of its refunds, and names none of them. */
export function refundedCharge(charge: object, { paidAt: at, foreign }: Envelope): Notification {
  const cumulative = moneyIn(charge, 'amount_refunded');
  const report: RefundReport = refundReport({
    status: 'succeeded',
    cumulative,
    paid: moneyIn(charge, 'amount'),
    at,
  });
  return moneyBack(charge, { kind: 'refund', foreign, ...cumulative, refund: report });
}

/** The object is a Dispute. */
export function dispute(object: object, { type, paidAt: at, foreign }: Envelope): Notification {
  const amount = moneyIn(object, 'amount');
  const report = disputeReport({
    kind: 'dispute',
    disputeId: field(object, 'id'),
    amount,
    status: DISPUTE_STATUSES.get(field(object, 'status')) ?? null,
    reason: field(object, 'reason'),
    // Zero where the bank takes no answer.
    dueBy: secondsOf(field(object, 'evidence_details', 'due_by')),
    moneyTaken: moneyTaken(type, object),
    at,
  });
  return moneyBack(object, { kind: 'dispute', foreign, ...amount, dispute: report });
}

/** The status does not say it. A dispute has no transaction of the balance at first, one after the withdrawal, and two after the reinstatement. */
function moneyTaken(type: string, object: object): boolean | null {
  if (type === 'charge.dispute.funds_withdrawn') return true;
  if (type === 'charge.dispute.funds_reinstated') return false;
  const transactions = field(object, 'balance_transactions');
  return Array.isArray(transactions) && transactions.length > 0 ? transactions.length === 1 : null;
}

/** The object is an EarlyFraudWarning. It moves no money, so it stays ignored; its report says which payment it is about. */
export function fraudWarning(warning: object, { paidAt: at, foreign }: Envelope): Notification {
  const report = disputeReport({
    kind: 'fraud_warning',
    disputeId: field(warning, 'id'),
    reason: field(warning, 'fraud_type'),
    at,
  });
  const transactionId = textIfValid(idOf(warning, 'payment_intent'));
  return notificationFrom(
    NAME,
    report ? { kind: 'ignored', transactionId, foreign, dispute: report } : { kind: 'ignored' },
  );
}

type MoneyBackFields = Omit<
  Parameters<typeof notificationFrom>[1],
  'paidAt' | 'paymentNumber' | 'transactionId' | 'reason'
>;

function moneyBack(object: object, fields: MoneyBackFields): Notification {
  return notificationFrom(NAME, {
    ...fields,
    paidAt: null,
    paymentNumber: field(object, 'metadata', 'payment_number'),
    transactionId: idOf(object, 'payment_intent'),
    reason: field(object, 'reason'),
  });
}

function secondsOf(seconds: unknown): Date | null {
  return typeof seconds === 'number' && seconds > 0 ? new Date(seconds * 1000) : null;
}
