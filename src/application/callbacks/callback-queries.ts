import type { DisputeReport, NotificationKind, RefundReport } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { Amount, Money } from '../../domain/money.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';

export interface CallbackView {
  readonly id: string;
  readonly gateway: string;
  readonly eventId: string;
  readonly kind: NotificationKind;
  readonly paymentNumber: string | null;
  readonly outcome: Outcome;
  readonly deliveries: number;
  readonly receivedAt: Date;
  readonly settledAt: Date | null;
}

/** A report with its money as JSON has it. */
export type ReportView<Report> = {
  readonly [Field in keyof Report]: Report[Field] extends Money | null ? Amount | null : Report[Field];
};

/** What the gateway reports, besides the fields of a list. */
export interface CallbackContent extends CallbackView {
  readonly transactionId: string | null;
  readonly amount: Amount | null;
  readonly charged: Amount | null;
  readonly refund: ReportView<RefundReport> | null;
  readonly dispute: ReportView<DisputeReport> | null;
}

/** Contains what a gateway sent, so only operators see it, and only for one callback at a time. */
export interface CallbackDetail extends CallbackContent {
  /** Headers and body are null after they have been pruned. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly bodyBase64: string | null;
}

/** The callbacks that are stored and not settled yet. */
export interface PendingCallbacks {
  readonly count: number;
  /** The age of the oldest one; 0 if there is none. */
  readonly oldestSeconds: number;
}

/**
 * The times are those of the receipt. `orderNumber` is for the callbacks that name a payment of the order, and `transactionId` for those
 * that name the transaction: found are those that settled with it, that are in a case about it, and that are about a payment of either.
 */
export type CallbackFilter =
  'gateway' | 'outcome' | 'paymentNumber' | 'orderNumber' | 'transactionId' | 'eventId' | TimeFilter;

/** Reads without locks. */
export abstract class CallbackQueries {
  abstract list(filter: Filter<CallbackFilter>, page: PageRequest): Promise<Page<CallbackView>>;
  abstract find(id: string): Promise<CallbackDetail | null>;
  abstract pending(): Promise<PendingCallbacks>;
}
