import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import {
  PaymentQueries,
  type LogEntry,
  type PaymentFilter,
  type PaymentSummary,
  type PaymentView,
} from '../../../src/application/payments/payment-queries.js';
import {
  transactionKey,
  type PayingMoney,
  type PaymentRepository,
  type ReservedNumbers,
  type TransactionRef,
} from '../../../src/application/payments/payment-repository.js';
import type { LockedRows, LockMode } from '../../../src/application/transaction.js';
import { moneyBackOf } from '../../../src/domain/cases/money-back.js';
import type { KnownPiece, MoneyThatCame } from '../../../src/domain/cases/known-piece.js';
import { Money, type Amount } from '../../../src/domain/money.js';
import type { OrderStatus } from '../../../src/domain/orders/order.js';
import { OPEN_STATUSES, Payment } from '../../../src/domain/payments/payment.js';
import { disputesOf } from './disputes.js';
import { inRange, listPage } from './list-page.js';
import { storedPiece } from './pieces.js';
import { refundView } from './refund-queries.js';
import { lockRows, waitForLock, type Session } from './session.js';
import type { EventRow, PaymentRow, Tables } from './tables.js';

export class MemoryPayments implements PaymentRepository {
  constructor(private readonly session: Session) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Payment>> {
    return lockRows(this.session, this.session.tables.payments, numbers, mode, paymentOf);
  }

  async lockExpired(expiredBefore: Date, limit: number): Promise<Payment[]> {
    return this.open()
      .filter(({ number }) => !this.session.lockedElsewhere.has(number))
      .filter(({ expiresAt }) => expiresAt < expiredBefore)
      .sort((left, right) => left.expiresAt.getTime() - right.expiresAt.getTime())
      .slice(0, limit)
      .map(paymentOf);
  }

  async ordersWithOpenPayments(orderNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const numbers = this.open().map(({ orderNumber }) => orderNumber);
    return new Set(numbers.filter((number) => orderNumbers.includes(number)));
  }

  async moneyThatPaid(orderNumber: string): Promise<PayingMoney | null> {
    const paid = this.session.tables.events.find(
      (event) => event.type === 'order.paid' && event.orderNumber === orderNumber,
    );
    const payment = this.session.tables.payments.get(paid?.paymentNumber ?? '');
    if (!paid || !payment) return null;
    const { amount, transactionId } = paid.data as { amount: Amount; transactionId: string };
    const { gateway, number: paymentNumber } = payment;
    return { gateway, transactionId, paymentNumber, money: Money.of(amount.amount, amount.currency) };
  }

  async moneyThatCame(numbers: readonly string[]): Promise<ReadonlyMap<string, MoneyThatCame>> {
    const { payments, events } = this.session.tables;
    const succeeded = numbers.flatMap((number) => {
      const row = payments.get(number);
      return row?.status === 'succeeded' ? [row] : [];
    });
    return new Map(succeeded.map((row) => [row.number, moneyThatCame(row, events)]));
  }

  async namedBy(transactions: readonly TransactionRef[]): Promise<ReadonlyMap<string, string>> {
    const wanted = keysOf(transactions);
    const named = [...this.session.tables.cases.values()].flatMap((row) => {
      const key = keyOf(row);
      const isNamed = key !== null && wanted.has(key) && row.paymentNumber !== null;
      return isNamed ? [[key, row.paymentNumber] as const] : [];
    });
    const settled = this.rows().flatMap((row) => {
      const key = keyOf(row);
      return key !== null && wanted.has(key) ? [[key, row.number] as const] : [];
    });
    return new Map([...named, ...settled]);
  }

  async reserve(numbers: readonly string[], mode: LockMode): Promise<ReservedNumbers> {
    if (mode === 'wait') waitForLock(this.session, ...numbers);
    const { lockedElsewhere, tables } = this.session;
    return {
      taken: new Set(numbers.filter((number) => tables.payments.has(number))),
      contended: new Set(numbers.filter((number) => lockedElsewhere.has(number))),
    };
  }

  async add(payments: readonly Payment[]): Promise<ReadonlyMap<string, Date>> {
    const { tables } = this.session;
    const createdAt = this.session.now();
    for (const payment of payments) {
      const { number, orderNumber } = payment;
      if (tables.payments.has(number)) throw new Error(`payment ${number} exists`);
      if (!tables.orders.has(orderNumber)) throw new Error(`payment ${number} has no order`);
      const dates = { createdAt, updatedAt: createdAt };
      tables.payments.set(number, { id: this.session.nextId(), ...stateOf(payment), ...dates });
    }
    return new Map(payments.map(({ number }) => [number, createdAt]));
  }

