import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an operator and a receiver can say about an endpoint: headers for its requests, and a time before which nothing is sent. */
const UP = `
ALTER TABLE subscribers
  -- Sent with each delivery. The values may be secrets, so no list and no log shows them.
  ADD headers    jsonb,
  -- The receiver has answered with Retry-After: nothing is sent before this time.
  ADD held_until timestamptz;
`;

const DOWN = `
ALTER TABLE subscribers DROP held_until, DROP headers;
`;

export class HeadersOfEndpoints1763900000019 implements MigrationInterface {
  readonly name = 'HeadersOfEndpoints1763900000019';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
