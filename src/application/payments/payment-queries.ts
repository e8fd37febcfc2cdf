import type { Amount } from '../../domain/money.js';
import type { PaymentStatus } from '../../domain/payments/payment.js';
import type { DisputeView } from '../disputes/dispute-queries.js';
import type { RefundView } from '../refunds/refund-queries.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';

/** A payment as lists show it. */
export interface PaymentSummary {
  readonly paymentNumber: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly amount: Amount;
  readonly status: PaymentStatus;
  readonly transactionId: string | null;
  readonly expiresAt: Date;
  readonly paidAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface LogEntry {
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface PaymentView extends PaymentSummary {
  /** The newest 20, newest first. */
  readonly disputes: readonly DisputeView[];
  /** What refunds that succeeded come to. */
  readonly refunded: Amount;
  /** What can still be refunded. Zero before the payment has succeeded. */
  readonly refundable: Amount;
  /** The newest 20 refunds that name the payment, newest first. */
  readonly refunds: readonly RefundView[];
  /** The newest 100 entries, oldest first. */
  readonly log: readonly LogEntry[];
}

/** The transaction is the one that settled the payment. The times are those of the creation. */
export type PaymentFilter = 'status' | 'gateway' | 'orderNumber' | 'transactionId' | TimeFilter;

/** Reads without locks. */
export abstract class PaymentQueries {
  abstract list(filter: Filter<PaymentFilter>, page: PageRequest): Promise<Page<PaymentSummary>>;
  abstract find(paymentNumber: string): Promise<PaymentView | null>;
  /** The whole log of a payment, newest first; null if there is no such payment. */
  abstract log(paymentNumber: string, page: PageRequest): Promise<Page<LogEntry> | null>;
}
