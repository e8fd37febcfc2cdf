import type { Discrepancies, OpenDiscrepancy } from '../../application/ports.js';
import type { Sql } from './prepared-sql.js';

export interface DiscrepancyRow {
  readonly kind: OpenDiscrepancy['kind'];
  readonly gateway: string;
  readonly payment_number: string | null;
  readonly order_number: string | null;
  readonly transaction_id: string | null;
  readonly callback_id: string | null;
  readonly details: OpenDiscrepancy['details'];
}

export const COLUMNS = 'kind, gateway, payment_number, order_number, transaction_id, callback_id, details';

export class SqlDiscrepancies implements Discrepancies {
  constructor(private readonly sql: Sql) {}

  async open(discrepancies: readonly OpenDiscrepancy[], at: Date): Promise<OpenDiscrepancy[]> {
    const rows = await this.sql.change<DiscrepancyRow>(
      `INSERT INTO discrepancies (${COLUMNS}, opened_at)
       SELECT ${COLUMNS}, $2
         FROM json_to_recordset($1) AS new (kind text, gateway text, payment_number text, order_number text, transaction_id text,
              callback_id bigint, details jsonb)
        ORDER BY kind, gateway, payment_number, transaction_id, callback_id
       ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
      [JSON.stringify(discrepancies.map(rowOf)), at],
    );
    return rows.map(openFrom);
  }

  async resolveUnmatched(callbackIds: readonly string[], at: Date): Promise<OpenDiscrepancy[]> {
    const rows = await this.sql.change<DiscrepancyRow>(
      `WITH held AS (
         SELECT id FROM discrepancies WHERE callback_id = ANY($1) AND kind = 'unmatched' AND status = 'open' ORDER BY id FOR UPDATE)
       UPDATE discrepancies SET status = 'resolved', resolved_at = $2, resolved_by = 'gateway:' || gateway, reason = 'the payment has come'
         FROM held WHERE discrepancies.id = held.id
       RETURNING ${COLUMNS}`,
      [callbackIds, at],
    );
    return rows.map(openFrom);
  }
}

const rowOf = (open: OpenDiscrepancy): DiscrepancyRow => ({
  kind: open.kind,
  gateway: open.gateway,
  payment_number: open.paymentNumber,
  order_number: open.orderNumber,
  transaction_id: open.transactionId,
  callback_id: open.callbackId,
  details: open.details,
});

export const openFrom = (row: DiscrepancyRow): OpenDiscrepancy => ({
  kind: row.kind,
  gateway: row.gateway,
  paymentNumber: row.payment_number,
  orderNumber: row.order_number,
  transactionId: row.transaction_id,
  callbackId: row.callback_id,
  details: row.details,
});
