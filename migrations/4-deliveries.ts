import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The subscribers to events, the relay's position in the log, and the deliveries. */
const UP = `
CREATE TABLE subscribers (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind             text NOT NULL CHECK (kind IN ('webhook','nats')),
  url              text CHECK (length(url) BETWEEN 1 AND 2048),
  -- The types that it subscribes to; null for all.
  events           text[] CHECK (cardinality(events) > 0),
  -- Stored in plain text, because signing needs them. No list and no log shows them.
  secret           text,
  old_secret       text,
  old_secret_until timestamptz,
  -- Transactions that are visible in this snapshot ended before the subscriber was added. It does not receive their events.
  since            pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
  -- paused: collects events, and none is sent. off: the stream of an installation that uses none now. removed: to be deleted.
  status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active','paused','off','removed')),
  failures         integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since    timestamptz,
  paused_because   text CHECK (length(paused_because) <= 1000),
  paused_at        timestamptz,
  -- For the stream: when a process that publishes to it was last seen.
  seen_at          timestamptz,
  created_at       timestamptz NOT NULL,
  CHECK ((kind = 'webhook') = (url IS NOT NULL)),
  CHECK ((kind = 'webhook') = (secret IS NOT NULL)),
  CHECK ((kind = 'nats') = (seen_at IS NOT NULL)),
  CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  CHECK ((failures > 0) = (failing_since IS NOT NULL)),
  CHECK ((status = 'paused') <= (paused_at IS NOT NULL AND paused_because IS NOT NULL))
);
-- There is one stream, however many processes that publish to it start at the same time.
CREATE UNIQUE INDEX subscribers_one_stream ON subscribers (kind) WHERE kind = 'nats';

-- The position in the log: every event of a transaction below the horizon has its deliveries. While the window
-- [horizon, until) is being read, its events with ids up to after_id have theirs as well. Events are read in order of id within
-- a window and never across windows, so no event of a late commit is skipped, and the events of one order keep their sequence.
CREATE TABLE relay (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  horizon  xid8 NOT NULL,
  until    xid8,
  after_id bigint,
  last_id  bigint,
  CHECK ((until IS NULL) = (after_id IS NULL) AND (until IS NULL) = (last_id IS NULL))
);
INSERT INTO relay (horizon) VALUES (pg_snapshot_xmin(pg_current_snapshot()));

CREATE TABLE deliveries (
  subscriber_id   bigint NOT NULL REFERENCES subscribers (id),
  -- No foreign key: it would write a lock into the row of every event, and events are never deleted.
  event_id        bigint NOT NULL,
  -- The ordering key; deliveries with the same key are sent one after the other. The order, else the payment, else the event.
  lane            text NOT NULL,
  status          text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting','sending','delivered','given_up')),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- How many of them belong to earlier rounds. A redelivery begins a new round, with all retries.
  attempts_before integer NOT NULL DEFAULT 0 CHECK (attempts_before BETWEEN 0 AND attempts),
  -- When it is due; while it is being sent, when the lease of the sending process ends.
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_status     integer,
  last_error      text CHECK (length(last_error) <= 500),
  delivered_at    timestamptz,
  PRIMARY KEY (subscriber_id, event_id),
  CHECK ((status IN ('waiting','sending')) = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);
-- The deliveries of a subscriber that are due.
CREATE INDEX deliveries_due ON deliveries (subscriber_id, next_attempt_at, event_id) WHERE next_attempt_at IS NOT NULL;
-- The oldest delivery of an ordering key that is not done.
CREATE INDEX deliveries_by_lane ON deliveries (subscriber_id, lane, event_id) WHERE next_attempt_at IS NOT NULL;
-- The oldest delivery of a subscriber that is not done: its lag.
CREATE INDEX deliveries_undone ON deliveries (subscriber_id, event_id) WHERE next_attempt_at IS NOT NULL;
-- The deliveries of a payment's events.
CREATE INDEX deliveries_by_event ON deliveries (event_id);
`;

const DOWN = `
DROP TABLE deliveries, relay, subscribers;
`;

export class Deliveries1763900000004 implements MigrationInterface {
  readonly name = 'Deliveries1763900000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
