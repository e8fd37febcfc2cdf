import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import { Payment } from '../../domain/payments/payment.js';
import { acceptMoney, attachMoney } from '../../domain/settlement/acceptance.js';
import type { Explanation } from '../../domain/settlement/explanation.js';
import { settle, type SettlementResult } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import { OrderQueries, type OrderView } from '../orders/order-queries.js';
import { OrderRepository } from '../orders/order-repository.js';
import { PaymentQueries, type PaymentSummary } from '../payments/payment-queries.js';
import { PaymentRepository, transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import { NO_ROWS, type LockedRows, type LockMode, type Transaction } from '../transaction.js';
import { Pieces, type DecidedBy } from './pieces.js';

/** A notification that is to be decided. */
interface Decidable {
  readonly notification: Notification;
  readonly judgedAt: Date;
}

/**
 * The payments, the orders and the pieces of money that a batch of notifications is about, locked by this transaction. They change in
 * memory, so that two notifications for one payment meet the same aggregate. `save` writes payments and orders once; the ledger of the
 * pieces has what happens to cases.
 */
export class WorkingSet {
  private readonly changedPayments = new Set<Payment>();
  private readonly changedOrders = new Set<Order>();

  private constructor(
    private readonly payments: LockedRows<Payment>,
    private readonly orders: LockedRows<Order>,
    readonly pieces: Pieces,
    private readonly namedBy: ReadonlyMap<string, string>,
  ) {}

  /**
   * Locks payments, then orders, each by id, then the pieces of money. In mode `skip` it never waits; `isContended` tells what is locked
   * elsewhere.
   */
  static async lock(
    notifications: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
  ): Promise<WorkingSet> {
    const repository = tx.of(PaymentRepository);
    const namedBy = await namedByOf(notifications, repository);
    const numbers = notifications.flatMap((notification) => numberOf(notification, namedBy) ?? []);
    const paid = notifications.flatMap(({ kind, paymentNumber }) =>
      kind === 'succeeded' ? (paymentNumber ?? []) : [],
    );
    const lockPieces = () => Pieces.lock(notifications, tx, mode);
    const [payments, orders, early] = await Promise.all([
      repository.lock([...new Set(numbers)], mode),
      paid.length ? tx.of(OrderRepository).lockByPayments([...new Set(paid)], mode) : NO_ROWS.locked,
      // What never waits may lock them with the rest, which saves a round trip.
      mode === 'skip' ? lockPieces() : null,
    ]);
    const unseen = paid
      .flatMap((number) => payments.locked.get(number)?.orderNumber ?? [])
      .filter((number) => !orders.has(number));
    const missed = unseen.length ? await tx.of(OrderRepository).lock([...new Set(unseen)], mode) : NO_ROWS;
    const locked = unseen.length ? new Map([...orders, ...missed.locked]) : orders;
    const pieces = early ?? (await lockPieces());
    return new WorkingSet(payments, { locked, contended: missed.contended }, pieces, namedBy);
  }

  /** The same rows as last committed, without locks: only to explain what would be decided. */
  static async read(notification: Notification, tx: Transaction): Promise<WorkingSet> {
    const repository = tx.of(PaymentRepository);
    const namedBy = await namedByOf([notification], repository);
    const number = numberOf(notification, namedBy);
    const payment = number === null ? null : await tx.of(PaymentQueries).find(number);
    const order = payment && (await tx.of(OrderQueries).find(payment.orderNumber));
    return new WorkingSet(
      { ...NO_ROWS, locked: new Map(payment ? [[payment.paymentNumber, paymentOf(payment)]] : []) },
      { ...NO_ROWS, locked: new Map(order ? [[order.orderNumber, orderOf(order)]] : []) },
      await Pieces.read(notification, tx),
      namedBy,
    );
  }

  /** Another transaction has locked a row, or the piece of money, that this notification needs. */
  isContended(notification: Notification): boolean {
    const number = numberOf(notification, this.namedBy) ?? '';
    if (this.payments.contended.has(number)) return true;
    if (this.pieces.isContended(notification)) return true;
    const orderNumber = this.payments.locked.get(number)?.orderNumber;
    return (
      notification.kind === 'succeeded' && orderNumber !== undefined && this.orders.contended.has(orderNumber)
    );
  }

  inputFor({ notification, judgedAt }: Decidable): SettlementInput {
    const payment = this.payments.locked.get(numberOf(notification, this.namedBy) ?? '') ?? null;
    const order = payment ? (this.orders.locked.get(payment.orderNumber) ?? null) : null;
    return { notification, judgedAt, payment, order, piece: this.pieces.of(notification) };
  }

  /** Decides a notification by the domain's tables, and moves the case of its piece of money in the ledger. */
  decide(decidable: Decidable, by: DecidedBy): SettlementResult {
    const input = this.inputFor(decidable);
    const result = settle(input, by);
    this.pieces.moveCase(decidable.notification, result, by);
    return this.remember(input, result);
  }

  /** Takes the money of a case of this kind, as an operator has decided. The case itself is the operator's to end. */
  accept(
    kind: CaseKind,
    decidable: Decidable,
    attribution: Attribution,
  ): SettlementResult | 'other_currency' {
    const input = this.inputFor(decidable);
    const result = acceptMoney(kind, input, attribution);
    return result === 'other_currency' ? result : this.remember(input, result);
  }

  /** Gives the money of a case to the payment that the notification names, as an operator has decided. */
  attach(
    decidable: Decidable,
    attribution: Attribution,
  ): SettlementResult | { readonly refused: Explanation } {
    const input = this.inputFor(decidable);
    const result = attachMoney(input, attribution);
    return 'refused' in result ? result : this.remember(input, result);
  }

  async save(tx: Transaction): Promise<void> {
    await Promise.all([
      this.changedPayments.size > 0 && tx.of(PaymentRepository).save([...this.changedPayments]),
      this.changedOrders.size > 0 && tx.of(OrderRepository).save([...this.changedOrders]),
    ]);
  }

  private remember({ payment, order }: SettlementInput, result: SettlementResult): SettlementResult {
    if (payment?.transactionId) {
      const { gateway, transactionId, number } = payment;
      this.pieces.settled({ gateway, transactionId }, number);
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
