import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A dump that is restored into another cluster brings numbers of transactions that mean nothing there. With these columns the relay finishes
 * the restored events by their ids and compares numbers of transactions only with those of its own cluster.
 */
const UP = `
ALTER TABLE relay
  -- The newest event that was restored from a dump; null if none was. Its number of a transaction belongs to another cluster.
  ADD restored_id bigint,
  -- The horizon after the open window, while the window contains restored events. Otherwise the next horizon is \`until\`.
  ADD resume_at   xid8;
-- What \`since\` was in the cluster of the dump. It decides about restored events.
ALTER TABLE subscribers ADD since_restored pg_snapshot;
`;

const DOWN = `
ALTER TABLE subscribers DROP since_restored;
ALTER TABLE relay DROP resume_at, DROP restored_id;
`;

export class RestoredDatabases1763900000010 implements MigrationInterface {
  readonly name = 'RestoredDatabases1763900000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
