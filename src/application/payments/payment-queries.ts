import type { Amount } from '../../domain/money.js';
import type { PaymentStatus } from '../../domain/payments/payment.js';
import type { Filter, Page, PageRequest } from '../page.js';

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
  /** The newest 100 entries, oldest first. */
  readonly log: readonly LogEntry[];
}

/** Reads without locks. */
export abstract class PaymentQueries {
  abstract list(
    filter: Filter<'status' | 'gateway' | 'orderNumber'>,
    page: PageRequest,
  ): Promise<Page<PaymentSummary>>;
  abstract find(paymentNumber: string): Promise<PaymentView | null>;
  /** The whole log of a payment, newest first; null if there is no such payment. */
  abstract log(paymentNumber: string, page: PageRequest): Promise<Page<LogEntry> | null>;
}
