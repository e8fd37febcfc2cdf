import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The first schema. A status is text with a CHECK, so a new status is one line of a migration, and rows show it in words. */
const UP = `
CREATE TABLE orders (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number      text NOT NULL UNIQUE CHECK (number ~ '^[A-Za-z0-9_-]{1,64}$'),
  -- Plain numeric: numeric(12,2) would round further decimals, and money is never rounded here. The upper bound also
  -- excludes NaN, which PostgreSQL sorts above every number.
  total       numeric NOT NULL CHECK (total > 0 AND total < 'Infinity'),
  currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status      text NOT NULL CHECK (status IN ('pending','paid','shipped','completed','refunding','refunded','cancelled')),
  customer_id text CHECK (length(customer_id) BETWEEN 1 AND 64),
  created_at  timestamptz NOT NULL DEFAULT now(),
  updated_at  timestamptz NOT NULL DEFAULT now()
)
-- Every settled payment updates its order once. Free space on the page makes that a heap-only update.
WITH (fillfactor = 80);
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_customer ON orders (customer_id, id) WHERE customer_id IS NOT NULL;

CREATE TABLE payments (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number         text NOT NULL UNIQUE CHECK (number ~ '^[A-Za-z0-9_-]{1,64}$'),
  order_number   text NOT NULL REFERENCES orders (number),
  gateway        text NOT NULL CHECK (length(gateway) BETWEEN 1 AND 64),
  amount         numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  status         text NOT NULL CHECK (status IN ('init','processing','succeeded','failed','cancelled','expired')),
  transaction_id text CHECK (length(transaction_id) BETWEEN 1 AND 128),
  expires_at     timestamptz NOT NULL,
  paid_at        timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  -- Exactly the payments that succeeded have a transaction and a time.
  CHECK ((status = 'succeeded') = (transaction_id IS NOT NULL)),
  CHECK ((status = 'succeeded') = (paid_at IS NOT NULL))
) WITH (fillfactor = 80);
-- One transaction of a gateway settles one payment only, even if two database transactions settle at the same time.
CREATE UNIQUE INDEX payments_transaction_key ON payments (gateway, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX payments_by_order ON payments (order_number, id);
CREATE INDEX payments_by_status ON payments (status, id);
CREATE INDEX payments_by_gateway ON payments (gateway, id);

-- The inbox: an acknowledgement means that a row is here.
CREATE TABLE callbacks (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway         text NOT NULL,
  -- 255 for the gateway's id, and the rest for ~hash, which is added if one id came with two contents.
  event_id        text NOT NULL CHECK (length(event_id) BETWEEN 1 AND 300),
  -- A hash over kind, number, transaction and money, which is equal for copies. The same id with another hash is not a copy.
  fingerprint     text NOT NULL,
  kind            text NOT NULL,
  payment_number  text,
  -- The notification as parsed at receipt. Keys rotate, so a stored callback is settled from it and never verified again.
  notice          jsonb NOT NULL,
  key_id          text NOT NULL,
  headers         jsonb NOT NULL,
  body            bytea NOT NULL,
  received_at     timestamptz NOT NULL,
  -- The time that decides whether the money is late. It is fixed at the first receipt.
  judged_at       timestamptz NOT NULL,
  outcome         text NOT NULL,
  settled_at      timestamptz,
  deliveries      integer NOT NULL DEFAULT 1 CHECK (deliveries > 0),
  attempts        integer NOT NULL DEFAULT 0,
  next_attempt_at timestamptz,
  CONSTRAINT callbacks_event_key UNIQUE (gateway, event_id),
  CHECK (outcome IN ('settled','duplicate','recorded','stale','ignored','unmatched','foreign','paid_twice','transaction_reused',
    'paid_late','amount_mismatched','order_not_payable','unreadable','conflicting','refund_reported','dispute_reported',
    'pending','undeliverable')),
  -- A pending callback has the time of its next attempt; a decided one has the time of its decision.
  CHECK ((outcome = 'pending') = (settled_at IS NULL)),
  CHECK (outcome <> 'pending' OR next_attempt_at IS NOT NULL)
);
CREATE INDEX callbacks_by_payment ON callbacks (payment_number, id) WHERE payment_number IS NOT NULL;
CREATE INDEX callbacks_by_gateway ON callbacks (gateway, id);
-- Nearly every row is settled, so the list by outcome needs an index only for the others.
CREATE INDEX callbacks_unsettled ON callbacks (outcome, id) WHERE outcome <> 'settled';
CREATE INDEX callbacks_due ON callbacks (next_attempt_at) WHERE outcome = 'pending';
CREATE INDEX callbacks_awaiting_payment ON callbacks (payment_number) WHERE outcome = 'unmatched';

-- The log of the payments, the history of the orders and the outbox in one table: three readers and one insert.
CREATE TABLE events (
  -- Assigned while the order is locked, so the events of one order are numbered in the sequence in which they happened.
  id             bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
  -- A reader that takes only transactions older than every running one neither skips nor reorders events.
  tx             xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at             timestamptz NOT NULL,
  order_number   text,
  payment_number text,
  callback_id    bigint,
  actor          text NOT NULL,
  type           text NOT NULL,
  data           jsonb NOT NULL
);
CREATE INDEX events_by_tx ON events (tx, id);
CREATE INDEX events_by_order ON events (order_number, id) WHERE order_number IS NOT NULL;
CREATE INDEX events_by_payment ON events (payment_number, id) WHERE payment_number IS NOT NULL;
-- An order is paid once only.
CREATE UNIQUE INDEX events_order_paid_once ON events (order_number) WHERE type = 'order.paid';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE discrepancies (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind           text NOT NULL CHECK (kind IN ('unmatched','foreign','paid_twice','transaction_reused','paid_late','amount_mismatched',
    'order_not_payable','unreadable','conflicting','refund_reported','dispute_reported','undeliverable','refund_due')),
  status         text NOT NULL DEFAULT 'open' CHECK (status IN ('open','resolved')),
  gateway        text NOT NULL,
  payment_number text,
  order_number   text,
  transaction_id text,
  callback_id    bigint REFERENCES callbacks (id),
  details        jsonb NOT NULL DEFAULT '{}',
  opened_at      timestamptz NOT NULL,
  resolved_at    timestamptz,
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK (transaction_id IS NOT NULL OR callback_id IS NOT NULL)
);
-- One case for one piece of money, open or resolved. With two cases an operator would refund it twice.
CREATE UNIQUE INDEX discrepancies_money_key ON discrepancies (kind, gateway, coalesce(payment_number, ''), transaction_id)
  WHERE transaction_id IS NOT NULL;
CREATE UNIQUE INDEX discrepancies_callback_key ON discrepancies (kind, callback_id) WHERE transaction_id IS NULL;
CREATE INDEX discrepancies_by_status ON discrepancies (status, id);
CREATE INDEX discrepancies_by_kind ON discrepancies (kind, id);
CREATE INDEX discrepancies_by_payment ON discrepancies (payment_number, id) WHERE payment_number IS NOT NULL;
-- For refunds and disputes that name only the transaction: the payment that its money was for, and whether it was refunded.
CREATE INDEX discrepancies_by_transaction ON discrepancies (gateway, transaction_id) WHERE transaction_id IS NOT NULL;
CREATE INDEX discrepancies_of_callback ON discrepancies (callback_id) WHERE kind = 'unmatched' AND status = 'open';
CREATE INDEX discrepancies_open ON discrepancies (kind) WHERE status = 'open';

-- The replies of writes, stored for a day, in the transaction of the write itself.
CREATE TABLE idempotency_keys (
  token_name text NOT NULL,
  method     text NOT NULL,
  path       text NOT NULL,
  key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  body_hash  text NOT NULL,
  status     integer NOT NULL CHECK (status BETWEEN 200 AND 499),
  -- The text exactly as it was sent, because a repeated request gets the same reply.
  reply      text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (token_name, method, path, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The only table into which an unauthenticated client can cause inserts. The writer caps its rows.
CREATE TABLE rejections (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway        text NOT NULL,
  reason         text NOT NULL,
  received_at    timestamptz NOT NULL,
  remote_address text NOT NULL
);
`;

const DOWN = `
DROP TABLE rejections, idempotency_keys, discrepancies, events, callbacks, payments, orders;
DROP FUNCTION refuse_change();
`;

export class InboxAndLedger1763900000000 implements MigrationInterface {
  readonly name = 'InboxAndLedger1763900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
