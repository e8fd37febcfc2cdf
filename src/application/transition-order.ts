import type { Refusal } from '../domain/moves.js';
import type { Deed, OrderStatus } from '../domain/order.js';
import { discrepancyEvent } from './decide-callbacks.js';
import type { OpenDiscrepancy, Stores } from './ports.js';
import type { OrderView, PaymentSummary } from './queries.js';

export interface OrderTransition {
  readonly orderNumber: string;
  readonly to: OrderStatus;
}

/** What a person asks of an order. The deed's note goes into the order's history. */
export async function transitionOrder(
  stores: Stores,
  { orderNumber, to }: OrderTransition,
  deed: Deed,
): Promise<OrderView | Refusal<OrderStatus> | 'order_unknown'> {
  const order = (await stores.orders.lock([orderNumber], 'wait')).found.get(orderNumber);
  if (!order) return 'order_unknown';
  const wasPaid = order.status === 'paid';
  const refusal = order.moveTo(to, deed);
  if (refusal) return refusal;
  await stores.orders.save([order]);
  await stores.events.append(order.events);
  if (wasPaid && to === 'cancelled') await oweRefunds(orderNumber, stores, deed);
  return (await stores.queries.order(orderNumber))!;
}

/**
 * Cancelling a paid order leaves its payments as they are, so the money that is in needs an owner. The lock
 * on the order keeps the answer true: nothing of it can be settled before this transaction ends.
 */
async function oweRefunds(orderNumber: string, stores: Stores, { actor, at }: Deed): Promise<void> {
  const payments = (await stores.queries.order(orderNumber))!.payments;
  const due: OpenDiscrepancy[] = [];
  for (const payment of payments.filter(({ status }) => status === 'succeeded')) {
    if (!(await hasOwner(payment, stores))) due.push(refundDue(payment, actor));
  }
  if (due.length === 0) return;
  const opened = await stores.discrepancies.open(due, at);
  const events = opened.map((each) => discrepancyEvent('discrepancy.opened', each, at, undefined, actor));
  await stores.events.append(events);
}

/**
 * Money that came when the order could no longer be paid has its case already; a second one would refund it
 * twice.
 */
async function hasOwner({ paymentNumber }: PaymentSummary, { queries }: Stores): Promise<boolean> {
  const first = { limit: 1, before: null };
  return (await queries.discrepancies({ kind: 'order_not_payable', paymentNumber }, first)).items.length > 0;
}

function refundDue(payment: PaymentSummary, actor: string): OpenDiscrepancy {
  const { gateway, paymentNumber, orderNumber, transactionId, amount } = payment;
  const details = {
    paid: `${amount.amount} ${amount.currency}`,
    reason: `the paid order was cancelled by ${actor}`,
  };
  return {
    kind: 'refund_due',
    gateway,
    paymentNumber,
    orderNumber,
    transactionId,
    callbackId: null,
    details,
  };
}
