import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The callbacks of a payment that did not settle it. The one that settled it is named by the events of the payment. */
export class CallbacksOfPayment1763900000015 implements MigrationInterface {
  readonly name = 'CallbacksOfPayment1763900000015';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS callbacks_of_payment');
    await runner.query(
      `CREATE INDEX CONCURRENTLY callbacks_of_payment ON callbacks (payment_number, id)
        WHERE outcome <> 'settled' AND payment_number IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS callbacks_of_payment');
  }
}
