import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where events go, how far the log has been turned into deliveries, and the deliveries. */
const UP = `
CREATE TABLE subscribers (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind             text NOT NULL CHECK (kind IN ('webhook','nats')),
  url              text CHECK (length(url) BETWEEN 1 AND 2048),
  -- The types that it wants; null for all.
  events           text[] CHECK (cardinality(events) > 0),
  -- Kept as they are: signing needs them. No list and no log shows them.
  secret           text,
  old_secret       text,
  old_secret_until timestamptz,
  -- Of the transactions that this snapshot shows, the subscriber hears nothing: they were done before it was there.
  since            pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
  -- Paused: takes events and is sent none. Off: the stream of an installation that has none now. Removed: soon forgotten.
  status           text NOT NULL DEFAULT 'active' CHECK (status IN ('active','paused','off','removed')),
  failures         integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since    timestamptz,
  paused_because   text CHECK (length(paused_because) <= 1000),
  paused_at        timestamptz,
  -- Of the stream: when a process last had its address.
  seen_at          timestamptz,
  created_at       timestamptz NOT NULL,
  CHECK ((kind = 'webhook') = (url IS NOT NULL)),
  CHECK ((kind = 'webhook') = (secret IS NOT NULL)),
  CHECK ((kind = 'nats') = (seen_at IS NOT NULL)),
  CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
  CHECK ((failures > 0) = (failing_since IS NOT NULL)),
  CHECK ((status = 'paused') <= (paused_at IS NOT NULL AND paused_because IS NOT NULL))
);
-- There is one stream, however many processes start at once with its address.
CREATE UNIQUE INDEX subscribers_one_stream ON subscribers (kind) WHERE kind = 'nats';

-- How far the log has been read: every event of a transaction below the horizon has its deliveries. While a window
-- [horizon, until) is being read, its events with ids up to after_id have theirs as well. Sorted by id inside a window and
-- never across one, nothing that commits late is passed over, and one order's events stay in their order.
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
  -- Without a foreign key: it would write a lock into the row of every event, and events are never deleted.
  event_id        bigint NOT NULL,
  -- What is sent one after the other: the order, else the payment, else the event alone.
  lane            text NOT NULL,
  status          text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting','sending','delivered','given_up')),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- How many of them belong to earlier rounds: a redelivery begins a new one, with all its retries.
  attempts_before integer NOT NULL DEFAULT 0 CHECK (attempts_before BETWEEN 0 AND attempts),
  -- When it is due; while it is being sent, when whoever sends it has lost it.
  next_attempt_at timestamptz,
  last_attempt_at timestamptz,
  last_status     integer,
  last_error      text CHECK (length(last_error) <= 500),
  delivered_at    timestamptz,
  PRIMARY KEY (subscriber_id, event_id),
  CHECK ((status IN ('waiting','sending')) = (next_attempt_at IS NOT NULL)),
  CHECK ((status = 'delivered') = (delivered_at IS NOT NULL))
);
-- What a subscriber may be sent now.
CREATE INDEX deliveries_due ON deliveries (subscriber_id, next_attempt_at, event_id) WHERE next_attempt_at IS NOT NULL;
-- Whether an earlier event of the same lane is undone.
CREATE INDEX deliveries_by_lane ON deliveries (subscriber_id, lane, event_id) WHERE next_attempt_at IS NOT NULL;
-- The oldest undone event, which is how far a subscriber lags.
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
