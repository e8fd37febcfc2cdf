import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The events of an order that belong to none of its payments. Every event has one entry now, here or in the index on the payment.
 * The history of an order is read from here; its event `order.paid`, which names a payment, is found by its own unique index.
 */
export class EventsOfOrder1763900000014 implements MigrationInterface {
  readonly name = 'EventsOfOrder1763900000014';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS events_of_order');
    await runner.query(
      `CREATE INDEX CONCURRENTLY events_of_order ON events (order_number, id)
        WHERE payment_number IS NULL AND order_number IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS events_of_order');
  }
}
