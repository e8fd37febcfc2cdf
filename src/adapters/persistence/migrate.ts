import { migrate } from './data-source.js';

const url = process.env.DATABASE_URL;
if (!url) {
  console.error(
    'DATABASE_URL is not set. Example: DATABASE_URL=postgres://user:password@host:5432/quittance npm run migrate',
  );
  process.exit(1);
}
try {
  const done = await migrate(url);
  console.log(done.length ? `Migrated: ${done.join(', ')}.` : 'The schema is current; nothing to do.');
} catch (error) {
  console.error(`The migration failed and was rolled back: ${(error as Error).message}`);
  process.exit(1);
}
