import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Completes a case that the release before has written. Migration 30 replaces it where 0.8.0 has made it. */
export const COMPLETE_CASE = `
CREATE OR REPLACE FUNCTION complete_case() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  settled_number text := (SELECT settled.payment_number FROM settled_transactions AS settled
                           WHERE settled.transaction_id = NEW.transaction_id AND settled.gateway = NEW.gateway LIMIT 1);
  came jsonb;
  said text[];
BEGIN
  IF NEW.money IS NULL THEN
    IF NEW.kind = 'refund_due' THEN
      -- The release before has stored what was due. The case is about what came.
      came := (SELECT data->'amount' FROM events
                WHERE events.payment_number = NEW.payment_number AND type = 'payment.succeeded' ORDER BY id LIMIT 1);
      IF came->>'amount' IS NOT NULL THEN
        NEW.details := NEW.details || jsonb_build_object('paid', (came->>'amount') || ' ' || (came->>'currency'));
      END IF;
    END IF;
    said := regexp_match(NEW.details->>'paid', '^([0-9.]+) ([A-Z]+)$');
    NEW.amount := said[1]::numeric;
    NEW.currency := said[2];
    NEW.money := NEW.transaction_id IS NOT NULL AND CASE
      WHEN NEW.kind IN ('paid_twice','paid_late','amount_mismatched','order_not_payable','refund_due') THEN true
      WHEN NEW.kind IN ('unmatched','foreign') THEN settled_number IS NULL
      -- Another content under an event id. Which kind it had is not stored, but only a success must name its money.
      WHEN NEW.kind = 'conflicting' THEN settled_number IS NULL AND NEW.amount IS NOT NULL
      ELSE false END;
    IF NOT NEW.money THEN
      NEW.identity := NEW.kind || CASE
        -- Each report of a refund or a dispute is recorded by itself, so none joins the case of another one.
        WHEN NEW.transaction_id IS NULL OR NEW.kind IN ('unreadable','conflicting','undeliverable','refund_reported','dispute_reported')
          THEN ' callback ' || NEW.callback_id
        ELSE ' ' || NEW.gateway || ' ' || coalesce(NEW.payment_number, '') || ' ' || NEW.transaction_id END;
    END IF;
    -- The release before relies on a unique key that is gone, and knows nothing of the one owner of a piece of money.
    IF TG_OP = 'INSERT' AND NEW.money AND EXISTS (
      SELECT FROM discrepancies AS known
       WHERE known.transaction_id = NEW.transaction_id
         AND (known.gateway = NEW.gateway
              AND (known.money AND known.status = 'open'
                   OR known.kind = NEW.kind AND known.payment_number IS NOT DISTINCT FROM NEW.payment_number)) IS TRUE) THEN
      RETURN NULL;
    END IF;
  END IF;

  IF NEW.status = 'resolved' AND NEW.ended_by IS NULL THEN
    IF NEW.kind = 'order_not_payable' AND NEW.resolution IS NULL THEN
      -- A replay of its callback has ended it, and the money had no owner any more.
      NEW.status := 'open';
      NEW.resolved_at := NULL;
      NEW.resolved_by := NULL;
      NEW.reason := NULL;
      RETURN NEW;
    END IF;
    NEW.ended_by := CASE
      WHEN NEW.resolution = 'dismiss' THEN jsonb_build_object('by', 'decision')
      WHEN NEW.resolution = 'refunded_elsewhere' THEN jsonb_build_object('by', 'refunds', 'refundNumber', 'case-' || NEW.id || '-1')
      WHEN NEW.resolution = 'accept' AND NEW.reason IS DISTINCT FROM 'settled' THEN
        jsonb_build_object('by', 'successor', 'discrepancyId', NULL)
      WHEN settled_number IS NOT NULL THEN jsonb_build_object('by', 'settlement', 'paymentNumber', settled_number)
      WHEN NOT NEW.money AND NEW.reason IN ('replayed: duplicate','replayed: recorded','replayed: stale','replayed: ignored') THEN
        jsonb_build_object('by', 'outcome', 'outcome', substr(NEW.reason, 11))
      ELSE jsonb_build_object('by', 'successor', 'discrepancyId', NULL) END;
    IF NEW.resolution = 'refunded_elsewhere' AND NEW.transaction_id IS NOT NULL AND NEW.amount > 0 THEN
      NEW.refund_number := 'case-' || NEW.id || '-1';
      INSERT INTO refunds (number, gateway, transaction_id, payment_number, order_number, discrepancy_id, amount, currency, origin,
                           status, reference, created_at, updated_at)
      VALUES (NEW.refund_number, NEW.gateway, NEW.transaction_id, NEW.payment_number, NEW.order_number, NEW.id, NEW.amount,
              NEW.currency, 'reported', 'succeeded', NEW.reference, NEW.resolved_at, NEW.resolved_at)
      ON CONFLICT DO NOTHING;
    END IF;
  END IF;
  RETURN NEW;
END $$;
`;

