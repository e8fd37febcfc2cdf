import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate, MIGRATION_LOCK } from '../../src/adapters/persistence/data-source.js';
import { freshDatabase } from '../database.js';

test('a start that finds its schema current does not wait for the lock of one that was lost while it migrated', async () => {
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
