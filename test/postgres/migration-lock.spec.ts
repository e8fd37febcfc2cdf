import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { MIGRATION_LOCK } from '../../src/adapters/postgres/engine/migrate.js';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { freshDatabase } from '../database.js';

test('a start whose schema is current does not wait for the lock of a process that was lost during its migration', async () => {
  const database = await freshDatabase();
  const lost = new Client({ connectionString: database.url });
  try {
    await lost.connect();
    await lost.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    expect(await migrate(database.url)).toEqual([]);
  } finally {
    await lost.end();
    await database.drop();
  }
});
