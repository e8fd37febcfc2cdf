import { hash } from 'node:crypto';
import type { TransactionRef } from '../../application/payments/payment-repository.js';
import type {
  AskedNumber,
  NumberChoice,
  RefundRepository,
} from '../../application/refunds/refund-repository.js';
import type { RefundState } from '../../domain/refunds/refund.js';
import type { RefundTotal } from '../../domain/refunds/total.js';
import type { PreparedSql } from './engine/sql.js';

type Refunds = readonly Readonly<RefundState>[];

export class PostgresRefunds implements RefundRepository {
  constructor(private readonly sql: PreparedSql) {}

  async choicesFor(asked: readonly AskedNumber[]): Promise<readonly NumberChoice[]> {
    const choices = asked.map(choicesOf);
    const rows = await this.sql.query<{ number: string }>(
      'SELECT number FROM refunds WHERE number = ANY($1)',
      [choices.flat()],
    );
    const taken = new Set(rows.map(({ number }) => number));
    return choices.map((each) => ({ choices: each, taken: each.filter((number) => taken.has(number)) }));
  }

  async add(refunds: Refunds, at: Date): Promise<void> {
    await this.sql.write(
      `INSERT INTO refunds (number, gateway, transaction_id, payment_number, order_number, discrepancy_id, amount, currency, origin, status,
                            gateway_refund_id, reference, reason, reported_at, failure, waiting, unnamed, created_at, updated_at)
       SELECT number, gateway, "transactionId", "paymentNumber", "orderNumber", "caseId", amount, currency, origin, status,
              "gatewayRefundId", reference, reason, "reportedAt", failure, waiting, unnamed, $2, $2
         FROM json_to_recordset($1) AS new (number text, gateway text, "transactionId" text, "paymentNumber" text, "orderNumber" text,
              "caseId" bigint, amount numeric, currency text, origin text, status text, "gatewayRefundId" text, reference text, reason text,
              "reportedAt" timestamptz, failure jsonb, waiting boolean, unnamed boolean)`,
      [rowsOf(refunds), at],
    );
  }

  async save(refunds: Refunds, at: Date): Promise<void> {
    await this.sql.write(
      // By its place, which is looked up for each row: a join by number may compare each row with each. This transaction has locked the
      // pieces, so the rows stay in their places.
      `UPDATE refunds SET status = changed.status, gateway_refund_id = changed."gatewayRefundId", payment_number = changed."paymentNumber",
              order_number = changed."orderNumber", amount = changed.amount, currency = changed.currency, failure = changed.failure,
              reported_at = changed."reportedAt", waiting = changed.waiting, updated_at = $2
         FROM (SELECT new.*, (SELECT ctid FROM refunds WHERE refunds.number = new.number LIMIT 1) AS place
                 FROM json_to_recordset($1) AS new (number text, status text, "gatewayRefundId" text, "paymentNumber" text, "orderNumber" text,
                      amount numeric, currency text, failure jsonb, "reportedAt" timestamptz, waiting boolean) OFFSET 0) AS changed
        WHERE refunds.ctid = changed.place`,
      [rowsOf(refunds), at],
    );
  }

  async remove(numbers: readonly string[]): Promise<void> {
    await this.sql.write('DELETE FROM refunds WHERE number = ANY($1)', [numbers]);
  }

  async saveTotals(totals: readonly (TransactionRef & RefundTotal)[]): Promise<void> {
    const rows = totals.map(({ money, ...total }) => ({ ...money.toJSON(), ...total }));
    await this.sql.write(
      `INSERT INTO refund_totals (transaction_id, gateway, amount, currency, reported_at, below_since)
       SELECT "transactionId", gateway, amount, currency, "reportedAt", "belowSince"
         FROM json_to_recordset($1) AS new ("transactionId" text, gateway text, amount numeric, currency text, "reportedAt" timestamptz,
              "belowSince" timestamptz)
       ON CONFLICT (transaction_id, gateway) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
          reported_at = excluded.reported_at, below_since = excluded.below_since`,
      [JSON.stringify(rows)],
    );
  }

  async waitingSince(createdBefore: Date, limit: number): Promise<readonly TransactionRef[]> {
    return this.sql.query<TransactionRef>(
      `SELECT gateway, transaction_id AS "transactionId" FROM refunds
        WHERE waiting AND created_at < $1
          AND (SELECT true FROM discrepancies WHERE identity = 'unmatched ' || refunds.gateway || ' refund ' || refunds.number LIMIT 1) IS NOT TRUE
        ORDER BY created_at LIMIT $2`,
      [createdBefore, limit],
    );
  }

  async belowSince(since: Date, limit: number): Promise<readonly TransactionRef[]> {
    return this.sql.query<TransactionRef>(
      `SELECT gateway, transaction_id AS "transactionId" FROM refund_totals
        WHERE below_since < $1
          AND (SELECT true FROM discrepancies WHERE identity = 'refund_stuck ' || refund_totals.gateway || ' total ' || refund_totals.transaction_id LIMIT 1) IS NOT TRUE
        ORDER BY below_since LIMIT $2`,
      [since, limit],
    );
  }
}

const rowsOf = (refunds: Refunds): string =>
  JSON.stringify(refunds.map(({ money, ...refund }) => ({ ...money.toJSON(), ...refund })));

/**
 * The hashes depend on nothing but what the refund is of, so a repeat of its first report finds the same numbers. The third one depends on the
 * id, also if the id is the number: another refund of the piece may have the second one.
 */
function choicesOf({ number, gateway, transactionId, gatewayRefundId }: AskedNumber): string[] {
  const longer = (...parts: readonly string[]) =>
    `${number}~${hash('sha256', [gateway, transactionId, number, ...parts].join(' '), 'hex').slice(0, 8)}`;
  return [number, longer(), longer(gatewayRefundId ?? '')];
}
