import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Disputes as their gateways report them. Nothing of an earlier release writes here. */
const UP = `
CREATE TABLE disputes (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway        text NOT NULL,
  dispute_id     text NOT NULL CHECK (length(dispute_id) BETWEEN 1 AND 128),
  -- The gateway's id of the piece of money.
  transaction_id text NOT NULL CHECK (length(transaction_id) BETWEEN 1 AND 128),
  payment_number text,
  order_number   text,
  amount         numeric CHECK (amount >= 0 AND amount < 'Infinity'),
  currency       text CHECK (currency ~ '^[A-Z]+$' AND length(currency) = 3),
  reason         text,
  status         text NOT NULL CHECK (status IN ('inquiry','needs_response','under_review','won','lost','closed')),
  due_by         timestamptz,
  -- The gateway holds the money now.
  money_taken    boolean NOT NULL DEFAULT false,
  -- The newest callback that has changed it.
  callback_id    bigint,
  -- Its money is not known here yet: no success, no case.
  waiting        boolean NOT NULL DEFAULT false,
  -- The gateway's time of the newest report, of the newest that has said a status, and of the newest that has said whether the money is
  -- taken.
  reported_at        timestamptz,
  status_reported_at timestamptz,
  money_reported_at  timestamptz,
  opened_at      timestamptz NOT NULL,
  closed_at      timestamptz,
  updated_at     timestamptz NOT NULL,
  -- The newest entries, oldest first. Events of disputes have no index of their own, because every callback would have to maintain it.
  log            jsonb NOT NULL DEFAULT '[]',
  -- With the transaction: a sender may name another one later, and nothing that a sender does may be an error.
  CONSTRAINT disputes_key UNIQUE (gateway, dispute_id, transaction_id),
  CHECK ((amount IS NULL) = (currency IS NULL))
);
CREATE INDEX disputes_of_piece ON disputes (transaction_id, gateway);
CREATE INDEX disputes_of_payment ON disputes (payment_number, id) WHERE payment_number IS NOT NULL;
CREATE INDEX disputes_by_status ON disputes (status, id);
CREATE INDEX disputes_open ON disputes (gateway, due_by) WHERE status IN ('inquiry','needs_response','under_review');
CREATE INDEX disputes_waiting ON disputes (opened_at) WHERE waiting;
`;

/**
 * Makes a dispute of each open case that tells of one, and opens the case that the dispute needs. Earlier releases opened one case for all
 * disputes of a payment, by the first report. The log of the payment names the callbacks of the later reports.
 */
