/** Stryker changes the rules in one place at a time, and runs the tests of the rules to see whether one of them fails. */
export default {
  mutate: ['src/domain/**/*.ts', 'src/application/**/*.ts'],
  testRunner: 'jest',
  // Sources and tests are ES modules. Jest can load them in its own context only with this option of Node.
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    projectType: 'custom',
    configFile: 'tools/mutation/jest.config.mjs',
    enableFindRelatedTests: false,
  },
  coverageAnalysis: 'perTest',
  // A mutant of a constant takes effect when the module is loaded, so all tests run for it.
  ignoreStatic: false,
  concurrency: 2,
  timeoutMS: 20_000,
  // Jest never frees the modules that it has loaded. After some hundred runs, garbage collection would take nearly all of the time.
  maxTestRunnerReuse: 40,
  tempDirName: 'coverage/stryker',
  // A run over some files (`--mutate`) keeps the results of the others, and a new run repeats what has survived.
  // `--force` repeats everything.
  incremental: true,
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  htmlReporter: { fileName: 'coverage/mutation/mutation.html' },
  thresholds: { high: 98, low: 95, break: 95 },
};
