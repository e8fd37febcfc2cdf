import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
-- The sweep asks for open payments by their deadline. A settled payment leaves the index, so it stays as small as what is open.
CREATE INDEX payments_due ON payments (expires_at) WHERE status IN ('init','processing');

-- What a gateway sent is dropped some time after it was settled, body and headers together; the keys and what was understood stay.
ALTER TABLE callbacks
  ALTER COLUMN body DROP NOT NULL,
  ALTER COLUMN headers DROP NOT NULL,
  ADD CONSTRAINT callbacks_body_with_headers CHECK ((body IS NULL) = (headers IS NULL)),
  ADD CONSTRAINT callbacks_body_until_settled CHECK (body IS NOT NULL OR settled_at IS NOT NULL);
-- The walk of the retention, from the oldest on. Without it every walk would begin at the first callback ever.
CREATE INDEX callbacks_with_body ON callbacks (settled_at, id) WHERE body IS NOT NULL;

-- The retention asks for open cases of every kind; the index of the unmatched ones alone is part of this one.
DROP INDEX discrepancies_of_callback;
CREATE INDEX discrepancies_of_callback ON discrepancies (callback_id) WHERE status = 'open';
`;

// A body that was dropped is gone for good; the older schema gets an empty one in its place.
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
