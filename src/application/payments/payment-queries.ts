import type { Amount } from '../../domain/money.js';
import type { PaymentStatus } from '../../domain/payments/payment.js';
import type { Filter, Page, PageRequest } from '../page.js';

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

export interface PaymentView extends PaymentSummary {
  readonly log: readonly {
    readonly at: Date;
    readonly event: string;
    readonly actor: string;
    readonly data: Readonly<Record<string, unknown>>;
  }[];
}

/** Reads without locks. */
export abstract class PaymentQueries {
  abstract list(
    filter: Filter<'status' | 'gateway' | 'orderNumber'>,
    page: PageRequest,
  ): Promise<Page<PaymentView>>;
  abstract find(paymentNumber: string): Promise<PaymentView | null>;
}
