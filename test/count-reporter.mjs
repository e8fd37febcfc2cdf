import { writeFileSync } from 'node:fs';

/** Writes a run's counts to the file that TEST_COUNTS_FILE names, for a script that has to know them. */
export default class CountReporter {
  onRunComplete(_contexts, results) {
    const file = process.env.TEST_COUNTS_FILE;
    // A test file that could not even be loaded has no failed test in it, and is a failure all the same.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    if (file) writeFileSync(file, `${results.numPassedTests} passed, ${failed} failed\n`);
  }
}
