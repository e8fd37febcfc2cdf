import { setTimeout as wait } from 'node:timers/promises';
import type { MigrationInterface, QueryRunner } from 'typeorm';

const PAGE = 2_000;
const UNIQUE_VIOLATION = '23505';
const ATTEMPTS = 10;
const RETRY_MS = 200;

/** What both releases agree on: one open case for a piece of money, and one case for each other fact. */
const INDEXES = {
  discrepancies_open_money: `ON discrepancies (transaction_id, gateway) WHERE money AND status = 'open'`,
  discrepancies_identity: 'ON discrepancies (identity) WHERE identity IS NOT NULL',
} as const;

/**
 * The key that they replace: a piece of money may have two cases of one kind after each other. A trigger has its part for the release before.
 */
const REPLACED = 'discrepancies_money_key';
const REPLACED_KEY = `ON discrepancies (kind, gateway, coalesce(payment_number, ''), transaction_id) WHERE transaction_id IS NOT NULL`;

/** Completes the cases of earlier releases, beside the traffic, and then lets the database hold the rule. */
export class OneCaseForAPiece1763900000025 implements MigrationInterface {
  readonly name = 'OneCaseForAPiece1763900000025';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await completeAll(runner);
    await runner.query('ALTER TABLE discrepancies VALIDATE CONSTRAINT discrepancies_resolution_words');
    for (const [name, definition] of Object.entries(INDEXES)) await buildUnique(runner, name, definition);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${REPLACED}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${REPLACED}`);
    await runner.query(`CREATE UNIQUE INDEX CONCURRENTLY ${REPLACED} ${REPLACED_KEY}`);
    for (const name of Object.keys(INDEXES)) await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  }
}

async function completeAll(runner: QueryRunner): Promise<void> {
  for (let after: string | null = '0'; after !== null;) {
    const [page] = (await runner.query(`SELECT complete_cases($1, ${PAGE}) AS last`, [after])) as {
      last: string | null;
    }[];
    after = page?.last ?? null;
  }
}

async function endSuperfluous(runner: QueryRunner): Promise<void> {
  for (;;) {
    const [ended] = (await runner.query('SELECT end_superfluous_cases() AS count')) as { count: string }[];
    if (!ended || ended.count === '0') return;
  }
}

/** A release that still works may open a second case until the index is there. Then the build fails, and the case ends. */
async function buildUnique(runner: QueryRunner, name: string, definition: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await endSuperfluous(runner);
    await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    try {
      await runner.query(`CREATE UNIQUE INDEX CONCURRENTLY ${name} ${definition}`);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION || attempt === ATTEMPTS) throw error;
      await wait(RETRY_MS);
    }
  }
}
