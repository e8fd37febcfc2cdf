import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How, by whom and why cases are ended, and the notes of operators. */
const UP = `
ALTER TABLE discrepancies
  ADD resolution  text CHECK (resolution IN ('accept','refunded_elsewhere','dismiss')),
  ADD resolved_by text,
  -- What the operator wrote. It may name a person, so no event contains it.
  ADD note        text CHECK (length(note) BETWEEN 1 AND 1000),
  ADD reference   text CHECK (length(reference) BETWEEN 1 AND 255),
  -- The outcome of an acceptance, or why the case closed by itself.
  ADD reason      text,
  -- A decision of an operator has a name and a note. A refund has a reference by which it can be found.
  ADD CONSTRAINT discrepancies_resolution CHECK (resolution IS NULL
    OR (status = 'resolved' AND resolved_by IS NOT NULL AND note IS NOT NULL
        AND (resolution <> 'refunded_elsewhere' OR reference IS NOT NULL)));

-- Money that was refunded must not be accepted afterwards. Every batch of successes looks it up.
CREATE INDEX discrepancies_given_back ON discrepancies (gateway, transaction_id) WHERE resolution = 'refunded_elsewhere';

CREATE TABLE discrepancy_notes (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  discrepancy_id bigint NOT NULL REFERENCES discrepancies (id),
  at             timestamptz NOT NULL,
  actor          text NOT NULL,
  note           text NOT NULL CHECK (length(note) BETWEEN 1 AND 1000)
);
CREATE INDEX discrepancy_notes_of ON discrepancy_notes (discrepancy_id, id);
`;

const DOWN = `
DROP TABLE discrepancy_notes;
DROP INDEX discrepancies_given_back;
ALTER TABLE discrepancies
  DROP CONSTRAINT discrepancies_resolution, DROP resolution, DROP resolved_by, DROP note, DROP reference, DROP reason;
`;

export class Resolutions1763900000003 implements MigrationInterface {
  readonly name = 'Resolutions1763900000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
