import type { DomainEvent } from '../domain/events.js';
import { Money } from '../domain/money.js';
import type { Notice } from '../domain/notice.js';
import { Order } from '../domain/order.js';
import { Payment } from '../domain/payment.js';
import type { Case } from '../domain/settlement.js';
import { transactionKey, type Locked, type LockMode, type Stores } from './ports.js';
import type { OrderView, PaymentSummary } from './queries.js';

const NOBODY = { found: new Map<string, never>(), held: new Set<string>() };

/**
 * The payments and orders that a group of notices speaks of, held by this transaction. They change in memory, so that
 * two notices for one payment meet the same aggregate, and are written once, by `save`.
 */
export class Ledger {
  private readonly changedPayments = new Set<Payment>();
  private readonly changedOrders = new Set<Order>();

  private constructor(
    private readonly payments: Locked<Payment>,
    private readonly orders: Locked<Order>,
    private readonly settledBy: Map<string, string>,
    private readonly namedBy: ReadonlyMap<string, string>,
    private readonly givenBack: ReadonlySet<string>,
  ) {}

  /** Locks payments, then orders, each by id. In mode `skip` it never waits; `holdsElsewhere` tells what it missed. */
  static async lock(notices: readonly Notice[], stores: Stores, mode: LockMode): Promise<Ledger> {
    const namedBy = await namesOf(notices, stores);
    const numbers = notices.flatMap((notice) => numberOf(notice, namedBy) ?? []);
    const successes = notices.filter(({ kind }) => kind === 'succeeded');
    const paid = successes.flatMap(({ paymentNumber }) => paymentNumber ?? []);
    const [settledBy, payments, orders, givenBack] = await Promise.all([
      // Asked before the locks: what settles in between meets the unique constraint, and the work runs again.
      settledByOf(notices, stores),
      stores.payments.lock([...new Set(numbers)], mode),
      paid.length ? stores.orders.lockOf([...new Set(paid)], mode) : NOBODY.found,
      // Asked after the locks: an operator who gives a piece of money back holds its payment, too.
      givenBackOf(successes, stores),
    ]);
    const unseen = paid
      .flatMap((number) => payments.found.get(number)?.orderNumber ?? [])
      .filter((number) => !orders.has(number));
    const missed = unseen.length ? await stores.orders.lock([...new Set(unseen)], mode) : NOBODY;
    const held = { found: new Map([...orders, ...missed.found]), held: missed.held };
    return new Ledger(payments, held, new Map(settledBy), namedBy, givenBack);
  }

  /** The same rows as they were last committed, held by nobody: to tell what would be decided, and never to save. */
  static async read(notice: Notice, stores: Stores): Promise<Ledger> {
    const { queries } = stores;
    const settledBy = new Map(await settledByOf([notice], stores));
    const namedBy = await namesOf([notice], stores);
    const number = numberOf(notice, namedBy);
    const payment = number === null ? null : await queries.payment(number);
    const order = payment && (await queries.order(payment.orderNumber));
    return new Ledger(
      { ...NOBODY, found: new Map(payment ? [[payment.paymentNumber, paymentOf(payment)]] : []) },
      { ...NOBODY, found: new Map(order ? [[order.orderNumber, orderOf(order)]] : []) },
      settledBy,
      namedBy,
      await givenBackOf(
        [notice].filter(({ kind }) => kind === 'succeeded'),
        stores,
      ),
    );
  }

  /** Somebody else holds a row that this notice needs. */
  holdsElsewhere(notice: Notice): boolean {
    const number = numberOf(notice, this.namedBy) ?? '';
    if (this.payments.held.has(number)) return true;
    const orderNumber = this.payments.found.get(number)?.orderNumber;
    return notice.kind === 'succeeded' && orderNumber !== undefined && this.orders.held.has(orderNumber);
  }

  caseOf(notice: Notice, judgedAt: Date): Case {
    const payment = this.payments.found.get(numberOf(notice, this.namedBy) ?? '') ?? null;
    const order = payment ? (this.orders.found.get(payment.orderNumber) ?? null) : null;
    const settled =
      notice.transactionId && this.settledBy.get(transactionKey(notice.gateway, notice.transactionId));
    return {
      notice,
      judgedAt,
      payment,
      order,
      transactionReused: Boolean(settled) && settled !== payment?.number,
      givenBack: this.givenBack.has(transactionKey(notice.gateway, notice.transactionId ?? '')),
    };
  }

  /** What the aggregates of a case have announced since they were last asked, payment before order. */
  announced({ payment, order }: Case): DomainEvent[] {
    if (payment?.transactionId) {
      this.settledBy.set(transactionKey(payment.gateway, payment.transactionId), payment.number);
    }
    const events = [...(payment?.events.splice(0) ?? []), ...(order?.events.splice(0) ?? [])];
    if (payment && events.length > 0) this.changedPayments.add(payment);
    if (order && events.some(({ type }) => type.startsWith('order.'))) this.changedOrders.add(order);
    return events;
  }

  async save(stores: Stores): Promise<void> {
    await Promise.all([
      this.changedPayments.size > 0 && stores.payments.save([...this.changedPayments]),
      this.changedOrders.size > 0 && stores.orders.save([...this.changedOrders]),
    ]);
  }
}

/** A refund or dispute may name the transaction alone; then it speaks of the payment that the transaction's money was for. */
const namesTransactionOnly = ({ kind, paymentNumber, transactionId }: Notice): boolean =>
  paymentNumber === null && transactionId !== null && kind !== 'succeeded';

async function namesOf(
  notices: readonly Notice[],
  { payments }: Stores,
): Promise<ReadonlyMap<string, string>> {
  const transactions = transactionsOf(notices.filter(namesTransactionOnly));
  return transactions.length ? payments.namedBy(transactions) : new Map();
}

async function settledByOf(
  notices: readonly Notice[],
  { payments }: Stores,
): Promise<ReadonlyMap<string, string>> {
  const transactions = transactionsOf(notices);
  return transactions.length ? payments.settledBy(transactions) : new Map();
}

async function givenBackOf(successes: readonly Notice[], { payments }: Stores): Promise<ReadonlySet<string>> {
  const transactions = transactionsOf(successes);
  return transactions.length ? payments.givenBack(transactions) : new Set();
}

const transactionsOf = (notices: readonly Notice[]) =>
  notices.flatMap(({ gateway, transactionId }) =>
    transactionId === null ? [] : [{ gateway, transactionId }],
  );

function numberOf(notice: Notice, namedBy: ReadonlyMap<string, string>): string | null {
  if (!namesTransactionOnly(notice) || notice.transactionId === null) return notice.paymentNumber;
  return namedBy.get(transactionKey(notice.gateway, notice.transactionId)) ?? null;
}

const orderOf = ({ orderNumber, total, status, customerId }: OrderView): Order =>
  new Order(orderNumber, Money.of(total.amount, total.currency), status, customerId);

function paymentOf({ paymentNumber, amount, ...state }: PaymentSummary): Payment {
  return new Payment({ ...state, number: paymentNumber, due: Money.of(amount.amount, amount.currency) });
}