  async save(payments: readonly Payment[]): Promise<void> {
    const { tables } = this.session;
    for (const payment of payments) {
      const state = stateOf(payment);
      const key = keyOf(state);
      const isTaken = this.rows().some((other) => other.number !== state.number && keyOf(other) === key);
      if (key !== null && isTaken) throw new Error(`transaction ${key} has settled another payment`);
      const row = tables.payments.get(state.number)!;
      tables.payments.set(state.number, { ...row, ...state, updatedAt: this.session.now() });
    }
  }

  private rows(): PaymentRow[] {
    return [...this.session.tables.payments.values()];
  }

  private open(): PaymentRow[] {
    return this.rows().filter(({ status }) => OPEN_STATUSES.includes(status));
  }
}

export class MemoryPaymentQueries extends PaymentQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(filter: Filter<PaymentFilter>, page: PageRequest): Promise<Page<PaymentSummary>> {
    const found = inRange(this.tables().payments.values(), ({ createdAt }) => createdAt, filter);
    return listPage(found.rows, paymentSummary, found.filter, page);
  }

  override async find(paymentNumber: string): Promise<PaymentView | null> {
    const row = this.tables().payments.get(paymentNumber);
    if (!row) return null;
    const log = this.eventsOf(row).slice(-100).map(logEntry);
    const tables = this.tables();
    const own = [...tables.refunds.values()].filter(({ state }) => state.paymentNumber === paymentNumber);
    const refunds = own.reverse().slice(0, 20).map(refundView);
    const back = moneyBackOf(pieceOf(row, tables), row.due.currency);
    const disputes = disputesOf(tables, paymentNumber);
    return { ...paymentSummary(row), ...back, refunds, disputes, log };
  }

  override async log(paymentNumber: string, page: PageRequest): Promise<Page<LogEntry> | null> {
    const row = this.tables().payments.get(paymentNumber);
    return row ? listPage(this.eventsOf(row), logEntry, {}, page) : null;
  }

  private eventsOf({ number }: PaymentRow): readonly EventRow[] {
    return this.tables().events.filter(({ paymentNumber }) => paymentNumber === number);
  }
}

function logEntry({ at, type, actor, data }: EventRow): LogEntry {
  return { at, event: type, actor, data: { ...data } };
}

export function paymentSummary({ number, orderNumber, gateway, due, ...row }: PaymentRow): PaymentSummary {
  const { status, transactionId, expiresAt, paidAt, createdAt, updatedAt } = row;
  const names = { paymentNumber: number, orderNumber, gateway, amount: due.toJSON() };
  return { ...names, status, transactionId, expiresAt, paidAt, createdAt, updatedAt };
}

function pieceOf(row: PaymentRow, tables: Tables): KnownPiece | null {
  const { gateway, transactionId } = row;
  const known = transactionId === null ? null : storedPiece(tables, { gateway, transactionId });
  return known && { ...known, came: moneyThatCame(row, tables.events) };
}

/** What came with a payment that has succeeded. */
function moneyThatCame({ number, orderNumber, due }: PaymentRow, events: readonly EventRow[]): MoneyThatCame {
  const came = events.find(
    ({ type, paymentNumber }) => type === 'payment.succeeded' && paymentNumber === number,
  );
  const { amount, charged } = (came?.data ?? { amount: due.toJSON() }) as {
    amount: Amount;
    charged?: Amount;
  };
  const ofOrder = events.filter((event) => event.orderNumber === orderNumber);
  const request = ofOrder.findLast(({ type }) => type === 'order.refund_requested');
  return {
    money: Money.of(amount.amount, amount.currency),
    charged: charged ? Money.of(charged.amount, charged.currency) : null,
    paidOrder: ofOrder.some(({ type, paymentNumber }) => type === 'order.paid' && paymentNumber === number),
    refundRequest: request
      ? { actor: request.actor, from: (request.data as { from: OrderStatus }).from }
      : null,
  };
}

const keyOf = ({ gateway, transactionId }: { gateway: string; transactionId: string | null }) =>
  transactionId === null ? null : transactionKey(gateway, transactionId);

const keysOf = (transactions: readonly TransactionRef[]): ReadonlySet<string> =>
  new Set(transactions.map(({ gateway, transactionId }) => transactionKey(gateway, transactionId)));

function paymentOf(row: PaymentRow): Payment {
  return new Payment({ ...row });
}

function stateOf({ number, orderNumber, gateway, due, expiresAt, status, transactionId, paidAt }: Payment) {
  return { number, orderNumber, gateway, due, expiresAt, status, transactionId, paidAt };
}
