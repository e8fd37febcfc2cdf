import type { Order } from '../../domain/orders/order.js';
import type { LockedRows, LockMode } from '../transaction.js';

export abstract class OrderRepository {
  /** Loads and locks the orders with these numbers, in order of id. */
  abstract lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Order>>;
  /** Loads and locks the orders of these payments, in order of id. In mode `skip` contended orders are left out. */
  abstract lockByPayments(
    paymentNumbers: readonly string[],
    mode: LockMode,
  ): Promise<ReadonlyMap<string, Order>>;
  /** Adds the orders whose numbers are not taken. Returns the time at which each of these was created, by number. */
  abstract add(orders: readonly Order[]): Promise<ReadonlyMap<string, Date>>;
  abstract save(orders: readonly Order[]): Promise<void>;
}
