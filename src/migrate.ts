import { readFileSync } from 'node:fs';
import { explainFault } from './adapters/postgres/engine/explain-fault.js';
import { MigrationFailed } from './adapters/postgres/engine/migrate.js';
import { DatabaseRefused } from './adapters/postgres/engine/server-checks.js';
import { migrate } from './adapters/postgres/schema.js';
import { EXAMPLE } from './config/database-url.js';
import { readVariable } from './config/variable.js';
import { VARIABLES } from './config/variables.js';

/** Where it differs from what a start of the service says. */
const ADVICE: Readonly<Record<string, string>> = {
  rights:
    'the role lacks a right: run the migration with the role that owns the tables, and GRANT CREATE, USAGE ON SCHEMA to it ' +
    '(docs/deployment.md has all rights)',
  locked:
    'another transaction kept a lock on the table: end it (pg_stat_activity shows it), and run the migration again',
  unknown: 'mend what the error says, and run the migration again',
};

const STOPPED =
  'Stopped by a signal. Migrations that are "done" stay. What the one that was running has left is undone now or by the next run. ' +
  'To go on, run the migration again.';

/** The terminal sends Ctrl-C to this process, and npm passes it on once more. */
const SAME_SIGNAL_WITHIN_MS = 500;

/** `npm run migrate`: migrates the database of DATABASE_URL. A production start does not do that by itself. */
const url = readVariable(VARIABLES.databaseUrl, process.env, (file) => readFileSync(file, 'utf8'));
if (url === null || 'fault' in url) {
  fail(`Nothing was changed: ${url?.fault ?? `DATABASE_URL is not set. Example: ${EXAMPLE}`}.`);
}
const stopping = new AbortController();
let stopSince = 0;
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
try {
  const done = await migrate(url.value, (line) => console.log(line), stopping.signal);
  console.log(
    done.length > 0
      ? `The schema is current: ${done.length} migrations were run.`
      : 'The schema is current; nothing to do.',
  );
} catch (error) {
  if (stopping.signal.aborted) fail(STOPPED);
  // A single reason fits into the line.
  if (error instanceof DatabaseRefused) fail(error.message.replace(/:\n- (.*)$/, ': $1.'));
  if (error instanceof MigrationFailed) fail(`${error.message} What to do: ${adviceOn(error.cause).text}.`);
  const { text, detail } = adviceOn(error);
  fail(`Nothing was changed: ${text} (${detail}).`);
}

/** The server rolls back what was running. A second signal ends the process before the server has answered. */
function stop(): void {
  if (!stopping.signal.aborted) {
    stopSince = performance.now();
    stopping.abort();
  } else if (performance.now() - stopSince > SAME_SIGNAL_WITHIN_MS) fail(STOPPED);
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
