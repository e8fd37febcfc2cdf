import type { DiscrepancyKind } from '../domain/discrepancy.js';
import type { NoticeKind, Outcome } from '../domain/notice.js';
import type { OrderMove, OrderStatus } from '../domain/order.js';
import type { PaymentStatus } from '../domain/payment.js';
import type { Resolution } from '../domain/resolution.js';
import type { Timeline } from './timeline.js';

export interface MoneyView {
  readonly amount: string;
  readonly currency: string;
}

export interface OrderView {
  readonly orderNumber: string;
  readonly status: OrderStatus;
  readonly total: MoneyView;
  readonly customerId: string | null;
  readonly payments: readonly PaymentSummary[];
  readonly statusHistory: readonly {
    readonly from: OrderStatus;
    readonly to: OrderStatus;
    readonly move: OrderMove;
    readonly actor: string;
    readonly note: string | null;
    readonly at: Date;
  }[];
  readonly allowedTransitions: readonly OrderStatus[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface PaymentSummary {
  readonly paymentNumber: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly amount: MoneyView;
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

export interface CallbackView {
  readonly id: string;
  readonly gateway: string;
  readonly eventId: string;
  readonly kind: NoticeKind;
  readonly paymentNumber: string | null;
  readonly outcome: Outcome;
  readonly deliveries: number;
  readonly receivedAt: Date;
  readonly settledAt: Date | null;
}

/** Holds what a gateway sent, so it is for operators and for one callback at a time. */
export interface CallbackDetail extends CallbackView {
  /** Both are null once they are no longer kept. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly bodyBase64: string | null;
}

export interface DiscrepancyView {
  readonly id: string;
  readonly kind: DiscrepancyKind;
  readonly status: 'open' | 'resolved';
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly callbackId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  /** How an operator has ended it; null while it is open, and where it has closed by itself. */
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly reference: string | null;
  /** What came of an acceptance, as an outcome, or why the case has closed by itself. */
  readonly reason: string | null;
}

export interface NoteView {
  readonly at: Date;
  readonly actor: string;
  readonly note: string;
}

export interface DiscrepancyDetail extends DiscrepancyView {
  /** The operator's words with the resolution. */
  readonly note: string | null;
  /** In the order in which they were written; the newest thousand. */
  readonly notes: readonly NoteView[];
}

export interface RejectionView {
  readonly gateway: string;
  readonly reason: string;
  readonly receivedAt: Date;
  readonly remoteAddress: string;
}

/** `before` is the id that the previous page ended with; ids descend. */
export interface PageRequest {
  readonly limit: number;
  readonly before: string | null;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** What to ask for next as `before`; null on the last page. */
  readonly next: string | null;
}

export interface Gauges {
  readonly pendingCallbacks: number;
  readonly oldestPendingSeconds: number;
  readonly openDiscrepancies: Readonly<Partial<Record<DiscrepancyKind, number>>>;
}

type Filter<Names extends string> = Readonly<Partial<Record<Names, string>>>;

/** What people and their tools read. Newest first; nothing here holds a lock. */
export abstract class Queries {
  abstract orders(filter: Filter<'status' | 'customerId'>, page: PageRequest): Promise<Page<OrderView>>;
  abstract order(orderNumber: string): Promise<OrderView | null>;
  abstract payments(
    filter: Filter<'status' | 'gateway' | 'orderNumber'>,
    page: PageRequest,
  ): Promise<Page<PaymentView>>;
  abstract payment(paymentNumber: string): Promise<PaymentView | null>;
  abstract callbacks(
    filter: Filter<'gateway' | 'outcome' | 'paymentNumber'>,
    page: PageRequest,
  ): Promise<Page<CallbackView>>;
  abstract callback(id: string): Promise<CallbackDetail | null>;
  abstract discrepancies(
    filter: Filter<'status' | 'kind' | 'paymentNumber'>,
    page: PageRequest,
  ): Promise<Page<DiscrepancyView>>;
  abstract discrepancy(id: string): Promise<DiscrepancyDetail | null>;
  /** All that is known of a payment number, whether or not there is a payment; null where nothing is. */
  abstract timeline(paymentNumber: string): Promise<Timeline | null>;
  abstract rejections(page: PageRequest): Promise<Page<RejectionView>>;
  abstract gauges(): Promise<Gauges>;
}
