import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A repeated request is recognised by its JSON and not by its bytes. `body_hash` stays the hash of the bytes, which the release before
 * compares. `json_hash` is `<body_hash>:<hash of the JSON>`: where the release before has stored another request under the key, the first part
 * differs from `body_hash`, and the rest does not count.
 */
export class BodiesComparedAsJson1763900000021 implements MigrationInterface {
  readonly name = 'BodiesComparedAsJson1763900000021';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ADD json_hash text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys DROP json_hash');
  }
}
