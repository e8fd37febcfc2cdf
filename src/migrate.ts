import { readFileSync } from 'node:fs';
import { migrate } from './adapters/postgres/schema.js';
import { readVariable } from './config/variable.js';
import { VARIABLES } from './config/variables.js';

/** `npm run migrate`: migrates the database of DATABASE_URL. A production start does not do that by itself. */
const url = readVariable(VARIABLES.databaseUrl, process.env, (file) => readFileSync(file, 'utf8'));
if (url === null || 'fault' in url) {
  console.error(
    url?.fault ?? 'DATABASE_URL is not set. Example: postgres://user:password@host:5432/quittance',
  );
  process.exit(1);
}
try {
  const done = await migrate(url.value);
  console.log(done.length ? `Migrated: ${done.join(', ')}.` : 'The schema is current; nothing to do.');
} catch (error) {
  console.error(`The migration failed and was rolled back: ${(error as Error).message}`);
  process.exit(1);
}
