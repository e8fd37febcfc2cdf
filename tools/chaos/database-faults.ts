import type { DatabaseFaultKind } from './fault-kinds.js';
import type { Testbed } from './testbed.js';

interface DatabaseFault {
  /** Why it cannot be had on this machine, or null. */
  whyMissing?(testbed: Testbed): string | null;
  /** Resolves to a text that says what was done. */
  begin(testbed: Testbed): Promise<string>;
  /** The mend. What the service has made of the fault stays. */
  end(testbed: Testbed): Promise<void>;
}

/** What a DBA sets for every session of the database. The mend resets it, and ends no session. */
function sessionsSet(settings: Readonly<Record<string, string>>): DatabaseFault {
  return {
    async begin({ database }) {
      await database.setForSessions(settings);
      return Object.entries(settings)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', ');
    },
    end: ({ database }) => database.resetForSessions(Object.keys(settings)),
  };
}

const pathToAnotherSchema = sessionsSet({ search_path: 'reporting, public' });
const weakCommits = sessionsSet({
  synchronous_commit: 'off',
  default_transaction_isolation: `'serializable'`,
});

export const DATABASE_FAULTS: Readonly<Record<DatabaseFaultKind, DatabaseFault>> = {
  'database read-only': sessionsSet({ default_transaction_read_only: 'on' }),
  'cluster read-only': {
    async begin({ database }) {
      await database.administer(
        'ALTER SYSTEM SET default_transaction_read_only = on',
        'SELECT pg_reload_conf()',
      );
      return 'for the sessions that are open as well';
    },
    end: ({ database }) =>
      database.administer('ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()'),
  },
  'search path changed': {
    ...pathToAnotherSchema,
    async begin(testbed) {
      // A table of the same shape, so that whoever reads or writes it gets no error.
      await testbed.database.administer(
        'CREATE SCHEMA IF NOT EXISTS reporting',
        'CREATE TABLE IF NOT EXISTS reporting.payments (LIKE public.payments INCLUDING ALL)',
      );
      return pathToAnotherSchema.begin(testbed);
    },
  },
  'formats changed': sessionsSet({
    datestyle: `'German'`,
    timezone: `'Pacific/Kiritimati'`,
    bytea_output: `'escape'`,
  }),
  'limits changed': sessionsSet({ statement_timeout: `'50ms'`, enable_indexscan: 'off' }),
  'commits weakened': {
    ...weakCommits,
    async end(testbed) {
      // Whatever was acknowledged without having reached the disk is lost by this.
      await testbed.database.kill('SIGQUIT');
      await weakCommits.end(testbed);
    },
  },
  'disk full': {
    whyMissing: ({ database }) => database.missing.smallDisk,
    async begin({ database }) {
      return `${Math.round((await database.fillDisk()) / 2 ** 20)} MiB of ballast on the disk of the tables`;
    },
    async end({ database }) {
      database.freeDisk();
    },
  },
  failover: {
    whyMissing: ({ database }) => database.missing.standby,
    async begin({ database }) {
      await database.failOver();
      return 'kill -9 of the primary, and its synchronous standby was promoted';
    },
    async end() {},
  },
};
