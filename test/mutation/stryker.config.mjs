/** Stryker changes the rules one place at a time, and asks the rules' own tests whether they notice. */
export default {
  mutate: ['src/domain/**/*.ts', 'src/application/**/*.ts'],
  testRunner: 'jest',
  // Sources and tests are ES modules, which Jest loads in a context of its own only when Node is told so.
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.mjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  // A mutant of a constant is made before any test runs, so every test has to meet it.
  ignoreStatic: false,
  concurrency: 2,
  timeoutMS: 20_000,
  // Modules that Jest has loaded are never given back; after some hundred runs nearly all of the time would go into collecting garbage.
  maxTestRunnerReuse: 40,
  tempDirName: 'coverage/stryker',
  // A run over a few files by `--mutate` adds to what is known of the others, and a further run tries what has survived again.
  // `--force` tries everything anew.
  incremental: true,
  incrementalFile: 'coverage/mutation/incremental.json',
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false },
  jsonReporter: { fileName: 'coverage/mutation/mutation.json' },
  htmlReporter: { fileName: 'coverage/mutation/mutation.html' },
  thresholds: { high: 98, low: 95, break: 95 },
};
