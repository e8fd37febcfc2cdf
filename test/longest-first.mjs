import Sequencer from '@jest/test-sequencer';
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The seconds of the files that take long. Jest knows them from the last run, but a new clone has had none, and Jest would start the largest
 * files first: some of the longest tests are in small files, and at the end one worker would wait for the other.
 */
const SECONDS = {
  'test/postgres/plans.spec.ts': 75,
  'test/e2e/upgrade.spec.ts': 55,
  'test/e2e/chaos.spec.ts': 40,
  'test/e2e/lifecycle.spec.ts': 40,
  'test/e2e/crash.spec.ts': 35,
  'test/e2e/relay-crash.spec.ts': 35,
  'test/e2e/webhooks.spec.ts': 35,
  'test/e2e/deadlines.spec.ts': 33,
  'test/development/embedded-postgres.spec.ts': 27,
  'test/e2e/creation-races.spec.ts': 25,
  'test/postgres/suites-on-postgres.spec.ts': 25,
  'test/e2e/workers.spec.ts': 20,
  'test/e2e/synchronous-standby.spec.ts': 18,
  'test/e2e/readiness.spec.ts': 15,
  'test/e2e/overload.spec.ts': 15,
  'test/e2e/placing.spec.ts': 13,
  'test/e2e/server.spec.ts': 12,
  'test/fuzz/over-http.spec.ts': 12,
  'test/postgres/callback-contents.spec.ts': 12,
  'test/postgres/migration-lock.spec.ts': 12,
  'test/e2e/nats.spec.ts': 12,
  'test/e2e/outage.spec.ts': 12,
  'test/client/client.spec.ts': 11,
  'test/e2e/gateway-deadlines.spec.ts': 11,
  'test/e2e/lock-contention.spec.ts': 11,
  'test/postgres/restored.spec.ts': 11,
  'test/postgres/relay.spec.ts': 10,
  'test/admin/bounded-reads.spec.ts': 9,
  'test/e2e/least-rights.spec.ts': 9,
  'test/e2e/refused-requests.spec.ts': 8,
};
/** Of every other file. */
const USUAL_SECONDS = 2;

/** Starts the files that take longest first, so that all workers end at about the same time. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rootDir = tests[0]?.context.config.rootDir;
    const missing = Object.keys(SECONDS).filter((file) => rootDir && !existsSync(path.join(rootDir, file)));
    if (missing.length > 0)
      throw new Error(`test/longest-first.mjs names files that do not exist: ${missing.join(', ')}`);
    return super.sort(tests);
  }

  /** In milliseconds. */
  time(test) {
    const file = path.relative(test.context.config.rootDir, test.path).replaceAll(path.sep, '/');
    return super.time(test) ?? (SECONDS[file] ?? USUAL_SECONDS) * 1_000;
  }
}
