import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- For the scheduled expiry. A payment leaves the index when it is settled, so the index contains only the open payments.
CREATE INDEX payments_due ON payments (expires_at) WHERE status IN ('init','processing');

-- Body and headers are removed together, some time after the callback was settled. The keys and the parsed notification stay.
ALTER TABLE callbacks
  ALTER COLUMN body DROP NOT NULL,
  ALTER COLUMN headers DROP NOT NULL,
  ADD CONSTRAINT callbacks_body_with_headers CHECK ((body IS NULL) = (headers IS NULL)),
  ADD CONSTRAINT callbacks_body_until_settled CHECK (body IS NOT NULL OR settled_at IS NOT NULL);
-- For the retention, which walks from the oldest body on. Without the index every walk would begin at the first callback.
CREATE INDEX callbacks_with_body ON callbacks (settled_at, id) WHERE body IS NOT NULL;

-- The retention looks for open cases of every kind. The new index contains the old one, which had only unmatched cases.
DROP INDEX discrepancies_of_callback;
CREATE INDEX discrepancies_of_callback ON discrepancies (callback_id) WHERE status = 'open';
`;

// A body that was removed cannot be restored. The older schema requires one, so it gets an empty one.
const DOWN = `
DROP INDEX discrepancies_of_callback;
CREATE INDEX discrepancies_of_callback ON discrepancies (callback_id) WHERE kind = 'unmatched' AND status = 'open';

DROP INDEX callbacks_with_body;
UPDATE callbacks SET body = '', headers = '{}' WHERE body IS NULL;
ALTER TABLE callbacks
  DROP CONSTRAINT callbacks_body_until_settled,
  DROP CONSTRAINT callbacks_body_with_headers,
  ALTER COLUMN headers SET NOT NULL,
  ALTER COLUMN body SET NOT NULL;

DROP INDEX payments_due;
`;

export class ExpiryAndRetention1763900000002 implements MigrationInterface {
  readonly name = 'ExpiryAndRetention1763900000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
