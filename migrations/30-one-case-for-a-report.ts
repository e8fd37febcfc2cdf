import type { MigrationInterface, QueryRunner } from 'typeorm';
import { COMPLETE_CASE } from './24-money-of-cases.js';

const PAGE = 500;

/** What 0.8.0 has used to make disputes of cases. */
const WITHOUT_OLD_FUNCTIONS = `
DROP FUNCTION IF EXISTS record_reported_dispute(bigint);
DROP FUNCTION IF EXISTS open_reported_case(discrepancies, text, text, bigint, timestamptz, jsonb, jsonb);
`;

/**
 * Opens a case for each report of a page that has joined the case of another report. It leaves out what a person has seen: reports that came
 * before that person has ended the case. It also leaves out reports beside one that 0.8.0 has recorded without its id, because nobody
 * can tell whether they are about the same refund. Returns the last id of the page, or null after the last page.
 */
const OPEN_JOINED = `
CREATE OR REPLACE FUNCTION open_joined_reports(of_kind text, after_id bigint, page integer) RETURNS bigint LANGUAGE sql AS $$
  WITH walked AS (
    SELECT id, gateway, notice, settled_at FROM callbacks
     WHERE outcome <> 'settled' AND outcome = of_kind AND id > after_id ORDER BY outcome, id LIMIT page
  ), joined AS (
    SELECT walked.*, old.payment_number, old.order_number, old.transaction_id, old.assignee
      FROM walked, LATERAL (
        SELECT * FROM discrepancies
         WHERE discrepancies.transaction_id = walked.notice->>'transactionId'
           AND (discrepancies.gateway = walked.gateway AND kind = of_kind) IS TRUE
         ORDER BY discrepancies.id DESC LIMIT 1) AS old
     WHERE NOT EXISTS (SELECT FROM discrepancies AS own WHERE own.callback_id = walked.id AND own.kind = of_kind)
       AND NOT EXISTS (
        SELECT FROM discrepancies AS ended
         WHERE ended.transaction_id = walked.notice->>'transactionId'
           AND (ended.gateway = walked.gateway AND ended.kind = of_kind AND ended.status = 'resolved') IS TRUE
           AND CASE WHEN ended.resolution IS NOT NULL THEN ended.resolved_at >= walked.settled_at
               ELSE (SELECT NOT notice ?| ARRAY['refund','dispute'] FROM callbacks WHERE callbacks.id = ended.callback_id) END)
  ), opened AS (
    INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at, money, identity,
                               amount, currency, assignee)
    SELECT of_kind, gateway, payment_number, order_number, transaction_id, id,
           jsonb_build_object('paid', (notice->>'amount') || ' ' || (notice->>'currency'), 'reason', notice->'reason'), now(), false,
           of_kind || ' callback ' || id, (notice->>'amount')::numeric, notice->>'currency', assignee
      FROM joined ORDER BY id
    ON CONFLICT (identity) WHERE identity IS NOT NULL DO NOTHING
    RETURNING *
  ), logged AS (
    INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
    SELECT opened_at, order_number, payment_number, callback_id, 'clock', 'discrepancy.opened',
           jsonb_build_object('id', id::text, 'kind', kind, 'gateway', gateway, 'transactionId', transaction_id, 'reason', details->'reason',
             'amount', CASE WHEN amount IS NOT NULL THEN
               jsonb_build_object('amount', split_part(details->>'paid', ' ', 1), 'currency', currency) END)
      FROM opened ORDER BY id
  )
  SELECT max(id) FROM walked;
$$;
REVOKE ALL ON FUNCTION open_joined_reports(text, bigint, integer) FROM PUBLIC;
`;

/** A dispute is known by its gateway and the gateway's id. */
const NAMES = `disputes_by_name ON disputes ((gateway || ' ' || dispute_id))`;

/**
 * Until 0.7.0, all reports of refunds, or of disputes, of one transaction had one case. Now each has a case of its own, and a worker of the
 * service records them. Processes of the release before open such cases as long as they run.
 */
export class OneCaseForAReport1763900000030 implements MigrationInterface {
  readonly name = 'OneCaseForAReport1763900000030';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS disputes_by_name');
    await runner.query(`CREATE INDEX CONCURRENTLY ${NAMES}`);
    // First what new reports meet, so that the walk misses none.
    for (const sql of [COMPLETE_CASE, WITHOUT_OLD_FUNCTIONS, OPEN_JOINED]) await runner.query(sql);
    for (const kind of ['refund_reported', 'dispute_reported']) await openJoined(runner, kind);
    await runner.query('DROP FUNCTION IF EXISTS open_joined_reports(text, bigint, integer)');
  }

  /** The cases stay. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX CONCURRENTLY IF EXISTS disputes_by_name');
  }
}

async function openJoined(runner: QueryRunner, kind: string): Promise<void> {
  for (let after: string | null = '0'; after !== null;) {
    const [page] = (await runner.query(`SELECT open_joined_reports($1, $2, ${PAGE}) AS last`, [
      kind,
      after,
    ])) as { last: string | null }[];
    after = page?.last ?? null;
  }
}
