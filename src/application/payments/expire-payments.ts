import type { Attribution } from '../../domain/attribution.js';
import type { Order } from '../../domain/orders/order.js';
import type { Payment } from '../../domain/payments/payment.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import { OrderRepository } from '../orders/order-repository.js';
import type { Telemetry } from '../telemetry.js';
import { NO_ROWS, type LockedRows, type Transaction, type UnitOfWork } from '../transaction.js';
import { PaymentRepository } from './payment-repository.js';

const BATCH_SIZE = 256;
/**
 * A callback that was received in time may need some seconds until it commits. Its success would settle an expired payment
 * as well, because it is judged by its receipt; but nobody wants a payment that expires and then succeeds, or an order that
 * is cancelled in between.
 */
const GRACE_MS = 5_000;
const ACTOR = 'clock';

export interface ExpiryResult {
  readonly expired: readonly Payment[];
  readonly cancelledOrders: readonly string[];
  /** There may be more to expire at once. */
  readonly more: boolean;
}

/**
 * Marks open payments whose deadline has passed as `expired`. This is a label, not a verdict: a success that is judged to be
 * in time settles the payment all the same. Any number of processes may run it; contended payments wait for the next run.
 */
export class ExpirePayments {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    /** Whether an unpaid order is cancelled when its last open payment expires. */
    private readonly cancelsUnpaidOrders: boolean,
  ) {}

  /** Expires one batch. */
  async execute(): Promise<ExpiryResult> {
    const result = await this.unitOfWork.run((tx) => this.expire(tx));
    result.expired.forEach(() => this.telemetry.paymentExpired());
    return result;
  }

  private async expire(tx: Transaction): Promise<ExpiryResult> {
    const at = this.clock.now();
    const payments = tx.of(PaymentRepository);
    const due = await payments.lockExpired(new Date(at.getTime() - GRACE_MS), BATCH_SIZE);
    const orders = this.cancelsUnpaidOrders && due.length ? await lockOrdersOf(due, tx) : NO_ROWS;
    // A payment whose order is contended waits for the next run, because nothing else would cancel the order.
    const expired = due.filter(
      (payment) => !orders.contended.has(payment.orderNumber) && payment.expireWhenDue({ actor: ACTOR, at }),
    );
    if (expired.length) await payments.save(expired);
    const cancelled = await cancelUnpaid(orders, tx, { actor: ACTOR, at, note: 'no payment came in time' });
    const events = [...expired, ...cancelled].flatMap((aggregate) => [...aggregate.events]);
    if (events.length) await tx.of(EventRepository).append(events);
    return {
      expired,
      cancelledOrders: cancelled.map(({ number }) => number),
      more: due.length === BATCH_SIZE && expired.length > 0,
    };
  }
}

function lockOrdersOf(payments: readonly Payment[], tx: Transaction): Promise<LockedRows<Order>> {
  const numbers = new Set(payments.map(({ orderNumber }) => orderNumber));
  return tx.of(OrderRepository).lock([...numbers], 'skip');
}

/** Cancels the pending orders that have no open payment any more. */
async function cancelUnpaid(
  { locked }: LockedRows<Order>,
  tx: Transaction,
  attribution: Attribution,
): Promise<Order[]> {
  const pending = [...locked.values()].filter((order) => order.can('pay'));
  if (pending.length === 0) return [];
  const numbers = pending.map(({ number }) => number);
  const open = await tx.of(PaymentRepository).ordersWithOpenPayments(numbers);
  const cancelled = pending.filter(({ number }) => !open.has(number));
  cancelled.forEach((order) => order.cancelUnpaid(attribution));
  if (cancelled.length) await tx.of(OrderRepository).save(cancelled);
  return cancelled;
}
