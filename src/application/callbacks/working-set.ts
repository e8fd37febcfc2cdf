import { isReport, type Notification } from '../../domain/callbacks/notification.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { KnownPiece, MoneyThatCame } from '../../domain/cases/known-piece.js';
import { Money } from '../../domain/money.js';
import { Order } from '../../domain/orders/order.js';
import { Payment } from '../../domain/payments/payment.js';
import { acceptMoney, attachMoney } from '../../domain/settlement/acceptance.js';
import type { Explanation } from '../../domain/settlement/explanation.js';
import { isForeign } from '../../domain/settlement/label-table.js';
import { resultOf, settle, type AnyEvent, type SettlementResult } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import { DisputeLedger } from './dispute-ledger.js';
import { DisputeNames } from './dispute-names.js';
import { OrderQueries, type OrderView } from '../orders/order-queries.js';
import { OrderRepository } from '../orders/order-repository.js';
import { PaymentQueries, type PaymentSummary } from '../payments/payment-queries.js';
import { PaymentRepository, transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import { NO_ROWS, type LockedRows, type LockMode, type Transaction } from '../transaction.js';
import { Pieces, type DecidedBy, type NamesMoney } from './pieces.js';
import { RefundLedger, type MadeElsewhere } from './refund-ledger.js';
import type { ReportedBy, ReportInput } from './report-ledger.js';
import { namesMoney, Reports } from './reports.js';

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
  private readonly refunds: RefundLedger;
  private readonly disputes: DisputeLedger;
  private readonly reports: Reports;
  private disputeNames = DisputeNames.none();

  private constructor(
    private payments: LockedRows<Payment>,
    private orders: LockedRows<Order>,
    readonly pieces: Pieces,
    private readonly namedBy: ReadonlyMap<string, string>,
  ) {
    this.refunds = new RefundLedger(pieces);
    this.disputes = new DisputeLedger(pieces);
    this.reports = new Reports([this.refunds, this.disputes]);
  }

  /**
   * Locks ids of disputes, then payments, then orders, each by id, then the pieces of money. In mode `skip` it never waits; `isContended` tells what is locked
   * elsewhere.
   * @param names further pieces.
   */
  static async lock(
    received: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
    names: readonly NamesMoney[] = [],
  ): Promise<WorkingSet> {
    const disputeNames = await DisputeNames.lock(received, tx, mode);
    const notifications = received.map((each) => disputeNames.completed(each));
    const repository = tx.of(PaymentRepository);
    const namedBy = await namedByOf(notifications, repository);
    const numbers = notifications.flatMap((notification) => numbersOf(notification, namedBy));
    const paid = notifications.flatMap((notification) =>
      notification.kind === 'succeeded' || isReport(notification) ? numbersOf(notification, namedBy) : [],
    );
    const lockPieces = () => Pieces.lock(notifications, tx, mode, names);
    const [payments, orders, early] = await Promise.all([
      numbers.length ? repository.lock([...new Set(numbers)], mode) : NO_ROWS,
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
    const rows = new WorkingSet(payments, { locked, contended: missed.contended }, pieces, namedBy);
    rows.disputeNames = disputeNames;
    const reporting = notifications.filter(isReport);
    if (reporting.length) await rows.lockForReports(reporting, notifications, tx, mode);
    const converting = notifications.filter((each) => each.charged && !isReport(each));
    if (converting.length) await rows.reports.prepare(converting, tx);
    return rows;
  }

  /**
   * Reports change the payment that the piece has settled, and its order. Which one that is, is only certain when the piece is locked. In mode
   * `wait` this locks a payment after a piece; a deadlock is possible then, and the work runs again.
   */
  private async lockForReports(
    notifications: readonly Notification[],
    batch: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
  ): Promise<void> {
    const unnamed = notifications.filter(({ transactionId }) => transactionId === null);
    if (unnamed.length)
      await this.pieces.lockMore(
        unnamed.map((each) => this.completed(each)),
        tx,
        mode,
      );
    const settled = notifications.flatMap((each) => this.pieces.of(this.completed(each)).settledNumber ?? []);
    const missing = [...new Set(settled)].filter((number) => !this.payments.locked.has(number));
    if (mode === 'wait' && missing.length) await this.lockMore(missing, tx);
    await Promise.all([
      this.loadMoney(notifications, tx),
      this.reports.prepare(
        notifications.flatMap((each) => [this.completed(each), ...completedWithin(batch, each)]),
        tx,
      ),
    ]);
  }

  private async lockMore(numbers: readonly string[], tx: Transaction): Promise<void> {
    const payments = await tx.of(PaymentRepository).lock(numbers, 'wait');
    this.payments = { ...this.payments, locked: new Map([...this.payments.locked, ...payments.locked]) };
    const orders = await tx
      .of(OrderRepository)
      .lock([...new Set([...payments.locked.values()].map(({ orderNumber }) => orderNumber))], 'wait');
    this.orders = { ...this.orders, locked: new Map([...this.orders.locked, ...orders.locked]) };
  }

  private async loadMoney(notifications: readonly Notification[], tx: Transaction): Promise<void> {
    const names = notifications.map((each) => this.completed(each));
    const numbers = names.flatMap((name) => this.pieces.of(name).settledNumber ?? []);
    if (numbers.length === 0) return;
    const came = await tx.of(PaymentRepository).moneyThatCame([...new Set(numbers)]);
    for (const name of names) {
      const { settledNumber } = this.pieces.of(name);
      if (settledNumber !== null) this.pieces.learn(name, { came: came.get(settledNumber) ?? null });
    }
  }

  /** The same rows as last committed, without locks: only to explain what would be decided. */
  static async read(received: Notification, tx: Transaction): Promise<WorkingSet> {
    const disputeNames = await DisputeNames.read(received, tx);
    const notification = disputeNames.completed(received);
    const repository = tx.of(PaymentRepository);
    const namedBy = await namedByOf([notification], repository);
    const payments = new Map<string, Payment>();
    const orders = new Map<string, Order>();
    for (const number of new Set(numbersOf(notification, namedBy))) {
      const payment = await tx.of(PaymentQueries).find(number);
      const order = payment && (await tx.of(OrderQueries).find(payment.orderNumber));
      if (payment) payments.set(number, paymentOf(payment));
      if (order) orders.set(order.orderNumber, orderOf(order));
    }
    const named = payments.get(notification.paymentNumber ?? '') ?? null;
    const about = isReport(notification) ? completedBy(notification, named) : notification;
    const rows = new WorkingSet(
      { ...NO_ROWS, locked: payments },
      { ...NO_ROWS, locked: orders },
      await Pieces.read(about, tx),
      namedBy,
    );
    rows.disputeNames = disputeNames;
    await rows.reports.prepare([about], tx);
    const at = new Date(0);
    if (notification.charged)
      rows.learnCharged({ notification, judgedAt: at }, { actor: 'clock', at, callbackId: null });
    if (isReport(notification)) await rows.loadMoney([notification], tx);
    return rows;
  }

  /** Another transaction has locked a row, or the piece of money, that this notification needs. */
  isContended(received: Notification): boolean {
    if (this.disputeNames.isContended(received)) return true;
    const notification = this.disputeNames.completed(received);
    const number = numberOf(notification, this.namedBy) ?? '';
    if (this.payments.contended.has(number)) return true;
    if (this.pieces.isContended(notification)) return true;
    const orderNumber = this.payments.locked.get(number)?.orderNumber;
    const needsOrder = notification.kind === 'succeeded' || isReport(notification);
    if (needsOrder && orderNumber !== undefined && this.orders.contended.has(orderNumber)) return true;
    return isReport(notification) && this.isReportContended(notification);
  }

  /** The payment that the piece has settled is not locked, or the piece is not. */
  private isReportContended(notification: Notification): boolean {
    const name = this.completed(notification);
    if (this.pieces.isContended(name)) return true;
    if (numbersOf(notification, this.namedBy).some((number) => this.payments.contended.has(number)))
      return true;
    const { settledNumber } = this.pieces.of(name);
    if (settledNumber === null) return false;
    const payment = this.payments.locked.get(settledNumber);
    return payment === undefined || !this.orders.locked.has(payment.orderNumber);
  }

  /** A report about a dispute that is stored is about the transaction of that dispute. */
  private completed(received: Notification): Notification {
    const notification = this.disputeNames.completed(received);
    return completedBy(notification, this.payments.locked.get(notification.paymentNumber ?? '') ?? null);
  }

  inputFor({ notification: received, judgedAt }: Decidable): SettlementInput {
    const isOnlyReport = received.kind !== 'succeeded' && isReport(received);
    const notification = isOnlyReport ? this.completed(received) : received;
    const piece = this.pieces.of(notification);
    const number = isOnlyReport
      ? this.numberOfReport(notification, piece)
      : numberOf(notification, this.namedBy);
    const payment = this.payments.locked.get(number ?? '') ?? null;
    const order = payment ? (this.orders.locked.get(payment.orderNumber) ?? null) : null;
    return { notification, judgedAt, payment, order, piece };
  }

  /** The payment that the piece has settled, or was meant for. If that is another gateway's, the report is about the one that it names. */
  private numberOfReport(report: Notification, { settledNumber }: KnownPiece): string | null {
    if (settledNumber !== null) return settledNumber;
    const owner = ownerOf(report, this.namedBy);
    const { gateway = report.gateway } = this.payments.locked.get(owner ?? '') ?? {};
    return gateway === report.gateway ? (owner ?? report.paymentNumber) : report.paymentNumber;
  }

  /** Decides a notification by the domain's tables, and moves the case of its piece of money in the ledger. */
  decide(decidable: Decidable, by: DecidedBy): SettlementResult {
    const { notification } = decidable;
    if (!isReport(notification)) return this.decideAlone(decidable, by);
    return notification.kind === 'succeeded'
      ? this.decideBoth(decidable, by)
      : this.decideReport(decidable, by);
  }

  private decideAlone(decidable: Decidable, by: DecidedBy): SettlementResult {
    if (decidable.notification.charged) this.learnCharged(decidable, by);
    const input = this.inputFor(decidable);
    const result = settle(input, by);
    this.pieces.moveCase(decidable.notification, result, by);
    return this.withArrived(input, decidable, result, by);
  }

  private learnCharged(decidable: Decidable, by: ReportedBy): void {
    const input = this.inputFor(decidable);
    if (namesMoney(input)) this.refunds.learnCharged(input, by);
  }

  /** Remembers what was decided about a success, and applies what came before it. */
  private withArrived(
    input: SettlementInput,
    decidable: Decidable,
    result: SettlementResult,
    by: ReportedBy,
  ): SettlementResult {
    this.remember(input, result.events);
    const { refunds, disputes } = input.piece;
    if (refunds.length === 0 && disputes.length === 0) return result;
    const hasSettled = result.events.some(({ type }) => type === 'payment.succeeded');
    const now = this.inputFor(decidable);
    const arrived = this.reports.arrive(now, by, hasSettled);
    if (namesMoney(now)) this.refunds.judgeAmount(now, input.piece, by);
    this.refunds.endCaseOfMoneyBack(decidable.notification, by);
    this.remember(input, arrived);
    return { ...result, events: [...result.events, ...arrived] };
  }

  private decideReport(decidable: Decidable, by: DecidedBy): SettlementResult {
    const input = this.inputFor(decidable);
    const result = this.reports.decide(input, by);
    this.pieces.moveCase(input.notification, result, by);
    this.remember(input, result.events);
    if (result.outcome === 'dispute_reported') this.disputeNames.learn(input.notification);
    this.disputes.tellOtherTransaction(input.notification, decidable.notification.transactionId);
    return result;
  }

  /**
   * A success that reports a refund as well. The refund counts when the success is decided. If the success is a repeat, the refund may still be
   * news, and then it gives the outcome. A success that is meant for another merchant or gateway reports nothing.
   */
  private decideBoth(decidable: Decidable, by: DecidedBy): SettlementResult {
    const { notification, judgedAt } = decidable;
    if (isForeign(notification, this.inputFor(decidable).payment)) return this.decideAlone(decidable, by);
    const refund = this.inputFor({ judgedAt, notification: { ...notification, kind: 'refund' } });
    const report = this.reports.apply(refund, by);
    this.remember(refund, report.events);
    const result = this.decideAlone(decidable, by);
    const isNews = result.outcome === 'duplicate' && report.outcome === 'refund_reported';
    const { outcome, newCase, events } = isNews
      ? resultOf(report.outcome, this.inputFor(decidable), by)
      : result;
    return { outcome, newCase, events: [...events, ...report.events] };
  }

  /** Takes the money of a case of this kind, as an operator has decided. The case itself is the operator's to end. */
  accept(kind: CaseKind, decidable: Decidable, by: ReportedBy): SettlementResult | 'other_currency' {
    const input = this.inputFor(decidable);
    const result = acceptMoney(kind, input, by);
    return result === 'other_currency' ? result : this.withArrived(input, decidable, result, by);
  }

  /** Gives the money of a case to the payment that the notification names, as an operator has decided. */
  attach(decidable: Decidable, by: ReportedBy): SettlementResult | { readonly refused: Explanation } {
    const input = this.inputFor(decidable);
    const result = attachMoney(input, by);
    return 'refused' in result ? result : this.withArrived(input, decidable, result, by);
  }

  /**
   * Records a refund that an operator has made by another way.
   * @param about names the piece of money, as a report does.
   */
  async recordRefund(
    about: Notification,
    made: MadeElsewhere,
    tx: Transaction,
    by: ReportedBy,
  ): Promise<{ readonly number: string; readonly events: readonly AnyEvent[] }> {
    const input = this.inputFor({ notification: about, judgedAt: by.at }) as ReportInput;
    const { gateway, transactionId } = input.notification;
    await this.refunds.ask({ gateway, transactionId, number: made.number, gatewayRefundId: null }, tx);
    const recorded = this.refunds.record(input, made, by);
    this.remember(input, recorded.events);
    return recorded;
  }

  async save(tx: Transaction, at: Date): Promise<void> {
    await Promise.all([
      this.changedPayments.size > 0 && tx.of(PaymentRepository).save([...this.changedPayments]),
      this.changedOrders.size > 0 && tx.of(OrderRepository).save([...this.changedOrders]),
      this.reports.save(tx, at),
    ]);
  }

  private remember({ payment, order, notification }: SettlementInput, events: readonly AnyEvent[]): void {
    if (payment?.transactionId) {
      const { gateway, transactionId, number } = payment;
      this.pieces.settled({ gateway, transactionId }, number, () => moneyOf(notification, events));
    }
    for (const { type } of events) {
      if (type === 'payment.refunded') this.disputes.followRefunds(notification);
      if (payment && changesPayment(type)) this.changedPayments.add(payment);
      if (order && type.startsWith('order.')) this.changedOrders.add(order);
    }
  }
}

/** What went back of a payment is not stored with it. */
const changesPayment = (type: AnyEvent['type']): boolean =>
  type.startsWith('payment.') && type !== 'payment.refunded';

/** What a success that was just decided has brought. */
function moneyOf({ money, charged }: Notification, events: readonly AnyEvent[]): MoneyThatCame | null {
  const paidOrder = events.some(({ type }) => type === 'order.paid');
  return money && { money, charged, paidOrder, refundRequest: null };
}

/** A label may name the transaction alone. Then it is about the payment that this money was meant for. A report always is. */
const isByTransaction = (notification: Notification): boolean =>
  notification.transactionId !== null &&
  (isReport(notification) || (notification.paymentNumber === null && notification.kind !== 'succeeded'));

/** A report without a transaction is about the one that has settled the payment that it names. */
function completedBy(report: Notification, payment: Payment | null): Notification {
  const { gateway, transactionId } = payment ?? {};
  if (report.transactionId !== null || !transactionId || gateway !== report.gateway) return report;
  return { ...report, transactionId };
}

/** A report that names the payment alone is about the transaction that settles it, perhaps in the same batch. */
function completedWithin(batch: readonly Notification[], report: Notification): Notification[] {
  const { gateway, paymentNumber, transactionId } = report;
  if (transactionId !== null || paymentNumber === null) return [];
  return batch.flatMap((each) =>
    each.kind === 'succeeded' && each.gateway === gateway && each.paymentNumber === paymentNumber
      ? { ...report, transactionId: each.transactionId }
      : [],
  );
}

async function namedByOf(
  notifications: readonly Notification[],
  payments: PaymentRepository,
): Promise<ReadonlyMap<string, string>> {
  const transactions = transactionsOf(notifications.filter(isByTransaction));
  return transactions.length ? payments.namedBy(transactions) : new Map();
}

const transactionsOf = (notifications: readonly Notification[]): TransactionRef[] =>
  notifications.flatMap(({ gateway, transactionId }) =>
    transactionId === null ? [] : [{ gateway, transactionId }],
  );

function numberOf(notification: Notification, namedBy: ReadonlyMap<string, string>): string | null {
  const { paymentNumber, kind } = notification;
  if (kind === 'succeeded') return paymentNumber;
  return ownerOf(notification, namedBy) ?? paymentNumber;
}

/** A report may be about two payments: the one that it names and the one that has its money. */
function numbersOf(notification: Notification, namedBy: ReadonlyMap<string, string>): string[] {
  const number = isReport(notification) ? notification.paymentNumber : numberOf(notification, namedBy);
  return [number ?? [], ownerOf(notification, namedBy) ?? []].flat();
}

/** The payment that the transaction was meant for. */
function ownerOf(
  { gateway, transactionId }: Notification,
  namedBy: ReadonlyMap<string, string>,
): string | null {
  return transactionId === null ? null : (namedBy.get(transactionKey(gateway, transactionId)) ?? null);
}

const orderOf = ({ orderNumber, total, status, customerId }: OrderView): Order =>
  new Order(orderNumber, Money.of(total.amount, total.currency), status, customerId);

function paymentOf({ paymentNumber, amount, ...state }: PaymentSummary): Payment {
  return new Payment({ ...state, number: paymentNumber, due: Money.of(amount.amount, amount.currency) });
}
