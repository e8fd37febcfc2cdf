import type { Sum } from './sums.js';

/** What is stored about a story. Rows are never changed: a row that is the same object is the same. */
export interface Facts {
  readonly orders: readonly OrderFact[];
  readonly payments: readonly PaymentFact[];
  readonly callbacks: readonly CallbackFact[];
  /** In order of opening. */
  readonly cases: readonly CaseFact[];
  readonly refunds: readonly RefundFact[];
  readonly disputes: readonly DisputeFact[];
  /** The log, in order. */
  readonly events: readonly EventFact[];
}

export const TABLES = ['orders', 'payments', 'callbacks', 'cases', 'refunds', 'disputes', 'events'] as const;
export type Table = (typeof TABLES)[number];

export interface OrderFact {
  readonly number: string;
  /** As in "100.00 CNY". */
  readonly total: string;
  readonly status: string;
}

export interface PaymentFact {
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: string;
  readonly status: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly transactionId: string | null;
}

export interface CallbackFact {
  readonly id: string;
  readonly gateway: string;
  readonly eventId: string;
  readonly outcome: string;
  readonly deliveries: number;
}

export interface CaseFact {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly callbackId: string | null;
  readonly ownsMoney: boolean;
  readonly amounts: readonly Sum[];
  readonly reason: string | null;
  readonly resolution: string | null;
  readonly endedBy: EndedFact | null;
  readonly refundNumber: string | null;
  /** The gateway's id of the dispute or the warning that it is about. */
  readonly disputeId: string | null;
}

export interface EndedFact {
  readonly by: string;
  readonly paymentNumber?: string;
  readonly refundNumber?: string | null;
  readonly discrepancyId?: string | null;
  readonly outcome?: string;
}

export interface RefundFact {
  readonly number: string;
  readonly gateway: string;
  readonly transactionId: string;
  readonly status: string;
  readonly sum: Sum;
  readonly gatewayRefundId: string | null;
  /** Where a refund can be found that an operator has recorded. */
  readonly reference: string | null;
  readonly waiting: boolean;
  readonly unnamed: boolean;
}

export interface DisputeFact {
  readonly gateway: string;
  readonly disputeId: string;
  readonly transactionId: string;
  readonly status: string;
  readonly moneyTaken: boolean;
  readonly waiting: boolean;
}

export interface EventFact {
  readonly id: string;
  readonly type: string;
  readonly actor: string;
  readonly orderNumber: string | null;
  readonly paymentNumber: string | null;
  readonly callbackId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}
