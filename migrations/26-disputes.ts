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

const DOWN = `
DROP TABLE disputes;
`;

export class Disputes1763900000026 implements MigrationInterface {
  readonly name = 'Disputes1763900000026';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
