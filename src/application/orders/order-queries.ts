import type { Amount } from '../../domain/money.js';
import type { OrderMove, OrderStatus } from '../../domain/orders/order.js';
import type { Filter, Page, PageRequest } from '../page.js';
import type { PaymentSummary } from '../payments/payment-queries.js';

export interface OrderView {
  readonly orderNumber: string;
  readonly status: OrderStatus;
  readonly total: Amount;
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

/** Reads without locks. */
export abstract class OrderQueries {
  abstract list(filter: Filter<'status' | 'customerId'>, page: PageRequest): Promise<Page<OrderView>>;
  abstract find(orderNumber: string): Promise<OrderView | null>;
}
