import type { Attribution } from '../../domain/attribution.js';
import type { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { OrderQueries, type OrderView } from './order-queries.js';
import { OrderRepository } from './order-repository.js';

export interface NewOrder {
  readonly orderNumber: string;
  readonly total: Money;
  readonly customerId: string | null;
}

export async function createOrder(
  tx: Transaction,
  { orderNumber, total, customerId }: NewOrder,
  attribution: Attribution,
): Promise<OrderView | 'number_taken'> {
  const order = Order.place(orderNumber, total, customerId, attribution);
  if (!(await tx.of(OrderRepository).add(order))) return 'number_taken';
  await tx.of(EventRepository).append(order.events);
  return (await tx.of(OrderQueries).find(orderNumber))!;
}
