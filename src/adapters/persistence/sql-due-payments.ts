import type { DuePayments } from '../../application/expire-payments.js';
import type { Payment } from '../../domain/payment.js';
import { IS_OPEN, type LockStatements } from './lock-statements.js';
import type { Sql } from './prepared-sql.js';
import { paymentFrom, type PaymentRow } from './tables.js';

export class SqlDuePayments implements DuePayments {
  constructor(
    private readonly sql: Sql,
    private readonly lockStatement: LockStatements['duePayments'],
  ) {}

  async lock(expiredBefore: Date, limit: number): Promise<Payment[]> {
    const rows = await this.sql.query<PaymentRow>(this.lockStatement(limit), [expiredBefore]);
    return rows.map(paymentFrom);
  }

  async ordersWithOpenOnes(orderNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.sql.query<{ order_number: string }>(
      `SELECT DISTINCT order_number FROM payments WHERE order_number = ANY($1) AND ${IS_OPEN}`,
      [orderNumbers],
    );
    return new Set(rows.map(({ order_number: number }) => number));
  }
}
