import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import { Payment } from '../../domain/payments/payment.js';
import { acceptMoney } from '../../domain/settlement/acceptance.js';
import { settle, type SettlementResult } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import { OrderQueries, type OrderView } from '../orders/order-queries.js';
import { OrderRepository } from '../orders/order-repository.js';
import { PaymentQueries, type PaymentSummary } from '../payments/payment-queries.js';
import { PaymentRepository, transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import { NO_ROWS, type LockedRows, type LockMode, type Transaction } from '../transaction.js';

/** What is known about the transactions that a batch names; each by `transactionKey`. */
interface KnownTransactions {
  readonly settledBy: Map<string, string>;
  readonly namedBy: ReadonlyMap<string, string>;
  readonly refunded: ReadonlySet<string>;
}

/**
 * The payments and orders that a batch of notifications is about, locked by this transaction. They change in memory, so that
 * two notifications for one payment meet the same aggregate. `save` writes them once.
 */
export class WorkingSet {
  private readonly changedPayments = new Set<Payment>();
  private readonly changedOrders = new Set<Order>();

  private constructor(
    private readonly payments: LockedRows<Payment>,
    private readonly orders: LockedRows<Order>,
    private readonly transactions: KnownTransactions,
  ) {}

  /** Locks payments, then orders, each by id. In mode `skip` it never waits; `isContended` tells what is locked elsewhere. */
  static async lock(
    notifications: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
  ): Promise<WorkingSet> {
    const repository = tx.of(PaymentRepository);
    const namedBy = await namedByOf(notifications, repository);
    const numbers = notifications.flatMap((notification) => numberOf(notification, namedBy) ?? []);
    const successes = notifications.filter(({ kind }) => kind === 'succeeded');
    const paid = successes.flatMap(({ paymentNumber }) => paymentNumber ?? []);
    const [settledBy, payments, orders, refunded] = await Promise.all([
      // Asked before the locks: a settlement in between violates the unique constraint, and the work runs again.
      settledByOf(notifications, repository),
      repository.lock([...new Set(numbers)], mode),
      paid.length ? tx.of(OrderRepository).lockByPayments([...new Set(paid)], mode) : NO_ROWS.locked,
      // Asked after the locks: an operator who resolves a case of this money locks its payment, too.
      refundedOf(successes, repository),
    ]);
    const known = { settledBy: new Map(settledBy), namedBy, refunded };
    const unseen = paid
      .flatMap((number) => payments.locked.get(number)?.orderNumber ?? [])
      .filter((number) => !orders.has(number));
    if (unseen.length === 0) {
      return new WorkingSet(payments, { locked: orders, contended: NO_ROWS.contended }, known);
    }
    const missed = await tx.of(OrderRepository).lock([...new Set(unseen)], mode);
    const locked = new Map([...orders, ...missed.locked]);
    return new WorkingSet(payments, { locked, contended: missed.contended }, known);
  }

  /** The same rows as last committed, without locks: only to explain what would be decided. */
  static async read(notification: Notification, tx: Transaction): Promise<WorkingSet> {
    const repository = tx.of(PaymentRepository);
    const settledBy = new Map(await settledByOf([notification], repository));
    const namedBy = await namedByOf([notification], repository);
    const number = numberOf(notification, namedBy);
    const payment = number === null ? null : await tx.of(PaymentQueries).find(number);
    const order = payment && (await tx.of(OrderQueries).find(payment.orderNumber));
    const successes = notification.kind === 'succeeded' ? [notification] : [];
    const refunded = await refundedOf(successes, repository);
    return new WorkingSet(
      { ...NO_ROWS, locked: new Map(payment ? [[payment.paymentNumber, paymentOf(payment)]] : []) },
      { ...NO_ROWS, locked: new Map(order ? [[order.orderNumber, orderOf(order)]] : []) },
      { settledBy, namedBy, refunded },
    );
  }

  /** Another transaction has locked a row that this notification needs. */
  isContended(notification: Notification): boolean {
    const number = numberOf(notification, this.transactions.namedBy) ?? '';
    if (this.payments.contended.has(number)) return true;
    const orderNumber = this.payments.locked.get(number)?.orderNumber;
    return (
      notification.kind === 'succeeded' && orderNumber !== undefined && this.orders.contended.has(orderNumber)
    );
  }

  inputFor(notification: Notification, judgedAt: Date): SettlementInput {
    const { settledBy, namedBy, refunded } = this.transactions;
    const payment = this.payments.locked.get(numberOf(notification, namedBy) ?? '') ?? null;
    const order = payment ? (this.orders.locked.get(payment.orderNumber) ?? null) : null;
    const key = transactionKey(notification.gateway, notification.transactionId ?? '');
    const settled = notification.transactionId === null ? undefined : settledBy.get(key);
    return {
      notification,
      judgedAt,
      payment,
      order,
      transactionReused: settled !== undefined && settled !== payment?.number,
      alreadyRefunded: refunded.has(key),
    };
  }

  /** Decides a notification by the domain's tables. */
  decide(notification: Notification, judgedAt: Date, attribution: Attribution): SettlementResult {
    const input = this.inputFor(notification, judgedAt);
    return this.remember(input, settle(input, attribution));
  }

  /** Takes the money of a case of this kind, as an operator has decided. */
  accept(
    kind: CaseKind,
    { notification, judgedAt }: { readonly notification: Notification; readonly judgedAt: Date },
    attribution: Attribution,
  ): SettlementResult | 'other_currency' {
    const input = this.inputFor(notification, judgedAt);
    const result = acceptMoney(kind, input, attribution);
    return result === 'other_currency' ? result : this.remember(input, result);
  }

  async save(tx: Transaction): Promise<void> {
    await Promise.all([
      this.changedPayments.size > 0 && tx.of(PaymentRepository).save([...this.changedPayments]),
      this.changedOrders.size > 0 && tx.of(OrderRepository).save([...this.changedOrders]),
    ]);
  }

  private remember({ payment, order }: SettlementInput, result: SettlementResult): SettlementResult {
    if (payment?.transactionId) {
      const key = transactionKey(payment.gateway, payment.transactionId);
      this.transactions.settledBy.set(key, payment.number);
    }
    for (const { type } of result.events) {
      if (payment && type.startsWith('payment.')) this.changedPayments.add(payment);
      if (order && type.startsWith('order.')) this.changedOrders.add(order);
    }
    return result;
  }
}

/** A refund or dispute may name the transaction alone. Then it is about the payment that this money was meant for. */
const namesTransactionOnly = ({ kind, paymentNumber, transactionId }: Notification): boolean =>
  paymentNumber === null && transactionId !== null && kind !== 'succeeded';

async function namedByOf(
  notifications: readonly Notification[],
  payments: PaymentRepository,
): Promise<ReadonlyMap<string, string>> {
  const transactions = transactionsOf(notifications.filter(namesTransactionOnly));
  return transactions.length ? payments.namedBy(transactions) : new Map();
}

async function settledByOf(
  notifications: readonly Notification[],
  payments: PaymentRepository,
): Promise<ReadonlyMap<string, string>> {
  const transactions = transactionsOf(notifications);
  return transactions.length ? payments.settledBy(transactions) : new Map();
}

async function refundedOf(
  successes: readonly Notification[],
  payments: PaymentRepository,
): Promise<ReadonlySet<string>> {
  const transactions = transactionsOf(successes);
  return transactions.length ? payments.alreadyRefunded(transactions) : new Set();
}

const transactionsOf = (notifications: readonly Notification[]): TransactionRef[] =>
  notifications.flatMap(({ gateway, transactionId }) =>
    transactionId === null ? [] : [{ gateway, transactionId }],
  );

function numberOf(notification: Notification, namedBy: ReadonlyMap<string, string>): string | null {
  const { paymentNumber, gateway, transactionId } = notification;
  if (!namesTransactionOnly(notification) || transactionId === null) return paymentNumber;
  return namedBy.get(transactionKey(gateway, transactionId)) ?? null;
}

const orderOf = ({ orderNumber, total, status, customerId }: OrderView): Order =>
  new Order(orderNumber, Money.of(total.amount, total.currency), status, customerId);

function paymentOf({ paymentNumber, amount, ...state }: PaymentSummary): Payment {
  return new Payment({ ...state, number: paymentNumber, due: Money.of(amount.amount, amount.currency) });
}
