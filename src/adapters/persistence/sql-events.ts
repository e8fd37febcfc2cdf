import type { Events, LoggedEvent } from '../../application/ports.js';
import type { Sql } from './prepared-sql.js';

export class SqlEvents implements Events {
  constructor(private readonly sql: Sql) {}

  /** One statement however many events; the identity numbers them in the order given. */
  async append(events: readonly LoggedEvent[]): Promise<void> {
    const rows = events.map(({ at, orderNumber, paymentNumber, callbackId, actor, type, data }) => ({
      at,
      order_number: orderNumber,
      payment_number: paymentNumber ?? null,
      callback_id: callbackId ?? null,
      actor,
      type,
      data,
    }));
    await this.sql.write(
      `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
       SELECT at, order_number, payment_number, callback_id, actor, type, data
         FROM json_to_recordset($1) AS new (at timestamptz, order_number text, payment_number text, callback_id bigint,
                                            actor text, type text, data jsonb)`,
      [JSON.stringify(rows)],
    );
  }
}