/**
 * Each piece of money, a transaction of a gateway, has one open case at most, each case says what has ended it, and what went back is stored
 * as refunds.
 *
 * The release before writes cases without the new columns. A trigger completes its rows with the rights of the owner, because that release
 * has no rights on the new table. This release gives every column itself, so the trigger does nothing for it.
 */
const UP = `
CREATE TABLE refunds (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number            text NOT NULL CONSTRAINT refunds_number_key UNIQUE CHECK (length(number) BETWEEN 1 AND 255),
  gateway           text NOT NULL,
  -- The gateway's id of the piece of money that goes back.
  transaction_id    text NOT NULL CHECK (length(transaction_id) BETWEEN 1 AND 128),
  payment_number    text,
  order_number      text,
  -- The case that it was made for.
  discrepancy_id    bigint,
  amount            numeric NOT NULL CHECK (amount > 0 AND amount < 'Infinity'),
  currency          text NOT NULL CHECK (currency ~ '^[A-Z]+$' AND length(currency) = 3),
  origin            text NOT NULL CHECK (origin IN ('requested','reported')),
  status            text NOT NULL CHECK (status IN ('requested','processing','succeeded','failed')),
  gateway_refund_id text CHECK (length(gateway_refund_id) BETWEEN 1 AND 128),
  -- Where a refund that an operator has recorded can be found.
  reference         text CHECK (length(reference) BETWEEN 1 AND 255),
  reason            text,
  -- The gateway's time of the newest report.
  reported_at       timestamptz,
  failure           jsonb,
  -- Its money is not known here yet: no success, no case.
  waiting           boolean NOT NULL DEFAULT false,
  -- The part of the gateway's sum that no named refund explains. A piece has one at most; its amount changes.
  unnamed           boolean NOT NULL DEFAULT false,
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refunds_of_piece ON refunds (transaction_id, gateway);
CREATE INDEX refunds_of_payment ON refunds (payment_number, id) WHERE payment_number IS NOT NULL;
CREATE INDEX refunds_waiting ON refunds (created_at) WHERE waiting;
CREATE UNIQUE INDEX refunds_unnamed ON refunds (transaction_id, gateway) WHERE unnamed;

-- The newest sum of all refunds of a piece of money that its gateway has named.
CREATE TABLE refund_totals (
  transaction_id text NOT NULL,
  gateway        text NOT NULL,
  amount         numeric NOT NULL CHECK (amount >= 0 AND amount < 'Infinity'),
  currency       text NOT NULL CHECK (currency ~ '^[A-Z]+$' AND length(currency) = 3),
  -- The gateway's time.
  reported_at    timestamptz,
  -- Since when it is less than the refunds that have names.
  below_since    timestamptz,
  PRIMARY KEY (transaction_id, gateway)
);
CREATE INDEX refund_totals_below ON refund_totals (below_since) WHERE below_since IS NOT NULL;

ALTER TABLE discrepancies
  -- The case is the owner of the money of its transaction.
  ADD money         boolean,
  -- What a case beside money is about: a repeat of the same fact joins it. Null for a case that owns money.
  ADD identity      text,
  -- The money that came, the smallest amount if it came with several.
  ADD amount        numeric,
  ADD currency      text,
  -- What has ended it: {"by": "settlement" | "refunds" | "decision" | "successor" | "outcome", …}.
  ADD ended_by      jsonb,
  ADD assignee      text,
  ADD refund_number text,
  ADD due_by        timestamptz,
  DROP CONSTRAINT discrepancies_resolution_check,
  ADD CONSTRAINT discrepancies_resolution_words
    CHECK (resolution IN ('accept','attach','refund','refunded_elsewhere','dismiss')) NOT VALID;

${COMPLETE_CASE}CREATE TRIGGER discrepancies_complete_new BEFORE INSERT ON discrepancies
  FOR EACH ROW WHEN (NEW.money IS NULL) EXECUTE FUNCTION complete_case();
CREATE TRIGGER discrepancies_complete_changed BEFORE UPDATE ON discrepancies
  FOR EACH ROW WHEN (NEW.money IS NULL OR NEW.status = 'resolved' AND NEW.ended_by IS NULL) EXECUTE FUNCTION complete_case();

-- Completes the rows of one page that an earlier release has written. Returns the last id of the page, or null after the last page.
CREATE FUNCTION complete_cases(after_id bigint, page integer) RETURNS bigint LANGUAGE sql AS $$
  UPDATE discrepancies SET money = NULL
   WHERE money IS NULL AND id = ANY (ARRAY(SELECT id FROM discrepancies WHERE id > after_id ORDER BY id LIMIT page));
  SELECT max(id) FROM (SELECT id FROM discrepancies WHERE id > after_id ORDER BY id LIMIT page) AS of_page;
$$;

-- Ends the open money cases that are left over: the money has settled a payment, or the same money has a newer case. Their amounts go to
-- the newer case. Returns how many it has ended. Rows that are locked are left for the next call.
CREATE FUNCTION end_superfluous_cases() RETURNS bigint LANGUAGE sql AS $$
  WITH open_cases AS (
    SELECT id, transaction_id, gateway, kind, max(id) OVER piece AS newest_id
      FROM discrepancies WHERE status = 'open' AND money WINDOW piece AS (PARTITION BY transaction_id, gateway)
  ), superfluous AS (
    SELECT id, newest_id, CASE WHEN id = newest_id THEN
             jsonb_build_object('by', 'settlement', 'paymentNumber', settled.payment_number)
             ELSE jsonb_build_object('by', 'successor', 'discrepancyId', newest_id::text) END AS ended_by
      FROM open_cases LEFT JOIN settled_transactions AS settled
           ON settled.transaction_id = open_cases.transaction_id AND settled.gateway = open_cases.gateway
     WHERE id < newest_id OR settled.payment_number IS NOT NULL AND kind NOT IN ('order_not_payable','refund_due')
  ), taken AS (
    SELECT id FROM discrepancies WHERE id IN (SELECT id FROM superfluous) AND status = 'open' ORDER BY id FOR UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE discrepancies SET status = 'resolved', resolved_at = now(), resolved_by = 'clock', ended_by = superfluous.ended_by,
           reason = CASE superfluous.ended_by->>'by' WHEN 'successor' THEN 'another discrepancy has the money' ELSE 'settled' END
      FROM superfluous WHERE discrepancies.id = superfluous.id AND discrepancies.id IN (SELECT id FROM taken)
    RETURNING discrepancies.*, newest_id
  ), logged AS (
    INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
    SELECT resolved_at, order_number, payment_number, callback_id, resolved_by, 'discrepancy.resolved',
           jsonb_build_object('id', id::text, 'kind', kind, 'gateway', gateway, 'transactionId', transaction_id, 'reason', reason,
             'endedBy', ended_by, 'amount', CASE WHEN amount IS NOT NULL THEN
               jsonb_build_object('amount', split_part(details->>'paid', ' ', 1), 'currency', currency) END)
      FROM ended ORDER BY id
  ), gathered AS (
    UPDATE discrepancies AS newest
       SET details = newest.details || jsonb_build_object('amounts', to_jsonb(ARRAY[newest.details->>'paid']) || (others.texts - (newest.details->>'paid'))),
           amount = CASE newest.currency WHEN others.currency THEN least(newest.amount, others.least) ELSE newest.amount END
      FROM (SELECT newest_id, jsonb_agg(DISTINCT details->>'paid') AS texts, min(amount) AS least, min(currency) AS currency
              FROM ended WHERE id < newest_id GROUP BY newest_id) AS others
     WHERE newest.id = others.newest_id AND newest.status = 'open' AND NOT others.texts <@ jsonb_build_array(newest.details->>'paid')
  )
  SELECT count(*) FROM ended;
$$;
REVOKE ALL ON FUNCTION complete_case(), complete_cases(bigint, integer), end_superfluous_cases() FROM PUBLIC;
`;

const DOWN = `
DROP TRIGGER discrepancies_complete_changed ON discrepancies;
DROP TRIGGER discrepancies_complete_new ON discrepancies;
DROP FUNCTION complete_case(), complete_cases(bigint, integer), end_superfluous_cases();
UPDATE discrepancies SET resolution = 'dismiss' WHERE resolution IN ('attach','refund');
ALTER TABLE discrepancies
  DROP CONSTRAINT discrepancies_resolution_words,
  ADD CONSTRAINT discrepancies_resolution_check CHECK (resolution IN ('accept','refunded_elsewhere','dismiss')),
  DROP due_by, DROP refund_number, DROP assignee, DROP ended_by, DROP currency, DROP amount, DROP identity, DROP money;
DROP TABLE refund_totals;
DROP TABLE refunds;
`;

export class MoneyOfCases1763900000024 implements MigrationInterface {
  readonly name = 'MoneyOfCases1763900000024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
