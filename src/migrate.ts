import { readFileSync } from 'node:fs';
import { migrate } from './adapters/persistence/data-source.js';
import { readEnvironment } from './environment.js';

/** `npm run migrate`: brings the database of DATABASE_URL up to date, which a production start does not do by itself. */
const { env, faults } = readEnvironment(process.env, (file) => readFileSync(file, 'utf8'));
const fault = faults.find((text) => text.includes('DATABASE_URL'));
if (fault || !env.DATABASE_URL) {
  console.error(fault ?? 'DATABASE_URL is not set. Example: postgres://user:password@host:5432/quittance');
  process.exit(1);
}
try {
  const done = await migrate(env.DATABASE_URL);
  console.log(done.length ? `Migrated: ${done.join(', ')}.` : 'The schema is current; nothing to do.');
} catch (error) {
  console.error(`The migration failed and was rolled back: ${(error as Error).message}`);
  process.exit(1);
}
