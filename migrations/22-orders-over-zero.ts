import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The total of an order may be zero. A later migration validates the new check, because that reads the whole table. Every row has passed the
 * check before, which allowed less.
 */
const UP = `
ALTER TABLE orders
  DROP CONSTRAINT orders_total_check,
  ADD CONSTRAINT orders_total_check CHECK (total >= 0 AND total < 'Infinity') NOT VALID;
`;

/** Orders of zero stay, and the check holds for what is written afterwards. */
const DOWN = `
ALTER TABLE orders
  DROP CONSTRAINT orders_total_check,
  ADD CONSTRAINT orders_total_check CHECK (total > 0 AND total < 'Infinity') NOT VALID;
`;

export class OrdersOverZero1763900000022 implements MigrationInterface {
  readonly name = 'OrdersOverZero1763900000022';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
