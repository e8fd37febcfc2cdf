import type { Order } from '../../domain/order.js';
import type { Payment } from '../../domain/payment.js';
import {
  transactionKey,
  type Locked,
  type LockMode,
  type Orders,
  type Payments,
  type Telemetry,
} from '../../application/ports.js';
import type { LockStatements } from './lock-statements.js';
import type { Sql } from './prepared-sql.js';
import { orderFrom, paymentFrom, type OrderRow, type PaymentRow } from './tables.js';

/** Advisory locks are numbers that the whole database shares; this keeps those on payment numbers apart from others. */
const PAYMENT_NUMBERS = 1;

/** Runs a locking SELECT; how long it stood behind others is measured where it may. */
async function lockRows<Row>(
  sql: Sql,
  statements: Readonly<Record<LockMode, string>>,
  numbers: readonly string[],
  mode: LockMode,
  telemetry: Telemetry,
): Promise<Row[]> {
  const since = performance.now();
  const rows = await sql.query<Row>(statements[mode], [JSON.stringify(numbers)]);
  if (mode === 'wait') telemetry.lockWaited((performance.now() - since) / 1000);
  return rows;
}

export class SqlPayments implements Payments {
  constructor(
    private readonly sql: Sql,
    private readonly locks: LockStatements,
    private readonly telemetry: Telemetry,
  ) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<Locked<Payment>> {
    const found = new Map<string, Payment>();
    const held = new Set<string>();
    if (numbers.length === 0) return { found, held };
    await this.lockInto(found, numbers, mode);
    const missed = await this.missing(numbers, found, held);
    if (mode === 'wait' && held.size > 0) {
      // Whoever may wait holds what was committed between the two reads, too.
      await this.lockInto(found, [...held], mode);
      held.clear();
    }
    if (missed.length === 0) return { found, held };
    // Nobody has them, or somebody is about to create them: under READ COMMITTED only the creator's lock tells which.
    const reserved = await this.reserveAll(missed, mode, held);
    await this.lockInto(found, reserved, mode);
    await this.missing(reserved, found, held);
    return { found, held };
  }

  async givenBack(transactions: readonly { gateway: string; transactionId: string }[]): Promise<Set<string>> {
    const rows = await this.sql.query<{ gateway: string; transaction_id: string }>(
      `SELECT gateway, transaction_id FROM discrepancies
        WHERE resolution = 'refunded_elsewhere'
          AND (gateway, transaction_id) IN (SELECT * FROM json_to_recordset($1) AS asked (gateway text, "transactionId" text))`,
      [JSON.stringify(transactions)],
    );
    return new Set(rows.map((row) => transactionKey(row.gateway, row.transaction_id)));
  }

  async namedBy(
    transactions: readonly { gateway: string; transactionId: string }[],
  ): Promise<Map<string, string>> {
    const rows = await this.sql.query<{ gateway: string; transaction_id: string; number: string }>(
      // Money that settled names its payment there; money that found no place does in its discrepancy.
      `SELECT asked.gateway, asked.transaction_id, coalesce(settled.number, owned.payment_number) AS number
         FROM unnest($1::text[], $2::text[]) AS asked (gateway, transaction_id)
         LEFT JOIN LATERAL (SELECT number FROM payments
           WHERE payments.gateway = asked.gateway AND payments.transaction_id = asked.transaction_id LIMIT 1) AS settled ON true
         LEFT JOIN LATERAL (SELECT payment_number FROM discrepancies
           WHERE discrepancies.gateway = asked.gateway AND discrepancies.transaction_id = asked.transaction_id
             AND payment_number IS NOT NULL LIMIT 1) AS owned ON true
        WHERE settled.number IS NOT NULL OR owned.payment_number IS NOT NULL`,
      [transactions.map(({ gateway }) => gateway), transactions.map(({ transactionId }) => transactionId)],
    );
    return new Map(rows.map((row) => [transactionKey(row.gateway, row.transaction_id), row.number]));
  }

  async settledBy(
    transactions: readonly { gateway: string; transactionId: string }[],
  ): Promise<Map<string, string>> {
    const rows = await this.sql.query<{ gateway: string; transaction_id: string; number: string }>(
      // LATERAL with a limit, because a plain join may be planned as a walk along the whole index.
      `SELECT gateway, "transactionId" AS transaction_id, number
         FROM json_to_recordset($1) AS asked (gateway text, "transactionId" text), LATERAL (
           SELECT number FROM payments
            WHERE payments.gateway = asked.gateway AND payments.transaction_id = asked."transactionId" LIMIT 1) AS settled`,
      [JSON.stringify(transactions)],
    );
    return new Map(rows.map((row) => [transactionKey(row.gateway, row.transaction_id), row.number]));
  }

