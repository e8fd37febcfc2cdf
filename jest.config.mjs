export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.spec.ts'],
  // Sources and tests stay ES modules, because NestJS cannot be loaded by require().
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    // Fastify loads these two ES modules by require(). Node can do that, Jest cannot.
    '^(cookie|content-disposition)$': '<rootDir>/test/shims/$1.cjs',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  globalSetup: '<rootDir>/test/global-setup.mjs',
  globalTeardown: '<rootDir>/test/global-teardown.mjs',
  testSequencer: '<rootDir>/test/longest-first.mjs',
  reporters: ['default', '<rootDir>/test/count-reporter.mjs'],
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/main.ts'],
  maxWorkers: 2,
  // On a busy machine a process of Jest needs more than the usual half a second to end.
  workerGracefulExitTimeout: 5_000,
  testTimeout: 30_000,
};
