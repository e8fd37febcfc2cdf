import type { MoneyThatCame } from '../../domain/cases/known-piece.js';
import type { Money } from '../../domain/money.js';
import type { Payment } from '../../domain/payments/payment.js';
import type { LockedRows, LockMode } from '../transaction.js';

/** A gateway's id of a piece of money. */
export interface TransactionRef {
  readonly gateway: string;
  readonly transactionId: string;
}

/** The key of a transaction in the maps that this repository returns. */
export function transactionKey(gateway: string, transactionId: string): string {
  return `${gateway} ${transactionId}`;
}

/** The money that paid an order, as it came. */
export interface PayingMoney extends TransactionRef {
  readonly paymentNumber: string;
  readonly money: Money;
}

/** What is known about numbers that were to be reserved. A number in neither set is free. */
export interface ReservedNumbers {
  /** Numbers that have a payment. */
  readonly taken: ReadonlySet<string>;
  readonly contended: ReadonlySet<string>;
}

export abstract class PaymentRepository {
  /**
   * Loads and locks the payments with these numbers, in order of id. A number in neither part of the answer has no payment,
   * and no payment is created under it before this transaction ends.
   */
  abstract lock(numbers: readonly string[], mode: LockMode): Promise<LockedRows<Payment>>;
  /** Loads and locks up to `limit` open payments that expired before then, the oldest deadline first. Skips contended rows. */
  abstract lockExpired(expiredBefore: Date, limit: number): Promise<Payment[]>;
  /** The orders that have an open payment, as this transaction sees it. */
  abstract ordersWithOpenPayments(orderNumbers: readonly string[]): Promise<ReadonlySet<string>>;
  /** The money that paid an order, without locks. Null if nothing did. It does not change any more. */
  abstract moneyThatPaid(orderNumber: string): Promise<PayingMoney | null>;
  /** What came with these payments, without locks, by number. One that has not succeeded is left out. */
  abstract moneyThatCame(numbers: readonly string[]): Promise<ReadonlyMap<string, MoneyThatCame>>;
  /** The payment numbers that these transactions were meant for, settled or not, by `transactionKey`. */
  abstract namedBy(transactions: readonly TransactionRef[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Reserves the numbers until the transaction ends: no other transaction creates a payment under them, or decides that there is none.
   * In mode `skip` a number that another transaction has locked is contended, and not reserved.
   */
  abstract reserve(numbers: readonly string[], mode: LockMode): Promise<ReservedNumbers>;
  /** Returns the time at which each payment was created, by number. */
  abstract add(payments: readonly Payment[]): Promise<ReadonlyMap<string, Date>>;
  abstract save(payments: readonly Payment[]): Promise<void>;
}
