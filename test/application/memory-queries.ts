import {
  Queries,
  type CallbackDetail,
  type CallbackView,
  type DiscrepancyDetail,
  type DiscrepancyView,
  type Gauges,
  type OrderView,
  type Page,
  type PageRequest,
  type PaymentSummary,
  type PaymentView,
  type RejectionView,
} from '../../src/application/queries.js';
import { timelineOf, type Timeline } from '../../src/application/timeline.js';
import { Order } from '../../src/domain/order.js';
import { timelineItems } from './memory-cases.js';
import type { CallbackRow, DiscrepancyRow, OrderRow, PaymentRow, Tables } from './memory-tables.js';

type Filter = Readonly<Record<string, string | undefined>>;

/** Reads the tables as they are when it is asked. */
export class MemoryQueries extends Queries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async orders(filter: Filter, page: PageRequest): Promise<Page<OrderView>> {
    return pageOf([...this.tables().orders.values()], page, (row) => this.orderView(row), filter);
  }

  override async order(orderNumber: string): Promise<OrderView | null> {
    const row = this.tables().orders.get(orderNumber);
    return row ? this.orderView(row) : null;
  }

  override async payments(filter: Filter, page: PageRequest): Promise<Page<PaymentView>> {
    return pageOf([...this.tables().payments.values()], page, (row) => this.paymentView(row), filter);
  }

  override async payment(paymentNumber: string): Promise<PaymentView | null> {
    const row = this.tables().payments.get(paymentNumber);
    return row ? this.paymentView(row) : null;
  }

  override async callbacks(filter: Filter, page: PageRequest): Promise<Page<CallbackView>> {
    return pageOf([...this.tables().callbacks.values()], page, callbackView, filter);
  }

  override async callback(id: string): Promise<CallbackDetail | null> {
    const row = this.tables().callbacks.get(id);
    if (!row) return null;
    const { headers, body } = row.receipt;
    return { ...callbackView(row), headers, bodyBase64: body && Buffer.from(body).toString('base64') };
  }

  override async discrepancies(filter: Filter, page: PageRequest): Promise<Page<DiscrepancyView>> {
    return pageOf([...this.tables().discrepancies.values()], page, discrepancyView, filter);
  }

  override async discrepancy(id: string): Promise<DiscrepancyDetail | null> {
    const row = this.tables().discrepancies.get(id);
    if (!row) return null;
    const notes = row.notes.map(({ at, actor, note }) => ({ at, actor, note }));
    return { ...discrepancyView(row), note: row.note, notes };
  }

  override async timeline(paymentNumber: string): Promise<Timeline | null> {
    return timelineOf(timelineItems(this.tables(), paymentNumber));
  }

  override async rejections(page: PageRequest): Promise<Page<RejectionView>> {
    return pageOf(this.tables().rejections, page, rejectionView, {});
  }

  override async gauges(): Promise<Gauges> {
    const pending = [...this.tables().callbacks.values()].filter(({ outcome }) => outcome === 'pending');
    const ages = pending.map(({ receipt }) => (Date.now() - receipt.receivedAt.getTime()) / 1000);
    const open = [...this.tables().discrepancies.values()].filter(({ status }) => status === 'open');
    const kinds = Map.groupBy(open, ({ kind }) => kind);
    return {
      pendingCallbacks: pending.length,
      oldestPendingSeconds: Math.max(0, ...ages),
      openDiscrepancies: Object.fromEntries([...kinds].map(([kind, rows]) => [kind, rows.length])),
    };
  }

  private orderView({ number, total, status, customerId, createdAt, updatedAt }: OrderRow): OrderView {
    const { payments, events } = this.tables();
    return {
      orderNumber: number,
      status,
      total: total.toJSON(),
      customerId,
      payments: [...payments.values()]
        .filter(({ orderNumber }) => orderNumber === number)
        .map(paymentSummary)
        .reverse(),
      statusHistory: events.flatMap(({ orderNumber, actor, at, data }) =>
        orderNumber === number && 'move' in data ? [{ ...data, actor, at }] : [],
      ),
      allowedTransitions: new Order(number, total, status).allowedTransitions,
      createdAt,
      updatedAt,
    };
  }

  private paymentView(row: PaymentRow): PaymentView {
    const own = this.tables().events.filter(
      (event) => 'paymentNumber' in event && event.paymentNumber === row.number,
    );
    const log = own.map(({ at, type, actor, data }) => ({ at, event: type, actor, data }));
    return { ...paymentSummary(row), log };
  }
}

function paymentSummary({ number, orderNumber, gateway, due, ...row }: PaymentRow): PaymentSummary {
  const { status, transactionId, expiresAt, paidAt, createdAt, updatedAt } = row;
  const names = { paymentNumber: number, orderNumber, gateway, amount: due.toJSON() };
  return { ...names, status, transactionId, expiresAt, paidAt, createdAt, updatedAt };
}

function rejectionView({ gateway, reason, receivedAt, remoteAddress }: RejectionView): RejectionView {
  return { gateway, reason, receivedAt, remoteAddress };
}

function callbackView({ id, receipt, outcome, deliveries, settledAt }: CallbackRow): CallbackView {
  const { eventId, receivedAt, notice } = receipt;
  const { gateway, kind, paymentNumber } = notice;
  return { id, gateway, eventId, kind, paymentNumber, outcome, deliveries, receivedAt, settledAt };
}

function discrepancyView(row: DiscrepancyRow): DiscrepancyView {
  const { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId } = row;
  const names = { id, kind, status, gateway, paymentNumber, orderNumber, transactionId, callbackId };
  const { details, openedAt, resolvedAt, resolution, resolvedBy, reference, reason } = row;
  return { ...names, details, openedAt, resolvedAt, resolution, resolvedBy, reference, reason };
}

/** Newest first; a filter names fields of the view. */
function pageOf<Row extends { readonly id: string }, View extends object>(
  rows: readonly Row[],
  { limit, before }: PageRequest,
  viewOf: (row: Row) => View,
  filter: Filter,
): Page<View> {
  const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
  const found = rows
    .map((row) => ({ id: row.id, view: viewOf(row) }))
    .filter(({ view }) => wanted.every(([name, value]) => (view as Record<string, unknown>)[name] === value))
    .filter(({ id }) => before === null || Number(id) < Number(before))
    .sort((a, b) => Number(b.id) - Number(a.id));
  const items = found.slice(0, limit);
  return { items: items.map(({ view }) => view), next: found.length > limit ? items.at(-1)!.id : null };
}
