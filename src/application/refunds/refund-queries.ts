import type { Amount } from '../../domain/money.js';
import type { RefundFailure, RefundOrigin, RefundStatus } from '../../domain/refunds/refund.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';

/** A refund as lists show it. */
export interface RefundView {
  readonly refundNumber: string;
  /** The payment that has the money; of a refund that waits for its money, the one that the gateway has named. */
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly gateway: string;
  readonly transactionId: string;
  /** The case that it was made for. */
  readonly discrepancyId: string | null;
  readonly amount: Amount;
  readonly reason: string | null;
  readonly origin: RefundOrigin;
  readonly status: RefundStatus;
  readonly gatewayRefundId: string | null;
  /** Where a refund that an operator has recorded can be found. */
  readonly reference: string | null;
  readonly failure: RefundFailure | null;
  /** How often this service has asked the gateway for it. */
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface RefundLogEntry {
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RefundDetail extends RefundView {
  /** The newest 100 entries, oldest first. Without a payment there are none. */
  readonly log: readonly RefundLogEntry[];
}

/** How many refunds a gateway has in a status. Of each status 100 000 are counted at most. */
export interface RefundCount {
  readonly gateway: string;
  readonly status: RefundStatus;
  readonly count: number;
}

/** The times are those of the creation. */
export type RefundFilter = 'status' | 'gateway' | 'paymentNumber' | 'transactionId' | TimeFilter;

/** Reads without locks. */
export abstract class RefundQueries {
  abstract list(filter: Filter<RefundFilter>, page: PageRequest): Promise<Page<RefundView>>;
  abstract find(refundNumber: string): Promise<RefundDetail | null>;
  abstract count(): Promise<readonly RefundCount[]>;
}