const RECORD_REPORTED = `
CREATE FUNCTION record_reported_dispute(case_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  reported discrepancies;
  money_id text;
  owner payments;
  known boolean;
  told record;
  opened_kind text;
  opened_id bigint;
  successor_id bigint;
  said_data jsonb;
  has_report boolean := false;
BEGIN
  SELECT * INTO reported FROM discrepancies WHERE id = case_id;
  SELECT * INTO owner FROM payments WHERE number = reported.payment_number AND gateway = reported.gateway;
  money_id := coalesce(reported.transaction_id, owner.transaction_id);
  -- The piece of money before its cases, as the service locks them.
  PERFORM pg_advisory_xact_lock(5, hashtext(reported.gateway || ' ' || money_id)) WHERE money_id IS NOT NULL;
  SELECT * INTO reported FROM discrepancies WHERE id = case_id AND status = 'open' AND kind = 'dispute_reported' FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT payments.* INTO owner FROM payments JOIN settled_transactions AS settled ON settled.payment_number = payments.number
   WHERE settled.transaction_id = money_id AND settled.gateway = reported.gateway;
  known := owner.number IS NOT NULL OR EXISTS (
    SELECT FROM discrepancies WHERE transaction_id = money_id AND (gateway = reported.gateway AND money) IS TRUE);
  IF owner.number IS NULL THEN
    SELECT * INTO owner FROM payments WHERE number = reported.payment_number AND gateway = reported.gateway;
  END IF;

  FOR told IN
    WITH said AS (
      SELECT id, notice, notice->'dispute' AS report, (notice->'dispute'->>'at')::timestamptz AS at,
             array_position(ARRAY['inquiry','needs_response','under_review','closed','won','lost'], notice->'dispute'->>'status') AS rank,
             coalesce(notice->'dispute'->'amount', jsonb_build_object('amount', notice->'amount', 'currency', notice->'currency')) AS amount
        FROM callbacks
       WHERE id = ANY (ARRAY(SELECT callback_id FROM events WHERE payment_number = reported.payment_number
                                AND type = 'callback.dispute_reported') || reported.callback_id)
         AND gateway = reported.gateway AND (notice->>'transactionId') IS NOT DISTINCT FROM reported.transaction_id)
    -- Releases before 0.7.0 have not stored the id. Such a report stands for a dispute only if none has an id.
    SELECT coalesce(report->>'disputeId', 'case-' || reported.id) AS dispute_id, max(id) AS callback_id, max(at) AS at,
           coalesce((array_agg(report->>'status' ORDER BY at DESC NULLS LAST, rank DESC) FILTER (WHERE rank IS NOT NULL))[1],
                    'needs_response') AS status,
           max(at) FILTER (WHERE rank IS NOT NULL) AS status_at,
           (array_agg(report->>'reason' ORDER BY at DESC NULLS LAST) FILTER (WHERE report->>'reason' IS NOT NULL))[1] AS reason,
           (array_agg((report->>'dueBy')::timestamptz ORDER BY at DESC NULLS LAST) FILTER (WHERE report->>'dueBy' IS NOT NULL))[1] AS due_by,
           coalesce((array_agg((report->>'moneyTaken')::boolean ORDER BY at DESC NULLS LAST, (report->>'moneyTaken')::boolean DESC)
                     FILTER (WHERE report->>'moneyTaken' IS NOT NULL))[1], false) AS money_taken,
           max(at) FILTER (WHERE report->>'moneyTaken' IS NOT NULL) AS money_at,
           (array_agg(amount ORDER BY at DESC NULLS LAST) FILTER (WHERE amount->>'amount' IS NOT NULL AND amount->>'currency' IS NOT NULL))[1]
             AS amount
      FROM said
     WHERE report->>'disputeId' IS NOT NULL OR NOT EXISTS (SELECT FROM said WHERE report->>'disputeId' IS NOT NULL)
     GROUP BY 1 ORDER BY 2
  LOOP
    has_report := true;
    opened_kind := CASE WHEN money_id IS NULL THEN 'unmatched' WHEN NOT known THEN NULL
      WHEN told.status IN ('inquiry','needs_response') THEN 'dispute' WHEN told.status = 'lost' THEN 'dispute_lost' END;
    IF money_id IS NOT NULL THEN
      said_data := jsonb_build_object('disputeId', told.dispute_id, 'gateway', reported.gateway, 'transactionId', money_id,
        'amount', told.amount, 'status', told.status, 'dueBy', told.due_by, 'moneyTaken', told.money_taken);
      INSERT INTO disputes (gateway, dispute_id, transaction_id, payment_number, order_number, callback_id, amount, currency, reason, status,
                            due_by, money_taken, waiting, reported_at, status_reported_at, money_reported_at, opened_at, closed_at, updated_at,
                            log)
      VALUES (reported.gateway, told.dispute_id, money_id, owner.number, owner.order_number, told.callback_id,
              (told.amount->>'amount')::numeric, told.amount->>'currency', told.reason, told.status, told.due_by, told.money_taken,
              NOT known, told.at, told.status_at, told.money_at, now(),
              CASE WHEN told.status IN ('won','lost','closed') THEN now() END, now(),
              jsonb_build_array(jsonb_build_object('at', now(), 'event', 'dispute.opened', 'actor', 'clock', 'data', said_data)))
      ON CONFLICT DO NOTHING;
      IF FOUND THEN
        INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
        SELECT now(), owner.order_number, owner.number, told.callback_id, 'clock', type, said_data
          FROM unnest(ARRAY['dispute.opened','dispute.closed']) AS type
         WHERE type = 'dispute.opened' OR told.status IN ('won','lost','closed');
      END IF;
    END IF;
    opened_id := open_reported_case(reported, opened_kind, told.dispute_id, told.callback_id, told.due_by, told.amount,
      jsonb_build_object('paid', (told.amount->>'amount') || ' ' || (told.amount->>'currency'), 'reason', told.reason,
        'disputeId', told.dispute_id, 'status', told.status, 'moneyTaken', told.money_taken::text));
    successor_id := coalesce(opened_id, successor_id);
  END LOOP;
  IF NOT has_report THEN
    successor_id := open_reported_case(reported, 'unreadable', NULL, reported.callback_id, NULL, NULL,
      jsonb_build_object('paid', NULL, 'reason', 'the report of the dispute is not stored'));
  END IF;

  UPDATE discrepancies SET status = 'resolved', resolved_at = now(), resolved_by = 'clock', reason = 'recorded as a dispute',
         ended_by = jsonb_build_object('by', 'successor', 'discrepancyId', successor_id::text) WHERE id = reported.id;
  INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
  VALUES (now(), reported.order_number, reported.payment_number, reported.callback_id, 'clock', 'discrepancy.resolved',
          jsonb_build_object('id', reported.id::text, 'kind', reported.kind, 'gateway', reported.gateway,
            'transactionId', reported.transaction_id, 'reason', 'recorded as a dispute',
            'endedBy', jsonb_build_object('by', 'successor', 'discrepancyId', successor_id::text),
            'amount', CASE WHEN reported.amount IS NOT NULL THEN
              jsonb_build_object('amount', split_part(reported.details->>'paid', ' ', 1), 'currency', reported.currency) END));
END $$;

CREATE FUNCTION open_reported_case(reported discrepancies, opened_kind text, dispute_id text, callback bigint, due timestamptz,
                                              money jsonb, shown jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  opened_id bigint;
BEGIN
  IF opened_kind IS NULL THEN RETURN NULL; END IF;
  INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at, money, identity,
                             amount, currency, due_by, assignee)
  VALUES (opened_kind, reported.gateway, reported.payment_number, reported.order_number, reported.transaction_id, callback, shown, now(),
          false, opened_kind || coalesce(' ' || reported.gateway || ' dispute ' || dispute_id, ' callback ' || callback),
          (money->>'amount')::numeric, money->>'currency', CASE WHEN opened_kind <> 'dispute_lost' THEN due END, reported.assignee)
  ON CONFLICT (identity) WHERE identity IS NOT NULL DO NOTHING RETURNING id INTO opened_id;
  INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
  SELECT now(), reported.order_number, reported.payment_number, callback, 'clock', 'discrepancy.opened',
         jsonb_build_object('id', opened_id::text, 'kind', opened_kind, 'gateway', reported.gateway, 'transactionId',
           reported.transaction_id, 'amount', money, 'reason', shown->'reason')
   WHERE opened_id IS NOT NULL;
  RETURN opened_id;
END $$;
REVOKE ALL ON FUNCTION record_reported_dispute(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION open_reported_case(discrepancies, text, text, bigint, timestamptz, jsonb, jsonb) FROM PUBLIC;
`;

const DOWN = `
DROP FUNCTION record_reported_dispute(bigint);
DROP FUNCTION open_reported_case(discrepancies, text, text, bigint, timestamptz, jsonb, jsonb);
DROP TABLE disputes;
`;

export class Disputes1763900000026 implements MigrationInterface {
  readonly name = 'Disputes1763900000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
    await runner.query(RECORD_REPORTED);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
