import type {
  Asked, Attempt, CallbackRow, DiscrepancyRow, EventRow, History, OrderRow, PaymentRow, Told,
} from './history.js'; // prettier-ignore
import { callbacksOf, ordersOf, type PlannedCallback, type PlannedOrder } from './plan.js';

/** A history with its parts found by what they are about. */
export class Evidence {
  readonly planned: readonly PlannedCallback[];
  readonly plannedOrders: readonly PlannedOrder[];
  readonly payments: ReadonlyMap<string, PaymentRow>;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly rows: ReadonlyMap<string, CallbackRow>;
  private readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  private readonly rowsByEvent: ReadonlyMap<string, readonly CallbackRow[]>;
  private readonly rowsByPayment: ReadonlyMap<string, readonly CallbackRow[]>;
  private readonly eventsByCallback: ReadonlyMap<string, readonly EventRow[]>;
  private readonly cases: ReadonlyMap<string, readonly DiscrepancyRow[]>;

  constructor(readonly history: History) {
    const { plan, attempts, callbacks, payments, orders, events, discrepancies } = history;
    this.planned = callbacksOf(plan);
    this.plannedOrders = ordersOf(plan);
    this.payments = new Map(payments.map((row) => [row.number, row]));
    this.orders = new Map(orders.map((row) => [row.number, row]));
    this.rows = new Map(callbacks.map((row) => [row.id, row]));
    this.attempts = grouped(attempts, ({ callback }) => callback);
    this.rowsByEvent = grouped(callbacks, ({ gateway, event_id }) => `${gateway} ${event_id.split('~')[0]}`);
    this.rowsByPayment = grouped(callbacks, ({ payment_number }) => payment_number);
    this.eventsByCallback = grouped(events, ({ callback_id }) => callback_id);
    this.cases = grouped(discrepancies, ({ payment_number }) => payment_number);
  }

  get events(): readonly EventRow[] {
    return this.history.events;
  }

  get told(): readonly Told[] {
    return this.history.told;
  }

  get asked(): readonly Asked[] {
    return this.history.asked;
  }

  attemptsOf({ key }: PlannedCallback): readonly Attempt[] {
    return this.attempts.get(key) ?? [];
  }

  /** The inbox's rows under the callback's event id that hold bytes which were sent for it. */
  rowsOf(callback: PlannedCallback): CallbackRow[] {
    const digests = new Set(this.attemptsOf(callback).map(({ digest }) => digest));
    const rows = this.rowsByEvent.get(`${callback.gateway} ${callback.eventId}`) ?? [];
    return rows.filter(({ digest }) => digests.has(digest));
  }

  rowsFor(paymentNumber: string): readonly CallbackRow[] {
    return this.rowsByPayment.get(paymentNumber) ?? [];
  }

  eventsOf({ id }: CallbackRow): readonly EventRow[] {
    return this.eventsByCallback.get(id) ?? [];
  }

  casesFor(paymentNumber: string | null): readonly DiscrepancyRow[] {
    return this.cases.get(paymentNumber ?? '') ?? [];
  }
}

export const isAcknowledged = ({ answer }: Attempt): boolean =>
  typeof answer === 'number' && answer >= 200 && answer < 300;

/** Those without a key are in no group. */
export function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | null,
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
