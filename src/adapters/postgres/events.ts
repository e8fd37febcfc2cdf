import type { EventRepository } from '../../application/events/event-repository.js';
import type { DomainEvent } from '../../domain/event.js';
import type { PreparedSql } from './engine/sql.js';

export class PostgresEvents implements EventRepository {
  constructor(private readonly sql: PreparedSql) {}

  /** One statement for any number of events. The identity column numbers them in the order given. */
  async append(events: readonly DomainEvent[]): Promise<void> {
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
