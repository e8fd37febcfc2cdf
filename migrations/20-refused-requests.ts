import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Requests that are refused before their signature is looked at are listed with the rejected callbacks. Such a request may name no gateway,
 * and its path says what its sender got wrong.
 */
const UP = `
ALTER TABLE rejections
  ALTER gateway DROP NOT NULL,
  -- The first 128 printable characters; null if it is not known, and for what an earlier release has stored.
  ADD path text;
`;

const DOWN = `
DELETE FROM rejections WHERE gateway IS NULL;
ALTER TABLE rejections DROP path, ALTER gateway SET NOT NULL;
`;

export class RefusedRequests1763900000020 implements MigrationInterface {
  readonly name = 'RefusedRequests1763900000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
