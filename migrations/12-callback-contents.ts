import type { MigrationInterface, QueryRunner } from 'typeorm';

const SLOTS = 32;

const partitions = Array.from(
  { length: SLOTS },
  (_, slot) =>
    `CREATE TABLE callback_contents_${slot} PARTITION OF callback_contents FOR VALUES IN (${slot});`,
).join('\n');

/**
 * Headers and bodies of callbacks, in a ring of partitions. New contents go into the current slot; from time to time the next slot
 * becomes the current one, and slots that are old enough are emptied by TRUNCATE, which costs the same for one row as for a million
 * and leaves no dead rows. A ring needs no new tables while the service runs, so the role of the service needs no right to make any.
 *
 * Contents of earlier releases stay in the table of callbacks until they are pruned.
 */
const UP = `
CREATE TABLE callback_contents (
  slot        smallint NOT NULL,
  callback_id bigint NOT NULL,
  headers     jsonb NOT NULL,
  body        bytea NOT NULL,
  PRIMARY KEY (callback_id, slot)
) PARTITION BY LIST (slot);
${partitions}

-- The slots that have contents. The one that is not closed is the current one.
CREATE TABLE content_slots (
  slot      smallint PRIMARY KEY CHECK (slot BETWEEN 0 AND ${SLOTS - 1}),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz
);
CREATE UNIQUE INDEX content_slots_current ON content_slots ((closed_at IS NULL)) WHERE closed_at IS NULL;
INSERT INTO content_slots (slot, opened_at) VALUES (0, now());

-- Opens another slot when the current one has been open for a thirtieth of the retention, and empties the slots that were closed
-- longer than the retention ago. Contents that a pending callback or an open case needs move to the current slot before. Returns how
-- many slots it has emptied. It runs with the rights of its owner, because TRUNCATE on the partitions is no right of the service. Its
-- time is that of the database: the wrong clock of one process must not drop the contents of all.
CREATE FUNCTION rotate_callback_contents(retention interval) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  now_open content_slots;
  oldest smallint[];
  next_slot smallint;
  old_slot smallint;
  emptied integer := 0;
BEGIN
  IF retention < interval '1 day' THEN
    RAISE EXCEPTION 'contents of callbacks are stored for a day at least' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- One process at a time; the others have nothing to do then.
  IF NOT pg_try_advisory_xact_lock(4, 0) THEN
    RETURN 0;
  END IF;
  SELECT * INTO STRICT now_open FROM content_slots WHERE closed_at IS NULL;
  IF now() >= now_open.opened_at + retention / ${SLOTS - 2} THEN
    SELECT slot INTO next_slot FROM generate_series(0, ${SLOTS - 1}) AS slot
     WHERE slot NOT IN (SELECT used.slot FROM content_slots AS used)
     ORDER BY (slot - now_open.slot + ${SLOTS}) % ${SLOTS} LIMIT 1;
    IF next_slot IS NULL THEN
      -- All slots have contents that are not old enough, because the retention was shorter before. The two oldest become one.
      oldest := ARRAY(SELECT slot FROM content_slots WHERE closed_at IS NOT NULL ORDER BY closed_at LIMIT 2);
      next_slot := oldest[1];
      EXECUTE format('LOCK TABLE callback_contents_%s IN ACCESS EXCLUSIVE MODE', next_slot);
      INSERT INTO callback_contents (slot, callback_id, headers, body)
      SELECT oldest[2], callback_id, headers, body FROM callback_contents WHERE slot = next_slot;
      EXECUTE format('TRUNCATE callback_contents_%s', next_slot);
      DELETE FROM content_slots WHERE slot = next_slot;
    END IF;
    UPDATE content_slots SET closed_at = now() WHERE slot = now_open.slot;
    INSERT INTO content_slots (slot, opened_at) VALUES (next_slot, now()) RETURNING * INTO now_open;
  END IF;
  FOR old_slot IN SELECT slot FROM content_slots WHERE closed_at < now() - retention ORDER BY closed_at LOOP
    EXECUTE format('LOCK TABLE callback_contents_%s IN ACCESS EXCLUSIVE MODE', old_slot);
    INSERT INTO callback_contents (slot, callback_id, headers, body)
    SELECT now_open.slot, needed.callback_id, content.headers, content.body
      FROM (SELECT id AS callback_id FROM callbacks WHERE outcome = 'pending'
            UNION SELECT callback_id FROM discrepancies WHERE status = 'open' AND callback_id IS NOT NULL) AS needed,
           LATERAL (SELECT * FROM callback_contents AS stored
                     WHERE stored.slot = old_slot AND stored.callback_id = needed.callback_id LIMIT 1) AS content;
    EXECUTE format('TRUNCATE callback_contents_%s', old_slot);
    DELETE FROM content_slots WHERE slot = old_slot;
    emptied := emptied + 1;
  END LOOP;
  RETURN emptied;
END $$;
REVOKE ALL ON FUNCTION rotate_callback_contents FROM PUBLIC;
`;

// The older schema has headers and body in the table of callbacks, and requires them for a pending one.
const DOWN = `
UPDATE callbacks SET headers = contents.headers, body = contents.body
  FROM callback_contents AS contents WHERE contents.callback_id = callbacks.id AND callbacks.body IS NULL;
DROP FUNCTION rotate_callback_contents;
DROP TABLE content_slots, callback_contents;
`;

export class CallbackContents1763900000012 implements MigrationInterface {
  readonly name = 'CallbackContents1763900000012';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
