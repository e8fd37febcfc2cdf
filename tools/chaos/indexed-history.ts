import type {
  Attempt,
  CallbackRow,
  DeliveredEvent,
  DiscrepancyRow,
  EventRow,
  History,
  OrderRow,
  PaymentRow,
  Recovery,
  ShopRequest,
} from './history.js';
import { type PlannedCallback, type PlannedOrder, callbacksOf, ordersOf } from './plan.js';

/** A history with indexes for the lookups that the claims need. */
export class IndexedHistory {
  readonly planned: readonly PlannedCallback[];
  readonly plannedOrders: readonly PlannedOrder[];
  readonly payments: ReadonlyMap<string, PaymentRow>;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly rows: ReadonlyMap<string, CallbackRow>;
  private readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  private readonly rowsByEvent: ReadonlyMap<string, readonly CallbackRow[]>;
  private readonly eventsByCallback: ReadonlyMap<string, readonly EventRow[]>;
  private readonly casesByPayment: ReadonlyMap<string, readonly DiscrepancyRow[]>;
  private readonly casesByMoney: ReadonlyMap<string, readonly DiscrepancyRow[]>;
  private readonly settledNumbers: ReadonlyMap<string, string>;

  constructor(private readonly history: History) {
    const { plan, attempts, callbacks, payments, orders, events, discrepancies } = history;
    this.planned = callbacksOf(plan);
    this.plannedOrders = ordersOf(plan);
    this.payments = new Map(payments.map((row) => [row.number, row]));
    this.orders = new Map(orders.map((row) => [row.number, row]));
    this.rows = new Map(callbacks.map((row) => [row.id, row]));
    this.attempts = grouped(attempts, ({ callback }) => callback);
    this.rowsByEvent = grouped(callbacks, ({ gateway, event_id }) => `${gateway} ${event_id.split('~')[0]}`);
    this.eventsByCallback = grouped(events, ({ callback_id }) => callback_id);
    this.casesByPayment = grouped(discrepancies, ({ payment_number }) => payment_number);
    this.casesByMoney = grouped(discrepancies, keyOfMoney);
    const settled = payments.filter(({ transaction_id }) => transaction_id !== null);
    this.settledNumbers = new Map(settled.map((payment) => [keyOfMoney(payment)!, payment.number]));
  }

  get events(): readonly EventRow[] {
    return this.history.events;
  }

  get cases(): readonly DiscrepancyRow[] {
    return this.history.discrepancies;
  }

  get delivered(): readonly DeliveredEvent[] {
    return this.history.delivered;
  }

  get recoveries(): readonly Recovery[] {
    return this.history.recoveries;
  }

  get requests(): readonly ShopRequest[] {
    return this.history.requests;
  }

  attemptsOf({ key }: PlannedCallback): readonly Attempt[] {
    return this.attempts.get(key) ?? [];
  }

  /** The inbox rows that have the event id of the callback and bytes that were sent for it. */
  rowsOf(callback: PlannedCallback): CallbackRow[] {
    const digests = new Set(this.attemptsOf(callback).map(({ digest }) => digest));
    const rows = this.rowsByEvent.get(`${callback.gateway} ${callback.eventId}`) ?? [];
    return rows.filter(({ digest }) => digests.has(digest));
  }

  eventsOf({ id }: CallbackRow): readonly EventRow[] {
    return this.eventsByCallback.get(id) ?? [];
  }

  /** The cases about the same transaction. */
  casesOf(money: NamesMoney): readonly DiscrepancyRow[] {
    return this.casesByMoney.get(keyOfMoney(money) ?? '') ?? [];
  }

  /** The payment that the transaction has settled. */
  settledNumberOf(money: NamesMoney): string | null {
    return this.settledNumbers.get(keyOfMoney(money) ?? '') ?? null;
  }

  casesFor(paymentNumber: string | null): readonly DiscrepancyRow[] {
    return this.casesByPayment.get(paymentNumber ?? '') ?? [];
  }
}

interface NamesMoney {
  readonly gateway: string;
  readonly transaction_id: string | null;
}

/** Null if it names no transaction. */
export const keyOfMoney = ({ gateway, transaction_id }: NamesMoney): string | null =>
  transaction_id === null ? null : `${gateway} ${transaction_id}`;

export const isAcknowledged = ({ answer }: Attempt): boolean =>
  typeof answer === 'number' && answer >= 200 && answer < 300;

/** Items without a key are left out. */
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
