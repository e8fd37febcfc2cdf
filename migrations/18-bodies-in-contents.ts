import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The body of a pending callback is in the table of contents now, and not in this one. */
export class BodiesInContents1763900000018 implements MigrationInterface {
  readonly name = 'BodiesInContents1763900000018';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE callbacks DROP CONSTRAINT callbacks_body_until_settled');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
UPDATE callbacks SET headers = contents.headers, body = contents.body
  FROM callback_contents AS contents WHERE contents.callback_id = callbacks.id AND callbacks.body IS NULL;
ALTER TABLE callbacks
  ADD CONSTRAINT callbacks_body_until_settled CHECK (body IS NOT NULL OR settled_at IS NOT NULL)`);
  }
}
