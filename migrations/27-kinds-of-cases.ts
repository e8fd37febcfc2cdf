import type { MigrationInterface, QueryRunner } from 'typeorm';

const BEFORE = `'unmatched','foreign','paid_twice','transaction_reused','paid_late','amount_mismatched','order_not_payable','unreadable',
  'conflicting','refund_reported','dispute_reported','undeliverable','refund_due'`;
const ADDED = `'refund_failed','refund_stuck','refund_exceeds_payment','dispute','dispute_lost','fraud_warning'`;

/** Cases may be about refunds and disputes. An earlier release opens none of these. */
export class KindsOfCases1763900000027 implements MigrationInterface {
  readonly name = 'KindsOfCases1763900000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE discrepancies DROP CONSTRAINT discrepancies_kind_check,
      ADD CONSTRAINT discrepancies_kinds CHECK (kind IN (${BEFORE},${ADDED})) NOT VALID`);
  }

  /** Rows of the new kinds stay, so the check is not validated. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE discrepancies DROP CONSTRAINT discrepancies_kinds,
      ADD CONSTRAINT discrepancies_kind_check CHECK (kind IN (${BEFORE})) NOT VALID`);
  }
}
