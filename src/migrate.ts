import { readFileSync } from 'node:fs';
import { explainFault } from './adapters/postgres/engine/explain-fault.js';
import { MigrationFailed } from './adapters/postgres/engine/migrate.js';
import { DatabaseRefused } from './adapters/postgres/engine/server-checks.js';
import { migrate } from './adapters/postgres/schema.js';
import { readVariable } from './config/variable.js';
import { VARIABLES } from './config/variables.js';

/** Where it differs from what a start of the service says. */
const ADVICE: Readonly<Record<string, string>> = {
  rights:
    'the role lacks a right: run the migration with the role that owns the tables, and GRANT CREATE, USAGE ON SCHEMA to it ' +
    '(docs/operations/upgrading.md has all rights)',
  locked:
    'another transaction kept a lock on the table: end it (pg_stat_activity shows it), and run the migration again',
  unknown: 'mend what the error says, and run the migration again',
};

/** `npm run migrate`: migrates the database of DATABASE_URL. A production start does not do that by itself. */
const url = readVariable(VARIABLES.databaseUrl, process.env, (file) => readFileSync(file, 'utf8'));
if (url === null || 'fault' in url) {
  fail(url?.fault ?? 'DATABASE_URL is not set. Example: postgres://user:password@host:5432/quittance');
}
try {
  const done = await migrate(url.value, (line) => console.log(line));
  console.log(
    done.length > 0
      ? `The schema is current: ${done.length} migrations were run.`
      : 'The schema is current; nothing to do.',
  );
} catch (error) {
  // A single reason fits into the line.
  if (error instanceof DatabaseRefused) fail(error.message.replace(/:\n- (.*)$/, ': $1.'));
  if (error instanceof MigrationFailed) fail(`${error.message} What to do: ${adviceOn(error.cause).text}.`);
  const { text, detail } = adviceOn(error);
  fail(`Nothing was changed: ${text} (${detail}).`);
}

function fail(line: string): never {
  console.error(line);
  process.exit(1);
}

/** What an operator can do about an error, without a stack. */
function adviceOn(error: unknown): { readonly text: string; readonly detail?: string } {
  const fault = explainFault(error);
  return { ...fault, text: ADVICE[fault.code] ?? fault.text };
}
