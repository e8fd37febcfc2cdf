import type { Amount } from '../../domain/money.js';
import type { OrderMove, OrderStatus } from '../../domain/orders/order.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';
import type { PaymentSummary } from '../payments/payment-queries.js';

/** An order as lists show it. */
export interface OrderSummary {
  readonly orderNumber: string;
  readonly status: OrderStatus;
  readonly total: Amount;
  readonly customerId: string | null;
  /** The newest 20, newest first. */
  readonly payments: readonly PaymentSummary[];
  readonly allowedTransitions: readonly OrderStatus[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface StatusChange {
  readonly from: OrderStatus;
  readonly to: OrderStatus;
  readonly move: OrderMove;
  readonly actor: string;
  readonly note: string | null;
  readonly at: Date;
}

export interface OrderView extends OrderSummary {
  /** What refunds that succeeded come to, of the money that paid it and of no other, in the currency of its total. */
  readonly refunded: Amount;
  /** The newest 100, newest first. `PaymentRepository` has all payments of an order. */
  readonly payments: readonly PaymentSummary[];
  /** The newest 100 changes, oldest first. */
  readonly statusHistory: readonly StatusChange[];
}

/** Something that belongs to an order, or may do so. */
export type PartOfOrder =
  { readonly paymentNumber: string } | { readonly discrepancyId: string } | { readonly callbackId: string };

/** The transaction has settled a payment of the order, or a case of the order names it. The times are those of the creation. */
export type OrderFilter = 'status' | 'customerId' | 'orderNumber' | 'transactionId' | TimeFilter;

/** Reads without locks. */
export abstract class OrderQueries {
  abstract list(filter: Filter<OrderFilter>, page: PageRequest): Promise<Page<OrderSummary>>;
  abstract find(orderNumber: string): Promise<OrderView | null>;
  /** The whole history of an order, newest first; null if there is no such order. */
  abstract history(orderNumber: string, page: PageRequest): Promise<Page<StatusChange> | null>;
  /** The number of the order. Null if the part does not exist or belongs to no order. */
  abstract orderOf(part: PartOfOrder): Promise<string | null>;
}
