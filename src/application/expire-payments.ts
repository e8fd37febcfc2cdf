import type { Payment } from '../domain/payment.js';
import type { Clock, Stores, Telemetry, UnitOfWork } from './ports.js';

/** Payments whose deadline has passed, as the sweep needs them. */
export interface DuePayments {
  /** Loads and holds up to `limit` open payments that expired before then, the longest due first; what others hold is left out. */
  lock(expiredBefore: Date, limit: number): Promise<Payment[]>;
  /** Those of the orders that have an open payment, as this transaction sees it. */
  ordersWithOpenOnes(orderNumbers: readonly string[]): Promise<ReadonlySet<string>>;
}

const BATCH_SIZE = 256;
/**
 * A callback that was received in time may be on its way to its commit for some seconds more. Its success would win anyhow, for it is
 * judged by its receipt; but a payment that expires and succeeds a moment later, or an order cancelled under it, is nobody's wish.
 */
const GRACE_MS = 5_000;
const CLOCK = 'clock';

export interface Swept {
  readonly expired: readonly Payment[];
  readonly cancelledOrders: readonly string[];
  /** There may be more to do at once. */
  readonly more: boolean;
}

/**
 * Labels open payments whose deadline has passed. It is a label and no verdict: a success that is judged to have come in time settles
 * the payment all the same. Any number of sweeps may run; a payment that somebody holds is left for the next.
 */
export class ExpirePayments {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly telemetry: Telemetry,
    /** Whether an order that nobody has paid is cancelled with its last open payment. */
    private readonly cancelsUnpaidOrders: boolean,
  ) {}

  /** One batch. */
  async execute(): Promise<Swept> {
    const swept = await this.unitOfWork.run((stores) => this.sweep(stores));
    swept.expired.forEach(() => this.telemetry.paymentExpired());
    return swept;
  }

  private async sweep(stores: Stores): Promise<Swept> {
    const at = this.clock.now();
    const due = await stores.duePayments.lock(new Date(at.getTime() - GRACE_MS), BATCH_SIZE);
    const orderNumbers = [...new Set(due.map(({ orderNumber }) => orderNumber))];
    const orders =
      this.cancelsUnpaidOrders && due.length
        ? await stores.orders.lock(orderNumbers, 'skip')
        : { found: new Map<string, never>(), held: new Set<string>() };
    // A payment whose order somebody holds waits with it, for nobody would come back to cancel the order.
    const expired = due.filter(
      (payment) => !orders.held.has(payment.orderNumber) && payment.expireWhenDue({ actor: CLOCK, at }),
    );
    if (expired.length) await stores.payments.save(expired);
    const pending = [...orders.found.values()].filter((order) => order.can('pay'));
    const open = pending.length
      ? await stores.duePayments.ordersWithOpenOnes(pending.map(({ number }) => number))
      : new Set<string>();
    const cancelled = pending.filter((order) => !open.has(order.number));
    cancelled.forEach((order) => order.cancelUnpaid({ actor: CLOCK, at, note: 'no payment came in time' }));
    if (cancelled.length) await stores.orders.save(cancelled);
    const events = [...expired, ...cancelled].flatMap(({ events }) => events);
    if (events.length) await stores.events.append(events);
    return {
      expired,
      cancelledOrders: cancelled.map(({ number }) => number),
      more: due.length === BATCH_SIZE && expired.length > 0,
    };
  }
}