  async reserve(number: string): Promise<boolean> {
    await this.sql.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [PAYMENT_NUMBERS, number]);
    const rows = await this.sql.query<unknown>('SELECT FROM payments WHERE number = $1', [number]);
    return rows.length === 0;
  }

  async add(payment: Payment): Promise<void> {
    const { number, orderNumber, gateway, due, status, expiresAt } = payment;
    await this.sql.write(
      `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [number, orderNumber, gateway, due.amount, due.currency, status, expiresAt],
    );
  }

  async save(changed: readonly Payment[]): Promise<void> {
    await this.sql.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (number text, status text, "transactionId" text, "paidAt" timestamptz))
       UPDATE payments SET status = new.status, transaction_id = new."transactionId", paid_at = new."paidAt", updated_at = now()
         FROM new WHERE payments.number = new.number AND payments.number = ANY(ARRAY(SELECT number FROM new))`,
      [
        JSON.stringify(
          changed.map(({ number, status, transactionId, paidAt }) => ({
            number,
            status,
            transactionId,
            paidAt,
          })),
        ),
      ],
    );
  }

  private async lockInto(
    found: Map<string, Payment>,
    numbers: readonly string[],
    mode: LockMode,
  ): Promise<void> {
    if (numbers.length === 0) return;
    const rows = await lockRows<PaymentRow>(this.sql, this.locks.payments, numbers, mode, this.telemetry);
    rows.forEach((row) => found.set(row.number, paymentFrom(row)));
  }

  /** Reads without a lock what a locking read did not return: what is there is held elsewhere, the rest is returned. */
  private async missing(
    numbers: readonly string[],
    found: ReadonlyMap<string, Payment>,
    held: Set<string>,
  ): Promise<string[]> {
    const unseen = numbers.filter((number) => !found.has(number));
    if (unseen.length === 0) return [];
    const rows = await this.sql.query<{ number: string }>(
      'SELECT number FROM payments WHERE number = ANY($1)',
      [unseen],
    );
    rows.forEach(({ number }) => held.add(number));
    return unseen.filter((number) => !held.has(number));
  }

  /** Takes the creator's lock on each number, in order; where it may not wait, a lock held elsewhere makes the number held. */
  private async reserveAll(numbers: readonly string[], mode: LockMode, held: Set<string>): Promise<string[]> {
    const ordered = numbers.toSorted();
    if (mode === 'wait') {
      for (const number of ordered) {
        await this.sql.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [PAYMENT_NUMBERS, number]);
      }
      return ordered;
    }
    const rows = await this.sql.query<{ number: string; got: boolean }>(
      'SELECT number, pg_try_advisory_xact_lock($1, hashtext(number)) AS got FROM unnest($2::text[]) AS asked (number)',
      [PAYMENT_NUMBERS, ordered],
    );
    rows.filter(({ got }) => !got).forEach(({ number }) => held.add(number));
    return rows.filter(({ got }) => got).map(({ number }) => number);
  }
}

export class SqlOrders implements Orders {
  constructor(
    private readonly sql: Sql,
    private readonly locks: LockStatements,
    private readonly telemetry: Telemetry,
  ) {}

  async lock(numbers: readonly string[], mode: LockMode): Promise<Locked<Order>> {
    const rows = await lockRows<OrderRow>(this.sql, this.locks.orders, numbers, mode, this.telemetry);
    const found = new Map(rows.map((row) => [row.number, orderFrom(row)]));
    const unseen = numbers.filter((number) => !found.has(number));
    if (unseen.length === 0) return { found, held: new Set() };
    const there = await this.sql.query<{ number: string }>(
      'SELECT number FROM orders WHERE number = ANY($1)',
      [unseen],
    );
    return { found, held: new Set(there.map(({ number }) => number)) };
  }

  async lockOf(paymentNumbers: readonly string[], mode: LockMode): Promise<Map<string, Order>> {
    const rows = await lockRows<OrderRow>(
      this.sql,
      this.locks.ordersOfPayments,
      paymentNumbers,
      mode,
      this.telemetry,
    );
    return new Map(rows.map((row) => [row.number, orderFrom(row)]));
  }

  async add({ number, total, status, customerId }: Order): Promise<boolean> {
    const rows = await this.sql.change<unknown>(
      `INSERT INTO orders (number, total, currency, status, customer_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (number) DO NOTHING RETURNING id`,
      [number, total.amount, total.currency, status, customerId],
    );
    return rows.length === 1;
  }

  async save(changed: readonly Order[]): Promise<void> {
    await this.sql.write(
      `WITH new AS (SELECT * FROM json_to_recordset($1) AS new (number text, status text))
       UPDATE orders SET status = new.status, updated_at = now()
         FROM new WHERE orders.number = new.number AND orders.number = ANY(ARRAY(SELECT number FROM new))`,
      [JSON.stringify(changed.map(({ number, status }) => ({ number, status })))],
    );
  }
}
