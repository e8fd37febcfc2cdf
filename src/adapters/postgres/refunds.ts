import type { RefundRepository } from '../../application/refunds/refund-repository.js';
import type { Refund } from '../../domain/refunds/refund.js';
import type { PreparedSql } from './engine/sql.js';

export class PostgresRefunds implements RefundRepository {
  constructor(private readonly sql: PreparedSql) {}

  async add(refunds: readonly Refund[], at: Date): Promise<void> {
    const rows = refunds.map(({ stored: { money, ...refund } }) => ({ ...money.toJSON(), ...refund }));
    await this.sql.write(
      `INSERT INTO refunds (number, gateway, transaction_id, payment_number, order_number, discrepancy_id, amount, currency, origin, status,
                            gateway_refund_id, reference, reason, reported_at, failure, created_at, updated_at)
       SELECT number, gateway, "transactionId", "paymentNumber", "orderNumber", "caseId", amount, currency, origin, status,
              "gatewayRefundId", reference, reason, "reportedAt", failure, $2, $2
         FROM json_to_recordset($1) AS new (number text, gateway text, "transactionId" text, "paymentNumber" text, "orderNumber" text,
              "caseId" bigint, amount numeric, currency text, origin text, status text, "gatewayRefundId" text, reference text, reason text,
              "reportedAt" timestamptz, failure jsonb)`,
      [JSON.stringify(rows), at],
    );
  }
}
