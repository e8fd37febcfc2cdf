import { writeFileSync } from 'node:fs';

/** Writes the counts of a run to the file that TEST_COUNTS_FILE names, for scripts. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.TEST_COUNTS_FILE;
    // A test file that cannot be loaded has no failed tests, but it is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    if (file) writeFileSync(file, `${results.numPassedTests} passed, ${failed} failed\n`);
  }
}
