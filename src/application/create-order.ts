import type { Money } from '../domain/money.js';
import { Order, type Deed } from '../domain/order.js';
import type { Stores } from './ports.js';
import type { OrderView } from './queries.js';

export interface NewOrder {
  readonly orderNumber: string;
  readonly total: Money;
  readonly customerId: string | null;
}

export async function createOrder(
  stores: Stores,
  { orderNumber, total, customerId }: NewOrder,
  deed: Deed,
): Promise<OrderView | 'number_taken'> {
  const order = Order.place(orderNumber, total, customerId, deed);
  if (!(await stores.orders.add(order))) return 'number_taken';
  await stores.events.append(order.events);
  return (await stores.queries.order(orderNumber))!;
}
