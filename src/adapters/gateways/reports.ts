import { moneyIfValid, plain, timeIfValid } from './notification-fields.js';
import { isText } from './parsing.js';
import type {
  DisputeReport,
  DisputeStatus,
  RefundReport,
  RefundReportStatus,
} from '../../domain/callbacks/notification.js';
import type { Money } from '../../domain/money.js';

// Reports are read leniently: a field that is not what it should be is null, and the notification stays readable. A report only adds to
// what the notification says.

interface AmountFields {
  readonly amount: unknown;
  readonly currency: unknown;
}

/** The fields of a refund before they are checked. */
interface RefundFields {
  readonly refundNumber?: unknown;
  readonly gatewayRefundId?: unknown;
  readonly amount?: AmountFields;
  readonly status: RefundReportStatus;
  readonly cumulative?: AmountFields;
  readonly paid?: AmountFields;
  readonly at?: Date | null;
  readonly failure?: { readonly code: string; readonly message?: unknown } | null;
}

export function refundReport(fields: RefundFields): RefundReport {
  const { status, failure = null } = fields;
  return {
    refundNumber: textIfValid(fields.refundNumber),
    gatewayRefundId: textIfValid(fields.gatewayRefundId),
    amount: moneyOf(fields.amount),
    status,
    cumulative: moneyOf(fields.cumulative),
    paid: moneyOf(fields.paid),
    at: timeIfValid(fields.at ?? null),
    failure: failure && { code: plain(failure.code) ?? '', message: plain(failure.message) },
  };
}

/** The fields of a dispute before they are checked. */
interface DisputeFields {
  readonly kind: DisputeReport['kind'];
  readonly disputeId: unknown;
  readonly amount?: AmountFields;
  readonly status?: DisputeStatus | null;
  readonly reason?: unknown;
  readonly dueBy?: Date | null;
  readonly moneyTaken?: boolean | null;
  readonly at?: Date | null;
}

/** Null where the dispute has no id. */
export function disputeReport(fields: DisputeFields): DisputeReport | null {
  const disputeId = textIfValid(fields.disputeId);
  if (disputeId === null) return null;
  return {
    kind: fields.kind,
    disputeId,
    amount: moneyOf(fields.amount),
    status: fields.status ?? null,
    reason: plain(fields.reason),
    dueBy: timeIfValid(fields.dueBy ?? null),
    moneyTaken: fields.moneyTaken ?? null,
    at: timeIfValid(fields.at ?? null),
  };
}

function moneyOf(fields: AmountFields | undefined): Money | null {
  return fields ? moneyIfValid(fields.amount, fields.currency) : null;
}

export function textIfValid(value: unknown): string | null {
  return isText(value, 128) ? value : null;
}
