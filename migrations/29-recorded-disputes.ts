import type { MigrationInterface, QueryRunner } from 'typeorm';

const PAGE = 500;

/**
 * What earlier releases have stored as open cases of `dispute_reported` becomes disputes, one case after the other, beside the traffic. The
 * function is that of migration 26.
 */
export class RecordedDisputes1763900000029 implements MigrationInterface {
  readonly name = 'RecordedDisputes1763900000029';
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (let after = '0'; ;) {
      const ids = await openReports(runner, after);
      for (const id of ids) await runner.query('SELECT record_reported_dispute($1)', [id]);
      if (ids.length < PAGE) break;
      after = ids.at(-1)!;
    }
  }

  /** The disputes stay: the cases that they came from have ended. */
  async down(): Promise<void> {}
}

async function openReports(runner: QueryRunner, after: string): Promise<string[]> {
  const rows = (await runner.query(
    `SELECT id FROM discrepancies WHERE status = 'open' AND kind = 'dispute_reported' AND id > $1 ORDER BY id LIMIT ${PAGE}`,
    [after],
  )) as { id: string }[];
  return rows.map(({ id }) => id);
}
