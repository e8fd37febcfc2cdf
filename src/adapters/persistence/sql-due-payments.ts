import type { EntityManager } from 'typeorm';
import type { DuePayments } from '../../application/expire-payments.js';
import type { Payment } from '../../domain/payment.js';
import { paymentFrom, payments } from './tables.js';

/** The open statuses as the partial index spells them: a parameter in their place would keep it from being used. */
const IS_OPEN = `status IN ('init', 'processing')`;

export class SqlDuePayments implements DuePayments {
  constructor(private readonly manager: EntityManager) {}

  async lock(expiredBefore: Date, limit: number): Promise<Payment[]> {
    const rows = await this.manager
      .createQueryBuilder(payments, 'due')
      .where(`due.${IS_OPEN} AND due.expires_at < :expiredBefore`, { expiredBefore })
      .orderBy('due.expiresAt')
      .limit(limit)
      .setLock('pessimistic_write')
      .setOnLocked('skip_locked')
      .getMany();
    return rows.map(paymentFrom);
  }

  async ordersWithOpenOnes(orderNumbers: readonly string[]): Promise<ReadonlySet<string>> {
    const rows: { order_number: string }[] = await this.manager.query(
      `SELECT DISTINCT order_number FROM payments WHERE order_number = ANY($1) AND ${IS_OPEN}`,
      [orderNumbers],
    );
    return new Set(rows.map(({ order_number: number }) => number));
  }
}
