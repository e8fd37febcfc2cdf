import Sequencer from '@jest/test-sequencer';
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The seconds of the files that take long, measured on two cores. Jest knows them from the last run, but a new clone has had none, and Jest would
 * start the largest files first: some of the longest tests are in small files, and at the end one worker would wait for the other.
 */
const SECONDS = {
  'test/postgres/plans.spec.ts': 71,
  'test/docs/walks.spec.ts': 65,
  'test/e2e/lifecycle.spec.ts': 55,
  'test/e2e/upgrade.spec.ts': 45,
  'test/e2e/deadlines.spec.ts': 33,
  'test/e2e/chaos.spec.ts': 32,
  'test/e2e/crash.spec.ts': 31,
  'test/e2e/webhooks.spec.ts': 28,
  'test/postgres/suites-on-postgres.spec.ts': 24,
  'test/e2e/relay-crash.spec.ts': 23,
  'test/development/embedded-postgres.spec.ts': 21,
  'test/e2e/creation-races.spec.ts': 20,
  'test/e2e/workers.spec.ts': 18,
  'test/e2e/server.spec.ts': 15,
  'test/e2e/synchronous-standby.spec.ts': 14,
  'test/client/client.spec.ts': 14,
  'test/e2e/readiness.spec.ts': 13,
  'test/e2e/placing.spec.ts': 11,
  'test/postgres/migration-lock.spec.ts': 10,
  'test/e2e/outage.spec.ts': 10,
  'test/postgres/restored.spec.ts': 10,
  'test/e2e/money.spec.ts': 10,
  'test/postgres/callback-contents.spec.ts': 9,
  'test/e2e/lock-contention.spec.ts': 9,
  'test/e2e/gateway-deadlines.spec.ts': 9,
  'test/fuzz/gateways.spec.ts': 9,
  'test/e2e/overload.spec.ts': 8,
  'test/fuzz/over-http.spec.ts': 8,
  'test/e2e/nats.spec.ts': 8,
  'test/postgres/relay.spec.ts': 8,
  'test/e2e/least-rights.spec.ts': 8,
  'test/postgres/lists.spec.ts': 8,
  'test/model/model.spec.ts': 8,
  'test/e2e/inbox.spec.ts': 8,
  'test/admin/bounded-reads.spec.ts': 7,
  'test/e2e/refused-requests.spec.ts': 7,
  'test/e2e/settlement.spec.ts': 7,
  'test/e2e/refunds.spec.ts': 7,
  'test/e2e/connection-limit.spec.ts': 7,
  'test/e2e/cases.spec.ts': 7,
  'test/postgres/readiness.spec.ts': 6,
  'test/postgres/list-plans.spec.ts': 6,
  'test/e2e/replays.spec.ts': 6,
  'test/e2e/lines.spec.ts': 6,
  'test/chaos/plan.spec.ts': 6,
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
