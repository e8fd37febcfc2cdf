import type { CaseRow, OrderRow, PaymentRow, Tables } from '../../test/application/memory/tables.js';
import type { CallbackRow, DisputeRow, EventRow, RefundRow } from '../../test/application/memory/tables.js';
import type {
  CallbackFact,
  CaseFact,
  DisputeFact,
  EventFact,
  Facts,
  OrderFact,
  PaymentFact,
  RefundFact,
} from './facts.js';
import { sumOf, type Sum } from './sums.js';

/** Reads the tables in memory. A row is read once, because it is replaced and never changed. */
export class MemoryFacts {
  private readonly known = new WeakMap<object, object>();

  of({ orders, payments, callbacks, cases, refunds, disputes, events }: Tables): Facts {
    return {
      orders: this.each(orders.values(), orderFact),
      payments: this.each(payments.values(), paymentFact),
      callbacks: this.each(callbacks.values(), callbackFact),
      cases: this.each(cases.values(), caseFact),
      refunds: this.each(refunds.values(), refundFact),
      disputes: this.each(disputes.values(), disputeFact),
      events: this.each(events, eventFact),
    };
  }

  private each<Row extends object, Fact extends object>(
    rows: Iterable<Row>,
    factOf: (row: Row) => Fact,
  ): Fact[] {
    const facts: Fact[] = [];
    for (const row of rows) {
      let fact = this.known.get(row) as Fact | undefined;
      if (!fact) this.known.set(row, (fact = factOf(row)));
      facts.push(fact);
    }
    return facts;
  }
}

const orderFact = ({ number, total, status }: OrderRow): OrderFact => ({
  number,
  total: total.toString(),
  status,
});

const paymentFact = ({ expiresAt, ...row }: PaymentRow): PaymentFact => ({
  number: row.number,
  orderNumber: row.orderNumber,
  gateway: row.gateway,
  status: row.status,
  expiresAt: expiresAt.getTime(),
  transactionId: row.transactionId,
});

const callbackFact = ({ id, receipt, outcome, deliveries }: CallbackRow): CallbackFact => ({
  id,
  gateway: receipt.notification.gateway,
  eventId: receipt.eventId,
  outcome,
  deliveries,
});

function caseFact(row: CaseRow): CaseFact {
  const { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId } = row;
  const names = { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId };
  const { ownsMoney, details, resolution, endedBy, refundNumber } = row;
  return { ...names, ownsMoney, ...detailsFact(details), resolution, endedBy, refundNumber };
}

/** What a case tells. */
export function detailsFact(details: Readonly<Record<string, unknown>>): {
  readonly amounts: readonly Sum[];
  readonly reason: string | null;
  readonly disputeId: string | null;
} {
  const { amounts, paid, reason, disputeId, warningId } = details;
  const texts: readonly unknown[] = Array.isArray(amounts) ? amounts : [paid];
  return {
    amounts: texts.flatMap((text) => sumOf(text) ?? []),
    reason: textOrNull(reason),
    disputeId: textOrNull(disputeId ?? warningId),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const disputeFact = ({ state }: DisputeRow): DisputeFact => {
  const { gateway, disputeId, transactionId, status, moneyTaken, waiting } = state;
  return { gateway, disputeId, transactionId, status, moneyTaken, waiting };
};

const refundFact = ({ state }: RefundRow): RefundFact => ({
  number: state.number,
  gateway: state.gateway,
  transactionId: state.transactionId,
  status: state.status,
  sum: sumOf(state.money.toString())!,
  gatewayRefundId: state.gatewayRefundId,
  reference: state.reference,
  waiting: state.waiting,
  unnamed: state.unnamed,
});

function eventFact({ id, type, actor, orderNumber, paymentNumber, callbackId, data }: EventRow): EventFact {
  const names = { orderNumber, paymentNumber: paymentNumber ?? null, callbackId: callbackId ?? null };
  return { id, type, actor, ...names, data: data as Readonly<Record<string, unknown>> };
}
