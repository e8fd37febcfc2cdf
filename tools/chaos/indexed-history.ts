import type {
  Attempt,
  AuditAnswer,
  CallbackRow,
  DeedRecord,
  DeliveredEvent,
  DiscrepancyRow,
  DisputeRow,
  EventRow,
  History,
  NoteRow,
  OrderRow,
  PaymentRow,
  Recovery,
  RefundRow,
  ShopRequest,
} from './history.js';
import {
  type PlannedCallback,
  type PlannedDeed,
  type PlannedOrder,
  callbacksOf,
  deedsOf,
  ordersOf,
} from './plan.js';

/** What an operator was to do, and how it was answered. */
export interface DoneDeed {
  readonly planned: PlannedDeed;
  readonly record: DeedRecord;
}

/** A history with indexes for the lookups that the claims need. */
export class IndexedHistory {
  readonly planned: readonly PlannedCallback[];
  readonly plannedOrders: readonly PlannedOrder[];
  readonly payments: ReadonlyMap<string, PaymentRow>;
  readonly orders: ReadonlyMap<string, OrderRow>;
  readonly rows: ReadonlyMap<string, CallbackRow>;
  readonly plannedDeeds: readonly PlannedDeed[];
  /** Those that were begun. */
  readonly deeds: readonly DoneDeed[];
  private readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  private readonly rowsByEvent: ReadonlyMap<string, readonly CallbackRow[]>;
  private readonly eventsByCallback: ReadonlyMap<string, readonly EventRow[]>;
  private readonly casesByPayment: ReadonlyMap<string, readonly DiscrepancyRow[]>;
  private readonly casesByMoney: ReadonlyMap<string, readonly DiscrepancyRow[]>;
  private readonly casesById: ReadonlyMap<string, DiscrepancyRow>;
  private readonly rowsByMoney: ReadonlyMap<string, readonly CallbackRow[]>;
  private readonly refundsByMoney: ReadonlyMap<string, readonly RefundRow[]>;
  private readonly deedsByCase: ReadonlyMap<string, readonly DoneDeed[]>;
  private readonly settledNumbers: ReadonlyMap<string, string>;
  private readonly payers: ReadonlySet<string>;

  constructor(private readonly history: History) {
    const { plan, attempts, callbacks, payments, orders, events, discrepancies, refunds, deeds } = history;
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
    this.casesById = new Map(discrepancies.map((row) => [row.id, row]));
    this.rowsByMoney = grouped(callbacks, keyOfMoney);
    this.refundsByMoney = grouped(refunds, keyOfMoney);
    this.plannedDeeds = deedsOf(plan);
    const records = new Map(deeds.map((record) => [record.deed, record]));
    this.deeds = this.plannedDeeds.flatMap((planned) => {
      const record = records.get(planned.key);
      return record ? [{ planned, record }] : [];
    });
    this.deedsByCase = grouped(this.deeds, ({ planned, record }) =>
      isAboutCase(planned) ? record.subject : null,
    );
    const settled = payments.filter(({ transaction_id }) => transaction_id !== null);
    this.settledNumbers = new Map(settled.map((payment) => [keyOfMoney(payment)!, payment.number]));
    const paid = events.filter(({ type }) => type === 'order.paid');
    this.payers = new Set(paid.flatMap(({ payment_number }) => payment_number ?? []));
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

  get refunds(): readonly RefundRow[] {
    return this.history.refunds;
  }

  get disputes(): readonly DisputeRow[] {
    return this.history.disputes;
  }

  get notes(): readonly NoteRow[] {
    return this.history.notes;
  }

  get audit(): AuditAnswer {
    return this.history.audit;
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

  /** The callbacks that name the same transaction. */
  rowsAbout(money: NamesMoney): readonly CallbackRow[] {
    return this.rowsByMoney.get(keyOfMoney(money) ?? '') ?? [];
  }

  refundsOf(money: NamesMoney): readonly RefundRow[] {
    return this.refundsByMoney.get(keyOfMoney(money) ?? '') ?? [];
  }

  caseById(id: string): DiscrepancyRow | null {
    return this.casesById.get(id) ?? null;
  }

  deedsOnCase(id: string): readonly DoneDeed[] {
    return this.deedsByCase.get(id) ?? [];
  }

  /** Whether the log says that this payment has paid its order. */
  hasPaidOrder({ number }: PaymentRow): boolean {
    return this.payers.has(number);
  }

  casesFor(paymentNumber: string | null): readonly DiscrepancyRow[] {
    return this.casesByPayment.get(paymentNumber ?? '') ?? [];
  }
}

const isAboutCase = ({ deed: { type } }: PlannedDeed): boolean =>
  type === 'resolve' || type === 'assign' || type === 'note';

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
